"""What people read of an account that was found rather than declared."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.account import guess, roles
from weigh.account.account import Account
from weigh.account.receipt import Receipt
from weigh.account.stored import Stored
from weigh.account.where import Where
from weigh.declare.dim import Dim, Origin
from weigh.errors import UnknownNameError
from weigh.formats import detect
from weigh.report import blocks, text
from weigh.report.found import View, explanation, shown, totals
from weigh.report.shown import escaped, shortened

Golden = Callable[[str, str], None]
FIXTURES = Path(__file__).parent.parent / "formats" / "fixtures"


def array(path: str, *shape: int, dtype: str = "bfloat16", **said: object) -> Stored:
    count = Stored(path, shape, dtype, bytes=0).count
    return Stored(path, shape, dtype, **({"bytes": 2 * count} | said))


def transformer(blocks: int = 4) -> Account:
    """A small decoder with tied embeddings, as safetensors files have them."""
    arrays = [array("model.embed_tokens.weight", 1000, 64, key="e")]
    for number in range(blocks):
        prefix = f"model.layers.{number}"
        arrays += [
            *(array(f"{prefix}.self_attn.{name}_proj.weight", 64, 64) for name in "qkvo"),
            array(f"{prefix}.mlp.gate_proj.weight", 256, 64),
            array(f"{prefix}.mlp.up_proj.weight", 256, 64),
            array(f"{prefix}.mlp.down_proj.weight", 64, 256),
            array(f"{prefix}.input_layernorm.weight", 64),
            array(f"{prefix}.post_attention_layernorm.weight", 64),
        ]
    arrays += [array("model.norm.weight", 64), array("lm_head.weight", 1000, 64, key="e")]
    receipt = Receipt("folder/model.safetensors", 1_000_000, {"depth": 128})
    receipt.bytes_read = 3_000
    account = Account.stored("folder/model.safetensors", guess.told(arrays), "safetensors", receipt)
    account.config = {"hidden_size": 64, "vocab_size": 1000}
    return account


def mixed() -> Account:
    """Packed weights, statistics, counters and optimizer slots, and a file that asked for too much."""
    arrays = [
        array(
            "a.weight", 8, 64, dtype="int32", bytes=256, elements=64, packing="8 weights of 4 bits in an int32", key=1
        ),
        array("a.scales", 8, role=roles.QUANTISATION_SCALE, evidence="declared"),
        array("bn.running_mean", 8, trainable=False, role=roles.RUNNING_MEAN, evidence="declared"),
        array("bn.steps", trainable=False, role=roles.COUNTER, dtype="int64", bytes=8),
        array(
            "head.bias",
            Dim(8, Origin("argument", "units", "head")),
            trainable=True,
            role=roles.BIAS,
            evidence="declared",
        ),
        array("head.kernel", 8, 8, trainable=False, learnable=True, role=roles.KERNEL, evidence="declared"),
        array("adam.m", 8, 8, trainable=False, role=roles.SLOT),
        array("b.weight", 8, 64, dtype="int32", bytes=256, elements=64, key=1),
    ]
    receipt = Receipt("model.pt", 5_000, {"header": 1 << 20, "depth": 128})
    receipt.bytes_read = 4_321
    receipt.refused.append("os.system was named and not called")
    receipt.notes.append("The file was written by version 1.")
    return Account.stored("model.pt", arrays, "torch", receipt)


def hostile() -> Account:
    names = [
        "\x1b[2J\x1b[31mred",
        "a\nb\rc\td",
        "\u202egnirts",
        "x" * 10_000,
        "",
        "\ud800",
        "权重.核",
        "e\u0301" + "\u0301" * 50,
    ]
    return Account.stored(
        "\x1b]0;owned\x07.bin", [array(f"net.{name}.w", 2, 3) for name in names], "x\x9b1m", Receipt("\x1b")
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("name", ["transformer", "mixed", "hostile"])
def test_an_account_is_shown_as_reviewed(name: str, width: int, lang: str, golden: Golden) -> None:
    account = {"transformer": transformer, "mixed": mixed, "hostile": hostile}[name]()
    shorter = shown(account, View(), lang=lang, width=width)
    longer = shown(account, View(every=True, receipt=True), lang=lang, width=width)
    golden(f"found/{name}_{width}_{lang}.txt", f"{shorter}\n\n\n{longer}\n")


@pytest.mark.parametrize("fixture", ["onnx/network.onnx", "onnx/quantised.onnx", "onnx/outside.onnx"])
def test_a_file_is_shown_and_explained_as_reviewed(fixture: str, golden: Golden) -> None:
    account = detect.read(FIXTURES / fixture)
    golden(f"found/{fixture.replace('/', '_')}.txt", shown(account, View(why=True), width=80) + "\n")


@pytest.mark.parametrize(
    ("account", "path"),
    [
        (transformer, "model.layers.2.self_attn.q_proj"),
        (transformer, "model.layers.2"),
        (transformer, "lm_head.weight"),
        (mixed, "head"),
        (mixed, "a"),
        (mixed, "bn"),
    ],
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_one_layer_is_explained_as_reviewed(
    account: Callable[[], Account], path: str, lang: str, golden: Golden
) -> None:
    golden(
        f"found/explain_{account.__name__}_{path}_{lang}.txt", explanation(account(), path, lang=lang, width=80) + "\n"
    )


def test_the_totals_alone_are_as_reviewed(golden: Golden) -> None:
    golden("found/totals.txt", totals(mixed(), width=80) + "\n")


def test_layers_that_repeat_are_one_row_and_every_row_adds_up() -> None:
    printed = shown(transformer(32), width=100)
    assert "layers.0 … layers.31" in printed
    assert "32 × 65,664" in printed
    assert f"{32 * 65_664:,}" in printed


def test_layers_that_differ_are_not_folded_with_others() -> None:
    arrays = [array(f"h.{n}.w", 4, 8 if n in (0, 5) else 4) for n in range(8)]
    folds = blocks.folded(blocks.tree(Account.stored("m", arrays, "x").rows))
    assert [(fold.label, fold.times) for fold in folds] == [("h", 1)]
    inner = blocks.folded(folds[0].first)
    assert [(fold.label, fold.times) for fold in inner] == [("0, 5", 2), ("1 … 4, 6 … 7", 6)]


def test_many_ranges_are_shortened() -> None:
    arrays = [array(f"h.{n}.w", 4, 8 if n % 2 else 4) for n in range(40)]
    tree = blocks.tree(Account.stored("m", arrays, "x").rows)
    assert [fold.label for fold in blocks.folded(tree.inside["h"])] == ["0, 2, 4, …, 38", "1, 3, 5, …, 39"]


@pytest.mark.parametrize("sort", ["path", "count", "bytes"])
def test_rows_are_sorted_as_asked(sort: str) -> None:
    chosen = View(sort=sort).chosen(transformer(12).rows)
    if sort == "path":
        layers = [int(row.path.split(".")[2]) for row in chosen if ".layers." in row.path]
        assert layers == sorted(layers)
    else:
        assert [row.count for row in chosen] == sorted((row.count for row in chosen), reverse=True)


def test_a_filter_shows_what_it_lets_through_of_how_much() -> None:
    printed = shown(mixed(), View(every=True, where=Where("role=bias")))
    assert "Shown is 1 array of 7, with 8 of 592 parameters: role=bias" in printed
    assert "head.kernel" not in printed


def test_what_is_not_known_is_said_and_never_zero() -> None:
    lines = shown(transformer(), View(why=True)).splitlines()
    assert any(line.startswith("not known") and line.endswith("nothing says if it was trained") for line in lines)
    assert any(line.split("  ")[1:3] == ["PyTorch, parameters()", "not known"] for line in lines)
    assert not any(" 0 " in line for line in lines)


def test_paths_are_whole_for_who_reads_line_by_line() -> None:
    lines = shown(transformer(1), View(every=True, wide=True), width=40).splitlines()
    assert any(
        line.startswith("  model.layers.0.self_attn.q_proj.weight ") and line.endswith("4,096  kernel*")
        for line in lines
    )


def test_what_is_tied_is_counted_once_and_at_every_use() -> None:
    account = transformer()
    assert f"Counted once: {account.total:,}. Counted at every use: {account.total + 64_000:,}." in shown(account)


def test_an_unknown_path_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'model\.layers\.1\.mlp\.up_proj'"):
        explanation(transformer(), "model.layers.1.mlp.upproj")
    with pytest.raises(UnknownNameError, match=r"x1b"):
        explanation(transformer(), "\x1b[31m")


@given(st.text(st.characters(), max_size=40))
def test_no_name_reaches_a_terminal_with_anything_but_visible_signs(name: str) -> None:
    shown_name = escaped(name)
    assert shown_name.strip()
    assert all(sign.isprintable() for sign in shown_name)
    for line in shown(Account.stored(name, [array(f"{name}.w", 2)], name), View(every=True)).splitlines():
        assert line.isprintable()


@given(st.text(st.characters(), max_size=12), st.text(st.characters(), max_size=12))
def test_two_names_never_look_alike_by_their_escapes(one: str, other: str) -> None:
    assert (escaped(one) == escaped(other)) == (one == other) or "''" in (one, other)


def test_a_long_name_is_shortened_before_it_is_looked_through() -> None:
    assert len(escaped("\x00" * 10**7)) < 600
    assert escaped("a" * 200) == "a" * 60 + "…" + "a" * 59


@given(st.text("ab权重é", max_size=30), st.integers(3, 20))
def test_what_is_shortened_fits(name: str, columns: int) -> None:
    assert text.columns_of(shortened(name, columns)) <= columns
    if text.columns_of(name) <= columns:
        assert shortened(name, columns) == name


def test_paths_of_any_depth_and_number_are_shown() -> None:
    arrays = [array(".".join("a" * 20_000) + ".w", 2), *(array(f"layer{n}x.w", n + 1) for n in range(3000))]
    printed = shown(Account.stored("m", arrays, "x"))
    assert "… and 2,901 more." in printed
    assert max(map(text.columns_of, printed.splitlines())) <= 100

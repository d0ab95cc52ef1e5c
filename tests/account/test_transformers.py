"""Transformers from a configuration or from names: counts as formulas, experts, and what a token costs."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.stored import Stored
from weigh.account.transformers import FAMILIES, Network, account_from_config, declared_from_config, recognised
from weigh.account.transformers.formula import Formula
from weigh.declare.dim import Dim
from weigh.errors import ArgumentError, FormatError

CONFIGS = Path(__file__).parent / "fixtures" / "configs"
ALL = sorted(path.stem for path in CONFIGS.glob("*.json"))


def config(name: str, **changes: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((CONFIGS / f"{name}.json").read_text())
    return {**read, **changes}


@cache
def network(name: str) -> Network:
    return known(recognised(config(name)))


def known(found: Network | None) -> Network:
    assert found is not None
    return found


def llama(layers: int, d: int, ff: int, kv: int, vocabulary: int, heads: int = 2, q: int = 0) -> int:
    """Count Llama's line by hand: `heads` embeddings, `q` numbers of queries where they are not as many as `d`."""
    return layers * (2 * (q or d) * d + 2 * kv * d + 3 * d * ff + 2 * d) + heads * vocabulary * d + d


def plain(layers: int, d: int, ff: int, norms: int = 2) -> int:
    """Count layers with biases everywhere by hand."""
    return layers * (4 * (d * d + d) + 2 * d * ff + ff + d + norms * 2 * d)


# The figure that was known before it was computed here, None where none was at hand; and the same by arithmetic that
# shares nothing with the code. Both rest on the configurations beside this file, which were written from memory.
FIGURES: dict[str, tuple[int | None, int]] = {
    "gpt2": (124_439_808, plain(12, 768, 3072) + (50257 + 1024) * 768 + 2 * 768),
    "llama-7b": (6_738_415_616, llama(32, 4096, 11008, 4096, 32000)),
    "llama-3-8b": (8_030_261_248, llama(32, 4096, 14336, 1024, 128256)),
    "llama-3-70b": (70_553_706_496, llama(80, 8192, 28672, 1024, 128256)),
    "mistral-7b": (7_241_732_096, llama(32, 4096, 14336, 1024, 32000)),
    "mixtral-8x7b": (46_702_792_704, llama(32, 4096, 8 * 14336, 1024, 32000) + 32 * 8 * 4096),
    "gemma-2b": (2_506_172_416, llama(18, 2048, 16384, 256, 256000, heads=1)),
    "gemma-2-2b": (None, llama(26, 2304, 9216, 1024, 256000, heads=1, q=2048) + 26 * 2 * 2304),
    "gemma-3-1b": (
        None,
        llama(26, 1152, 6912, 256, 262144, heads=1, q=1024) + 26 * (2 * 1152 + 2 * 256),
    ),
    "qwen2-7b": (7_615_616_512, llama(28, 3584, 18944, 512, 152064) + 28 * (3584 + 2 * 512)),
    "qwen3-8b": (None, llama(36, 4096, 12288, 1024, 151936) + 36 * 2 * 128),
    "qwen3-30b-a3b": (
        None,
        llama(48, 2048, 128 * 768, 512, 151936, q=4096) + 48 * (128 * 2048 + 2 * 128),
    ),
    "qwen1.5-moe-a2.7b": (
        None,
        llama(24, 2048, 60 * 1408 + 5632, 2048, 151936) + 24 * (60 * 2048 + 2048 + 3 * 2048),
    ),
    "phi-2": (2_779_683_840, plain(32, 2560, 10240, 1) + 2 * 51200 * 2560 + 51200 + 2 * 2560),
    "phi-3-mini": (3_821_079_552, llama(32, 3072, 8192, 3072, 32064)),
    "pythia-160m": (162_322_944, plain(12, 768, 3072) + 2 * 50304 * 768 + 2 * 768),
    "gpt-j-6b": (
        6_050_882_784,
        28 * (4 * 4096**2 + 8 * 4096**2 + 5 * 4096 + 2 * 4096) + 2 * 50400 * 4096 + 50400 + 2 * 4096,
    ),
    "falcon-7b": (6_921_720_704, 32 * (4672 * 4544 + 9 * 4544**2 + 2 * 4544) + 65024 * 4544 + 2 * 4544),
    "falcon-40b": (41_303_293_952, 60 * (9216 * 8192 + 9 * 8192**2 + 4 * 8192) + 65024 * 8192 + 2 * 8192),
    "bloom-560m": (559_214_592, plain(24, 1024, 4096) + 250880 * 1024 + 4 * 1024),
    "opt-1.3b": (1_315_758_080, plain(24, 2048, 8192) + (50272 + 2050) * 2048 + 2 * 2048),
    "opt-350m": (None, plain(24, 1024, 4096) + 50272 * 512 + 2050 * 1024 + 2 * 512 * 1024),
    "bert-base": (109_482_240, plain(12, 768, 3072) + (30522 + 512 + 2) * 768 + 2 * 768 + 768**2 + 768),
    "roberta-base": (124_645_632, plain(12, 768, 3072) + (50265 + 514 + 1) * 768 + 2 * 768 + 768**2 + 768),
    "t5-small": (
        60_506_624,
        6 * (4 * 512**2 + 2 * 512 * 2048 + 2 * 512)
        + 6 * (8 * 512**2 + 2 * 512 * 2048 + 3 * 512)
        + 2 * (32 * 8 + 512)
        + 32128 * 512,
    ),
    "flan-t5-small": (
        None,
        8 * (4 * 512 * 384 + 3 * 512 * 1024 + 2 * 512)
        + 8 * (8 * 512 * 384 + 3 * 512 * 1024 + 3 * 512)
        + 2 * (32 * 6 + 512)
        + 2 * 32128 * 512,
    ),
    "vit-b-16": (
        86_567_656,
        plain(12, 768, 3072) + 768 * 3 * 256 + 768 + 198 * 768 + 2 * 768 + 768 * 1000 + 1000,
    ),
    # DeepSeek V3: the figure that is quoted, and 58 × 256 numbers that balance the experts' load without a gradient
    "deepseek-v3": (
        671_026_404_352 + 58 * 256,
        61 * (7168 * 1536 + 1536 + 1536 * 128 * 192 + 7168 * 576 + 512 + 512 * 128 * 256 + 128 * 128 * 7168 + 2 * 7168)
        + 3 * (3 * 7168 * 18432)
        + 58 * (257 * 3 * 7168 * 2048 + 256 * 7168 + 256)
        + 2 * 129280 * 7168
        + 7168,
    ),
    "deepseek-v2-lite": (
        None,
        27 * (2048 * 16 * 192 + 2048 * 576 + 512 + 512 * 16 * 256 + 16 * 128 * 2048 + 2 * 2048)
        + 3 * 2048 * 10944
        + 26 * (66 * 3 * 2048 * 1408 + 64 * 2048)
        + 2 * 102400 * 2048
        + 2048,
    ),
    "kimi-k2": (
        None,
        61 * (7168 * 1536 + 1536 + 1536 * 64 * 192 + 7168 * 576 + 512 + 512 * 64 * 256 + 64 * 128 * 7168 + 2 * 7168)
        + 3 * 7168 * 18432
        + 60 * (385 * 3 * 7168 * 2048 + 384 * 7168 + 384)
        + 2 * 163840 * 7168
        + 7168,
    ),
}


@pytest.mark.parametrize("name", ALL)
def test_the_known_figures_come_out_of_the_configuration(name: str) -> None:
    quoted, by_hand = FIGURES[name]
    found = network(name)
    assert quoted in (None, by_hand)
    assert found.account.total == by_hand
    assert (found.total, found.declared, found.difference, found.stored) == (by_hand, by_hand, 0, None)
    assert json.loads(json.dumps(found.to_dict()))["total"] == by_hand
    assert all(row.evidence and row.role for row in found.account)


def test_what_balances_experts_is_told_apart_from_what_is_trained() -> None:
    account = network("deepseek-v3").account
    assert (account.trainable, account.non_trainable) == (671_026_404_352, 58 * 256)
    assert account.by_kind() == {roles.TRAINED: 671_026_404_352, roles.UNTRAINED: 58 * 256}


TEXTS = {
    "llama-3-8b": (
        "32 layers × (4,096² q + 2 × 1,024 × 4,096 k, v + 4,096² o + 3 × 14,336 × 4,096 mlp + 2 × 4,096 norms)"
        " + 2 × 128,256 × 4,096 embeddings, head + 4,096 norm"
    ),
    "llama-7b": (
        "32 layers × (4 × 4,096² q, k, v, o + 3 × 11,008 × 4,096 mlp + 2 × 4,096 norms)"
        " + 2 × 32,000 × 4,096 embeddings, head + 4,096 norm"
    ),
    "gpt2": (
        "12 layers × (768 × 2,304 qkv + 768² o + 2 × 768 × 3,072 mlp + 2,304 + 2 × 768 + 3,072 biases + 4 × 768 norms)"
        " + 50,257 × 768 + 1,024 × 768 embeddings + 2 × 768 norms"
    ),
    "mixtral-8x7b": (
        "32 layers × (4,096² q + 2 × 1,024 × 4,096 k, v + 4,096² o + 8 × 3 × 14,336 × 4,096 experts"
        " + 8 × 4,096 router + 2 × 4,096 norms) + 2 × 32,000 × 4,096 embeddings, head + 4,096 norm"
    ),
    "vit-b-16": (
        "12 layers × (4 × 768² q, k, v, o + 2 × 3,072 × 768 mlp + 5 × 768 + 3,072 biases + 4 × 768 norms)"
        " + 768 × 3 × 16² patches + 768 + 197 × 768 embeddings + 1,000 × 768 head + 768 + 1,000 biases + 2 × 768 norms"
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_formula_reads_as_the_field_writes_it(name: str) -> None:
    assert network(name).formula.text == TEXTS[name]


@pytest.mark.parametrize(
    ("name", "active"),
    [
        ("mixtral-8x7b", 46_702_792_704 - 32 * 6 * 3 * 4096 * 14336),
        ("qwen3-30b-a3b", 30_532_122_624 - 48 * 120 * 3 * 2048 * 768),
        ("deepseek-v3", 671_026_419_200 - 58 * 248 * 3 * 7168 * 2048),
        ("llama-7b", 6_738_415_616),
    ],
)
def test_a_token_meets_only_the_experts_that_are_chosen(name: str, active: int) -> None:
    assert network(name).active == active


@pytest.mark.parametrize(
    ("name", "elements", "working"),
    [
        ("llama-7b", 2 * 32 * 32 * 128, "2 (k and v) × 32 layers × 32 key-value heads × 128 (a head) × 2 bytes"),
        ("llama-3-8b", 2 * 32 * 8 * 128, "2 (k and v) × 32 layers × 8 key-value heads × 128 (a head) × 2 bytes"),
        ("falcon-7b", 2 * 32 * 1 * 64, "2 (k and v) × 32 layers × 1 key-value head × 64 (a head) × 2 bytes"),
        ("gpt2", 2 * 12 * 768, "2 (k and v) × 12 layers × 12 key-value heads × 64 (a head) × 4 bytes"),
        ("deepseek-v3", 61 * (512 + 64), "61 layers × 576 (latent and rotary key) × 2 bytes"),
    ],
)
def test_attention_keeps_so_much_for_a_token(name: str, elements: int, working: str) -> None:
    found = network(name)
    assert found.cached is not None
    assert found.cached.elements == elements
    assert found.cached_working == working
    assert found.cached_bytes("float32") == 4 * elements


@pytest.mark.parametrize("name", ["bert-base", "vit-b-16"])
def test_an_encoder_keeps_nothing(name: str) -> None:
    found = network(name)
    assert (found.cached, found.cached_bytes(), found.cached_working) == (None, None, "")


def test_sizes_remember_the_keys_of_the_configuration() -> None:
    account = account_from_config(config("llama-3-8b"))
    assert account["model.embed_tokens.weight"].sources == ["vocab_size of config.json", "hidden_size of config.json"]
    assert account["model.layers.0.mlp.up_proj.weight"].sources[0] == "intermediate_size of config.json"
    rows = account["model.layers.0.self_attn.k_proj.weight"].shape[0]
    assert isinstance(rows, Dim)
    assert repr(rows.origin) == "8 × 128"
    size = rows.origin.parts[1]  # type: ignore[union-attr]
    assert repr(size.origin) == "4096 ÷ 32"  # type: ignore[attr-defined]


def test_tied_embeddings_are_one_row_and_told() -> None:
    account = account_from_config(config("gemma-2b"))
    assert account.aliases == {"lm_head.weight": "model.embed_tokens.weight"}
    assert network("gemma-2b").tied is True
    assert "this is what the family does" in network("gemma-2b").tied_evidence
    untied = known(recognised(config("gemma-2b", tie_word_embeddings=False)))
    assert (untied.tied, untied.total) == (False, 2_506_172_416 + 256000 * 2048)
    assert known(recognised(config("gemma-2b", architectures=["GemmaModel"]))).tied is None


def test_modules_that_predict_further_tokens_are_told_apart() -> None:
    ((name, extra),) = network("deepseek-v3").extra.items()
    assert name == "multi-token prediction, layer 61"
    attention = 7168 * 1536 + 1536 + 1536 * 128 * 192 + 7168 * 576 + 512 + 512 * 128 * 256 + 128 * 128 * 7168 + 2 * 7168
    experts = 257 * 3 * 7168 * 2048 + 256 * 7168 + 256
    assert extra == attention + experts + 2 * 7168**2 + 3 * 7168 + 2 * 129280 * 7168


def renamed(arrays: list[Stored]) -> list[Stored]:
    """The arrays as a file has them: names, shapes and number formats."""
    return [Stored(a.path, tuple(map(int, a.shape)), a.dtype, bytes=a.bytes, key=a.key) for a in arrays]


def small(name: str) -> dict[str, Any]:
    few = {"num_hidden_layers": 3, "n_layer": 3, "num_layers": 2, "num_decoder_layers": 2, "n_routed_experts": 4}
    few |= {"num_experts": 4, "num_experts_per_tok": 2, "num_nextn_predict_layers": 0, "first_k_dense_replace": 1}
    read = config(name)
    return {**read, **{key: value for key, value in few.items() if key in read}}


@pytest.mark.parametrize("name", ALL)
def test_stored_weights_are_held_against_the_configuration(name: str) -> None:
    read = small(name)
    found = known(recognised(read, renamed(declared_from_config(read))))
    assert (found.stored, found.difference, found.reasons) == (found.total, 0, [])


@pytest.mark.parametrize("name", ALL)
def test_names_alone_tell_family_formula_and_cache(name: str) -> None:
    read = small(name)
    declared = known(recognised(read))
    bare = known(recognised(None, renamed(declared_from_config(read))))
    model = {"kimi_k2": "deepseek_v3"}.get(read["model_type"], read["model_type"])
    assert model in bare.family.split("/")
    assert bare.total == bare.stored == declared.total
    assert bare.formula.text == declared.formula.text
    assert (bare.cached and bare.cached.elements) == (declared.cached and declared.cached.elements)
    assert bare.evidence.startswith("layers with ")


def test_a_missing_head_tells_that_it_is_tied() -> None:
    arrays = [array for array in renamed(declared_from_config(small("gemma-2b"))) if array.path != "lm_head.weight"]
    found = known(recognised(None, arrays))
    assert (found.tied, found.tied_evidence) == (True, "no head is stored beside the embedding")
    untied = known(recognised(None, renamed(declared_from_config(small("llama-7b")))))
    assert (untied.tied, untied.tied_evidence) == (False, "lm_head.weight is stored")


def test_a_difference_is_told_with_its_cause() -> None:
    read = small("llama-7b")
    arrays = renamed(declared_from_config(read))
    arrays = [array for array in arrays if array.path != "model.norm.weight"]
    arrays[0] = Stored(arrays[0].path, (32064, 4096), "float16", bytes=0)
    arrays.append(Stored("extra.table", (5, 5), "float16", bytes=0))
    found = known(recognised(read, arrays))
    assert found.difference == 64 * 4096 + 25 - 4096
    assert found.reasons == [
        "1 declared and not stored: norm.weight.",
        "1 stored and not declared: extra.table.",
        "1 stored with another number of elements than declared: embed_tokens.weight.",
    ]


def test_a_tied_head_that_is_stored_again_is_told() -> None:
    read = small("gemma-2b")
    arrays = [Stored(a.path, a.shape, a.dtype, bytes=0) for a in declared_from_config(read)]
    found = known(recognised(read, arrays))
    assert found.difference == 256000 * 2048
    assert found.reasons == ["lm_head.weight is stored once more, although it is tied."]


def test_stored_modules_that_predict_further_tokens_make_no_difference() -> None:
    read = small("deepseek-v3") | {"num_nextn_predict_layers": 1}
    ahead = declared_from_config({**read, "num_hidden_layers": 4, "num_nextn_predict_layers": 0})
    arrays = renamed(declared_from_config(read))
    arrays += [a for a in renamed(ahead) if a.path.startswith("model.layers.3.")]
    arrays.append(Stored("model.layers.3.enorm.weight", (7168,), "bfloat16", bytes=0))
    found = known(recognised(read, arrays))
    assert found.difference == 0
    assert found.extra["multi-token prediction, layer 3"] > 4 * 3 * 7168 * 2048


def test_masks_that_are_stored_make_no_difference() -> None:
    read = small("gpt2")
    arrays = renamed(declared_from_config(read))
    arrays += [Stored(f"transformer.h.{i}.attn.bias", (1, 1, 1024, 1024), "bool", bytes=0) for i in range(3)]
    found = known(recognised(read, arrays))
    assert (found.difference, found.reasons) == (0, [])


def test_other_names_are_compared_by_total_alone() -> None:
    found = known(recognised(small("llama-7b"), [Stored("w", (3,), "float32", bytes=0)]))
    assert found.reasons == ["No stored name is one that the family declares: only the totals can be compared."]


def test_what_is_no_transformer_is_not_recognised() -> None:
    assert recognised(None, [Stored("conv.weight", (4, 4, 3, 3), "float32", bytes=0)]) is None
    assert recognised({"model_type": "resnet"}) is None
    assert recognised() is None


def test_configurations_inside_one_another_are_followed_once() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"text_config": deep}
    assert recognised(deep) is None


def test_families_are_told_from_the_class_where_no_type_is_given() -> None:
    read = config("qwen3-30b-a3b")
    del read["model_type"]
    found = known(recognised(read))
    assert (found.family, found.evidence) == ("qwen3_moe", "architectures of config.json")


def test_a_language_model_among_other_parts_is_told_alone() -> None:
    found = known(recognised({"model_type": "gemma3", "text_config": config("gemma-3-1b")}))
    assert found.total == 999_885_952
    assert "Only the language model is told; other parts of the network are left out." in found.notes


def test_names_tell_what_a_configuration_leaves_open() -> None:
    read = small("llama-7b")
    arrays = renamed(declared_from_config(read))
    sparse = {"model_type": "llama", "num_hidden_layers": "3"}
    found = known(recognised(sparse, arrays))
    assert found.evidence.startswith("layers with ")
    assert found.notes == ["config.json: 'hidden_size' is missing; without it no shape can be told."]
    other = known(recognised({"model_type": "unheard-of"}, arrays))
    assert other.total == found.total
    with pytest.raises(FormatError, match="'hidden_size' is missing"):
        recognised(sparse, [])


def test_llama_cpps_names_are_read() -> None:
    shapes = {"token_embd.weight": (100, 8), "output_norm.weight": (8,)}
    for layer in range(2):
        shapes |= {f"blk.{layer}.attn_{name}.weight": (8, 8) for name in ("q", "output")}
        shapes |= {f"blk.{layer}.attn_{name}.weight": (4, 8) for name in ("k", "v")}
        shapes |= {f"blk.{layer}.ffn_{name}.weight": (20, 8) for name in ("gate", "up", "down")}
        shapes |= {f"blk.{layer}.{name}_norm.weight": (8,) for name in ("attn", "ffn")}
    found = known(recognised(None, [Stored(path, shape, "Q4_K", bytes=0) for path, shape in shapes.items()]))
    assert found.formula.text == (
        "2 layers × (8² q + 2 × 4 × 8 k, v + 8² o + 3 × 20 × 8 mlp + 2 × 8 norms) + 100 × 8 embedding + 8 norm"
    )
    assert found.cached is not None
    assert (found.cached.elements, found.tied) == (2 * 8, True)


HOSTILE = [
    -1,
    0,
    True,
    4096.0,
    "4096",
    "x" * 10_000,
    10**30,
    10**5000,
    -(10**5000),
    [],
    {},
    [4096] * 10**5,
    float("nan"),
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: f"{type(value).__name__}")
@pytest.mark.parametrize("name", ["llama-7b", "gpt2", "t5-small", "vit-b-16", "deepseek-v3", "bloom-560m"])
def test_numbers_that_cannot_be_are_refused(name: str, value: object) -> None:
    for key in [key for key, old in config(name).items() if type(old) is int]:
        read = small(name)
        if key in _UNUSED or (value == 0 and key in _NONE_IS_FINE) or (key == "image_size" and type(value) is list):
            continue
        with pytest.raises(FormatError) as caught:
            declared_from_config({**read, key: value})
        assert len(str(caught.value)) < 400


_NONE_IS_FINE = {"num_nextn_predict_layers", "n_shared_experts", "first_k_dense_replace"}
_UNUSED = {"n_ctx", "max_position_embeddings", "num_key_value_heads", "sliding_window"}


@pytest.mark.parametrize("key", ["num_hidden_layers", "n_routed_experts", "num_nextn_predict_layers"])
def test_a_network_of_more_arrays_than_any_has_is_refused_before_it_is_made(key: str) -> None:
    with pytest.raises(FormatError, match=r"more than 1,048,576 arrays"):
        declared_from_config(config("deepseek-v3", **{key: 10**12}))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "model_type '' is of no family"),
        ({"model_type": "x" * 10**6}, "is of no family"),
        ({"model_type": 5}, "'model_type' should be text"),
        ({"model_type": "llama"}, "'hidden_size' is missing"),
        (config("llama-7b", torch_dtype="int3"), "number format 'int3' is not known"),
        (config("llama-7b", num_attention_heads=33), "should divide evenly, and are 4096 and 33"),
        (config("llama-7b", num_key_value_heads=7), "cannot share"),
        (config("llama-7b", attention_bias="yes"), "should be true or false"),
        (config("mixtral-8x7b", num_experts_per_tok=9), "cannot meet 9 of 8 experts"),
        (config("qwen3-30b-a3b", mlp_only_layers=[1, "2"]), "should be a list of numbers of layers"),
        (config("vit-b-16", image_size=8), "holds no patch"),
        ({"model_type": "gemma3", "text_config": 7}, "'text_config' should be a dictionary"),
    ],
)
def test_a_configuration_that_cannot_be_says_where(data: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError) as caught:
        declared_from_config(data)
    assert message in str(caught.value)
    assert str(caught.value).startswith("config.json: ")


@pytest.mark.parametrize("data", [None, [], "llama", 5])
def test_what_is_no_configuration_is_refused(data: Any) -> None:
    with pytest.raises(ArgumentError, match="A configuration is a dictionary"):
        declared_from_config(data)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@given(st.data())
def test_any_configuration_is_declared_or_refused(data: st.DataObject) -> None:
    read = small(data.draw(st.sampled_from(ALL)))
    for key in data.draw(st.lists(st.sampled_from(sorted(read)), max_size=4, unique=True)):
        read[key] = data.draw(_json)
    try:
        found = recognised(read)
    except FormatError:
        return
    if found is not None:
        assert found.total == Account.stored("", declared_from_config(read), "").total == found.formula.total


_sizes = st.integers(1, 5)


@given(st.sampled_from(["llama", "qwen2", "qwen3", "gemma2", "phi3"]), _sizes, _sizes, _sizes, _sizes, _sizes)
def test_a_random_network_of_a_family_is_found_again(
    family: str, layers: int, groups: int, sharing: int, size: int, inner: int
) -> None:
    read = {
        "model_type": family,
        "hidden_size": 8 * groups * sharing,
        "num_hidden_layers": layers,
        "num_attention_heads": groups * sharing,
        "num_key_value_heads": groups,
        "head_dim": 2 * size,
        "intermediate_size": 3 * inner,
        "vocab_size": 11,
    }
    declared = known(recognised(read))
    bare = known(recognised(None, renamed(declared_from_config(read))))
    assert family in bare.family.split("/")
    assert bare.formula.text == declared.formula.text
    assert bare.total == declared.total
    assert bare.cached is not None
    assert bare.cached.elements == 2 * layers * groups * 2 * size


def test_every_family_has_a_configuration_here() -> None:
    assert {config(name)["model_type"] for name in ALL} == set(FAMILIES)


def test_a_formula_of_nothing_is_zero() -> None:
    assert (Formula.of([]).text, Formula.of([]).total) == ("0", 0)

"""PyTorch's files are accounted for as PyTorch reads them, from their directory and their pickle alone."""

import contextlib
import io
import json
import math
import pathlib
import pickle
import struct
import tarfile
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.account import roles
from weigh.account.account import Account
from weigh.errors import FormatError
from weigh.formats import torch_file
from weigh.formats.source import Limits, Source, opened

FIXTURES = pathlib.Path(__file__).parent / "fixtures" / "torch"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FIXTURES / "expected.json").read_text())
FILES = sorted(EXPECTED)


def read(data: bytes, called: str = "model.pt", **limits: int) -> Account:
    return torch_file.read(Source(io.BytesIO(data), called, Limits(**limits)))


def fixture(name: str) -> Account:
    with opened(FIXTURES / name) as source:
        return torch_file.read(source)


def notes(account: Account) -> str:
    assert account.receipt is not None
    return "\n".join(account.receipt.notes)


def refused(account: Account) -> list[str]:
    assert account.receipt is not None
    return account.receipt.refused


# As PyTorch reads them


@pytest.mark.parametrize("name", FILES)
def test_every_tensor_that_pytorch_finds_is_found(name: str) -> None:
    account = fixture(name)
    found = {row.path: row for row in (*account.rows, *account.beside)}
    for path, expected in EXPECTED[name].items():
        row = found[account.aliases.get(path, path)]
        if path not in account.aliases:
            assert list(row.shape) == expected["shape"]
        assert row.dtype == expected["dtype"]
        assert row.count == expected["count"]
        if "trainable" in expected:
            assert row.trainable == expected["trainable"]
    extra = set(found) - set(EXPECTED[name])
    assert all(path.endswith((".scale", ".zero_point")) for path in extra)


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_recognised_by_its_bytes_whatever_it_is_called(name: str) -> None:
    """GHSA-769v-p64c-89pr: an ending that a list does not hold lets a file pass unseen."""
    head = (FIXTURES / name).read_bytes()[:512]
    assert torch_file.recognises(head, name)
    assert torch_file.recognises(head, "harmless.txt") == (name != "arrays_0.pkl")


def test_other_files_are_not_recognised() -> None:
    assert not torch_file.recognises(b"", "model.pt")
    assert not torch_file.recognises(b"GGUF\3\0\0\0", "model.bin")
    assert not torch_file.recognises(b"PK\3\4" + bytes(22) + struct.pack("<HH", 11, 0) + b"config.json", "m.keras")


class Watched(io.BytesIO):
    """A file that knows which of its bytes were read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.touched = bytearray(len(data))

    def read(self, count: int | None = -1) -> bytes:
        at = self.tell()
        data = super().read(count)
        self.touched[at : at + len(data)] = b"\1" * len(data)
        return data

    def readline(self, count: int | None = -1) -> bytes:
        at = self.tell()
        data = super().readline(count)
        self.touched[at : at + len(data)] = b"\1" * len(data)
        return data


@pytest.mark.parametrize("form", ["zip", "stacked", "tar"])
def test_no_element_is_read(form: str) -> None:
    elements = b"\xee" * 4 * 300_000
    data = {"zip": zipped, "stacked": stacked, "tar": tarred}[form]({"w": tensor((300, 1000), elements)})
    file = Watched(data)
    account = torch_file.read(Source(file, "model.pt"))
    assert account.total == 300_000
    start = data.index(elements)
    if form == "zip":  # the end of a zip file is looked for from behind
        assert not any(file.touched[start : start + len(elements) - (1 << 16)])
    else:
        assert not any(file.touched[start : start + len(elements)])
    assert sum(file.touched) < 80_000


# What they hold


def test_what_is_shared_is_counted_once_and_views_are_told() -> None:
    account = fixture("views.pt")
    assert account.aliases == {"tied_b": "tied_a", "transposed": "tied_a"}
    repeated = account["repeated"]
    assert (repeated.count, repeated.stored_elements, repeated.bytes) == (10**6, 1, 4)
    assert "repeated: stands for 1,000,000 elements, of which 1 are stored" in notes(account)
    assert "part: in the same part of storage '0' as 'tied_a'" in notes(account)
    assert "sliced: uses 40 of the 400 bytes of storage '4', which was saved whole" in notes(account)


def test_a_state_dict_does_not_say_what_is_trained() -> None:
    account = fixture("state_dict.pt")
    assert {row.trainable for row in account} == {None}
    assert account.format == "tensors (torch zip)"
    kept = fixture("kept_variables.pt")
    assert kept["weight"].trainable is True
    assert kept["running_mean"].trainable is None


def test_a_module_declares_what_its_weights_are_for() -> None:
    account = fixture("module.pt")
    kinds = {row.path: (row.role, row.kind) for row in (*account.rows, *account.beside)}
    assert kinds["embed.weight"] == (roles.EMBEDDING, roles.FROZEN)
    assert kinds["conv.weight"] == (roles.KERNEL, roles.TRAINED)
    assert kinds["bn.weight"] == (roles.SCALE, roles.TRAINED)
    assert kinds["bn.running_var"] == (roles.RUNNING_VARIANCE, roles.STATISTIC)
    assert kinds["bn.num_batches_tracked"] == (roles.COUNTER, roles.COUNTER)
    assert kinds["act.weight"] == (roles.SLOPE, roles.TRAINED)
    assert kinds["lstm.weight_hh_l1_reverse"] == (roles.RECURRENT_KERNEL, roles.TRAINED)
    assert kinds["head.fleeting"][1] == roles.UNTRAINED
    assert account["bn.weight"].layer_type == "BatchNorm1d"
    assert account["bn.weight"].evidence == "declared"
    assert account.aliases == {"again.weight": "head.weight", "again.fleeting": "head.fleeting"}
    assert "head.fleeting, again.fleeting: buffer that a state dict leaves out" in notes(account)
    assert "torch.nn.modules.container.Sequential was saved, in training mode" in notes(account)


def test_the_source_code_beside_a_module_is_not_run() -> None:
    assert "the source code of __main__.Scaled is in the file and was not run" in refused(fixture("module_stacked.pt"))


def test_torchscript_is_read_without_its_code() -> None:
    account = fixture("script.pt")
    assert account.format == "TorchScript (torch zip)"
    assert account["1.running_mean"].role == roles.RUNNING_MEAN
    assert account["1.running_mean"].kind == roles.STATISTIC
    assert account["0.weight"].kind == roles.TRAINED
    assert "the code in the file was not read" in refused(account)


def test_what_training_keeps_stands_beside_the_weights() -> None:
    account = fixture("checkpoint.pt")
    assert account.total == 17
    assert {row.path.partition(".")[0] for row in account} == {"model"}
    average = account["optimizer.state.0.exp_avg_sq"]
    assert (average.kind, average.evidence) == (
        roles.SLOT,
        "state of an optimizer: the exponential average of the squared gradients",
    )
    assert account["model_ema.0.weight"].evidence == "an exponential average of the weights, as 'model_ema' says"
    assert account["rng_state"].kind == roles.RANDOM_STATE
    assert account["best_loss"].kind == roles.METRIC
    assert "The network stands under 'model', 'model_ema'." in notes(account)
    assert "epoch = 12" in notes(account)


def test_a_lightning_checkpoint_is_told_apart() -> None:
    account = fixture("lightning.ckpt")
    assert account.format == "PyTorch Lightning checkpoint (torch zip)"
    assert account.total == 17
    assert {row.path.partition(".")[0] for row in account.beside} == {"optimizer_states", "callbacks"}
    assert "global_step = 7" in notes(account)


def test_an_average_without_what_it_averages_is_the_network() -> None:
    account = read(zipped({"params_ema": {"w": tensor((2, 3))}}))
    assert account.total == 6


def test_wrappers_are_told_from_the_names() -> None:
    assert "Every name begins with 'module.'" in notes(fixture("parallel.pt"))


def test_packed_sparse_and_missing_elements_are_told_from_what_they_stand_for() -> None:
    account = fixture("kinds.pt")
    assert (account["sparse"].count, account["sparse"].stored_elements) == (25, 15)
    assert account["sparse"].packing.startswith("sparse")
    assert (account["meta"].count, account["meta"].stored_elements, account["meta"].bytes) == (14, 0, 0)
    assert account["many.scale"].kind == roles.QUANTISATION
    half_bytes = read(zipped({"w": tensor((2, 3), bytes(6), "FP4", rebuild="_rebuild_tensor_v3")}))["w"]
    assert (half_bytes.shape, half_bytes.stored_elements, half_bytes.bytes) == ((2, 6), 6, 6)
    assert half_bytes.packing


def test_checksums_that_were_never_computed_are_told() -> None:
    """CVE-2025-10156: a wrong checksum stops a scanner and not PyTorch. Here the pickle is read, and this is said."""
    assert "The checksum of 'without_checksums/data.pkl' is not that of its content." in notes(
        fixture("without_checksums.pt")
    )
    data = zipped({"w": tensor((2, 3)), "x": Call("os.system", "id")})
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        right = struct.pack("<I", file.getinfo("archive/data.pkl").CRC)
    account = read(data.replace(right, b"\1\2\3\4"))
    assert "os.system was named and not called" in refused(account)
    assert "checksum" in notes(account)


# A tiny writer, of whatever shall be claimed


class Call:
    """Something that a pickle calls with arguments."""

    def __init__(self, name: str, *arguments: Any, state: Any = None) -> None:
        self.name, self.arguments, self.state = name, arguments, state


class Name:
    def __init__(self, name: str) -> None:
        self.name = name


class Kept:
    """A storage."""

    def __init__(self, key: str, kind: str, numel: Any, data: bytes, view: Any = None) -> None:
        self.key, self.kind, self.numel, self.data, self.view = key, kind, numel, data, view


SIZES = {"FloatStorage": 4, "LongStorage": 8, "UntypedStorage": 1}


def written(value: Any, storages: dict[str, Kept]) -> bytes:
    """Pickle by hand, so that anything can be written."""
    if isinstance(value, dict):
        inner = b"".join(written(key, storages) + written(item, storages) for key, item in value.items())
        return b"}(" + inner + b"u"
    if isinstance(value, tuple):
        return b"(" + b"".join(written(item, storages) for item in value) + b"t"
    if isinstance(value, list):
        return b"](" + b"".join(written(item, storages) for item in value) + b"e"
    if isinstance(value, Name):
        module, _, name = value.name.rpartition(".")
        return f"c{module}\n{name}\n".encode()
    if isinstance(value, Call):
        data = written(Name(value.name), storages) + written(value.arguments, storages) + b"R"
        return data + (written(value.state, storages) + b"b" if value.state is not None else b"")
    if isinstance(value, Kept):
        storages[value.key] = value
        more = () if value.view is None else (value.view,)
        return written(("storage", Name(value.kind), value.key, "cpu", value.numel, *more), storages) + b"Q"
    return pickle.dumps(value, 2)[2:-1]


def tensor(
    shape: Any,
    data: bytes | None = None,
    kind: str = "torch.FloatStorage",
    *,
    key: str = "0",
    offset: Any = 0,
    stride: Any = None,
    numel: Any = None,
    rebuild: str = "_rebuild_tensor_v2",
    view: Any = None,
) -> Call:
    last = (False, {})
    if kind == "FP4":
        kind, last = "torch.storage.UntypedStorage", (False, {}, Name("torch.float4_e2m1fn_x2"))
    unit = SIZES.get(kind.rpartition(".")[2], 1)
    if data is None:
        data = bytes(unit * math.prod(shape))
    if stride is None:
        stride = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    storage = Kept(key, kind, len(data) // unit if numel is None else numel, data, view)
    return Call(f"torch._utils.{rebuild}", storage, offset, shape, stride, *last)


def zipped(value: Any, more: dict[str, bytes] | None = None, raw: bytes | None = None) -> bytes:
    storages: dict[str, Kept] = {}
    data = b"\x80\x02" + written(value, storages) + b"." if raw is None else raw
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", data)
        for key, storage in storages.items():
            archive.writestr(f"archive/data/{key}", storage.data)
        for name, content in (more or {}).items():
            archive.writestr(name, content)
        archive.writestr("archive/version", b"3\n")
    return file.getvalue()


def stacked(value: Any, sizes: dict[str, int] | None = None) -> bytes:
    storages: dict[str, Kept] = {}
    data = b"\x80\x02" + written(value, storages) + b"."
    head = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
    data = head + data + pickle.dumps(list(storages), 2)
    for key, storage in storages.items():
        unit = SIZES.get(storage.kind.rpartition(".")[2], 1)
        data += struct.pack("<q", (sizes or {}).get(key, len(storage.data) // unit)) + storage.data
    return data


def tarred(value: Any, storages: bytes | None = None, tensors: bytes | None = None) -> bytes:
    """Write the tar form, of a dictionary with one tensor ``w`` or of anything else."""
    call = value.get("w") if isinstance(value, dict) else None
    parts = b""
    if isinstance(call, Call) and isinstance(call.arguments[0], Kept):
        kept, offset, shape, stride = call.arguments[:4]
        value = value | {"w": None}
        storages = storages or (
            pickle.dumps(1, 2)
            + b"\x80\x02(K\x01X\x03\0\0\0cpuctorch\nFloatStorage\nt."
            + struct.pack("<q", kept.numel)
            + kept.data
            + pickle.dumps([], 2)
        )
        tensors = tensors or (
            pickle.dumps(1, 2)
            + b"\x80\x02(K\x02K\x01ctorch\nFloatTensor\nt."
            + struct.pack(f"<q{2 * len(shape) + 1}q", len(shape), *shape, *stride, offset)
        )
        parts = b"}X\x01\0\0\0wX\x01\0\0\x002Qs"
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:") as archive:
        for name, data in (
            ("sys_info", pickle.dumps({}, 2)),
            ("pickle", b"\x80\x02" + (parts or written(value, {})) + b"."),
            ("tensors", tensors or pickle.dumps(0, 2)),
            ("storages", storages or pickle.dumps(0, 2) + pickle.dumps([], 2)),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


shapes = st.lists(st.integers(0, 5), max_size=4).map(tuple)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=8), shapes, max_size=5), st.sampled_from([zipped, stacked]))
def test_what_was_written_is_read(found: dict[str, tuple[int, ...]], write: Any) -> None:
    value = {name: tensor(shape, key=str(index)) for index, (name, shape) in enumerate(found.items())}
    account = read(write(value))
    assert [(row.path, row.shape) for row in account] == list(found.items())
    assert account.bytes == sum(4 * math.prod(shape) for shape in found.values())


# Attacks


@pytest.mark.parametrize("write", [zipped, stacked, tarred])
def test_nothing_is_called(write: Any, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "marker"
    account = read(write({"a": Call("builtins.exec", f"open({str(path)!r}, 'w')"), "b": Call("os.system", "id")}))
    assert refused(account)[:2] == ["builtins.exec was named and not called", "os.system was named and not called"]
    assert not path.exists()
    assert account.receipt is not None
    assert account.receipt.executed is False


def test_the_tar_form_runs_nothing() -> None:
    """CVE-2025-32434: PyTorch's safe loading up to 2.5.1 read this form as if it were safe, and ran it."""
    call = b"\x80\x02cos\nsystem\n(X\x02\0\0\0idtR"
    for member in ("storages", "tensors"):
        with pytest.raises(FormatError):
            read(tarred({"w": tensor((2,))}, **{member: call + b"."}))
    assert "os.system was named and not called" in refused(read(tarred({"x": Call("os.system", "id")})))


def test_items_are_set_in_nothing_but_what_has_items() -> None:
    """CVE-2026-24747: items set in a tensor, and a storage other than claimed, wrote to PyTorch's memory."""
    storages: dict[str, Kept] = {}
    item = written(tensor((2,)), storages) + b"(K\x00K\x01u"
    data = zipped(None, {"archive/data/0": bytes(8)}, raw=b"\x80\x02" + item + b".")
    assert read(data).total == 2
    with pytest.raises(FormatError, match=r"claimed to have 4,000 bytes, and has\s+8"):
        read(zipped({"w": tensor((1000,), bytes(8), numel=1000)}))


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pth", "model.ckpt"])
def test_a_plain_pickle_under_pytorchs_ending_is_read(name: str) -> None:
    """CVE-2025-10155: a pickle of protocol 0 with PyTorch's ending passed as nothing at all."""
    data = b"cos\nsystem\n(S'id'\ntR."
    assert torch_file.recognises(data, name)
    assert refused(read(data, name)) == ["os.system was named and not called"]


def test_a_member_that_is_named_otherwise_at_its_place_is_refused() -> None:
    """CVE-2025-1944: the directory has one name, the member another; scanners and PyTorch differ in which they take."""
    data = zipped({"w": tensor((2,))})
    with pytest.raises(FormatError, match="not described alike"):
        read(data.replace(b"archive/data.pkl", b"archive/dataXpkl", 1))


@pytest.mark.parametrize("flag", [0x1, 0x20, 0x40, 0x2000])
def test_flags_that_only_stop_others_are_answered(flag: int) -> None:
    """GHSA-w8jq-xcqf-f792: with a flag changed Python's zipfile fails and PyTorch reads on."""
    data = bytearray(zipped({"x": Call("os.system", "id")}))
    data[6:8] = struct.pack("<H", flag)
    with pytest.raises(FormatError):
        read(bytes(data))


def test_pickles_under_other_names_are_told_or_never_read() -> None:
    """GHSA-769v-p64c-89pr: what an extension hides is not opened; a second pickle is said to be there."""
    hidden = pickle.dumps(Exception)
    account = read(zipped({"w": tensor((2,))}, {"archive/data.p": hidden, "other/data.pkl": hidden}))
    assert account.total == 2
    assert any("'other/data.pkl' is a second pickle" in line for line in refused(account))
    assert not any("Exception" in line for line in refused(account))


HOSTILE = {
    "beyond the end": tensor((3, 3), bytes(32)),
    "a size that wraps": tensor((2**32, 2**32), bytes(16), stride=(0, 1)),
    "a product that wraps": tensor((2**32, 2**31), bytes(16), stride=(0, 0)),
    "an offset that wraps": tensor((2,), bytes(16), offset=2**64 - 1),
    "an offset beyond": tensor((2,), bytes(16), offset=3),
    "a stride beyond": tensor((2,), bytes(16), stride=(2**40,)),
    "a stride that wraps": tensor((2,), bytes(16), stride=(2**64 - 1,)),
    "a negative size": tensor((-1,), bytes(16), stride=(1,)),
    "a negative stride": tensor((2,), bytes(16), stride=(-1,)),
    "a negative offset": tensor((2,), bytes(16), offset=-1),
    "sizes that are no numbers": tensor(("a",), bytes(16), stride=(1,)),
    "sizes that are true": tensor((True,), bytes(16), stride=(1,)),
    "sizes that are no list": tensor(5, bytes(16), stride=(1,)),
    "strides of another length": tensor((2,), bytes(16), stride=(1, 1)),
    "too many axes": tensor((1,) * 65, bytes(16), stride=(1,) * 65),
    "a storage of no number": tensor((2,), bytes(16), numel="4"),
    "a negative storage": tensor((2,), bytes(16), numel=-4),
    "a storage of unknown kind": tensor((2,), bytes(16), kind="torch.NoStorage"),
    "a storage of elsewhere": tensor((2,), bytes(16), kind="os.FloatStorage"),
    "a storage that is none": Call("torch._utils._rebuild_tensor_v2", Name("os.system"), 0, (2,), (1,), False, {}),
    "no arguments": Call("torch._utils._rebuild_tensor_v2"),
    "no arguments of a parameter": Call("torch._utils._rebuild_parameter"),
    "a parameter of nothing": Call("torch._utils._rebuild_parameter", "x", True, {}),
    "an unknown format": Call("torch._utils._rebuild_meta_tensor_no_storage", Name("torch.no"), (2,), (1,), False),
    "no format": Call("torch._utils._rebuild_meta_tensor_no_storage", 5, (2,), (1,), False),
    "sparse of nothing": Call("torch._utils._rebuild_sparse_tensor", Name("torch.sparse_coo"), ("x", "y", (2, 2))),
    "sparse of no tuple": Call("torch._utils._rebuild_sparse_tensor", Name("torch.sparse_coo"), 3),
    "a key that is no string": tensor((2,), bytes(16), key=5),  # type: ignore[arg-type]
    "an array of other length": Call(
        "numpy._core.multiarray._reconstruct",
        state=(1, (2, 3), Call("numpy.dtype", "f4", False, True), False, "too short"),
    ),
    "a part beyond its storage": tensor((2,), bytes(16), view=("0", 3, 4)),
    "a part of no storage": tensor((2,), bytes(16), view="x"),
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_is_told(value: Any) -> None:
    with pytest.raises(FormatError, match=r"model\.pt"):
        read(zipped({"w": value}))


def test_storages_that_are_missing_or_too_short_are_told() -> None:
    described = b"\x80\x02" + written({"w": tensor((2,), key="../../etc/passwd")}, {}) + b"."
    with pytest.raises(FormatError, match=r"there is no 'archive/data/\.\./\.\./etc/passwd'"):
        read(zipped(None, raw=described))
    for size in (1, -1, 2**62):
        with pytest.raises(FormatError):
            read(stacked({"w": tensor((2,))}, {"0": size}))


def test_a_zip_file_without_members_is_told() -> None:
    with pytest.raises(FormatError, match="only: nothing"):
        read(b"PK\3\4" + b"PK\5\6" + bytes(8) + bytes(4) + struct.pack("<I", 4) + bytes(2))


def test_what_is_more_or_less_than_claimed_is_told() -> None:
    account = read(zipped({"w": tensor((2,), bytes(16), numel=2)}, {"archive/data/7": bytes(5)}))
    assert "has 16 bytes, and the pickle speaks of 8 of them" in notes(account)
    assert "1 storages of 5 bytes are spoken of nowhere" in notes(account)


def test_parts_of_storages_are_found() -> None:
    account = read(stacked({"w": tensor((2,), bytes(16), view=("1", 2, 2))}))
    assert "uses 8 of the 16 bytes" in notes(account)


def test_what_is_nested_deep_or_shared_without_end_is_answered() -> None:
    deep = b"\x80\x02" + b"}X\x01\0\0\0a" * 10**5 + b"N" + b"s" * 10**5 + b"."
    with pytest.raises(FormatError, match="`depth`"):
        read(zipped(None, raw=deep))
    shared = b"\x80\x04}\x94" + b"".join(
        b"}(\x8c\x01ah" + bytes([at]) + b"\x8c\x01bh" + bytes([at]) + b"u\x94" for at in range(60)
    )
    with pytest.raises(FormatError, match="again and again"):
        read(zipped(None, raw=shared + b"."))
    one, none = b"\x80\x02", b"NN\x85"
    wrapped = one + b"ctorch._utils\n_rebuild_parameter\n" * 500 + none + b"R\x85" * 499 + b"R."
    with pytest.raises(FormatError, match="without end"):
        read(zipped(None, raw=wrapped))


def test_tensors_made_of_each_other_are_answered() -> None:
    """Sparse tensors whose indices and values are the last sparse tensor: written out they would be 3³⁰."""
    data = b"\x80\x04ctorch._utils\n_rebuild_sparse_tensor\n\x94N\x94"
    for at in range(1, 31):
        inner = b"h" + bytes([at])
        data += b"h\x00N(" + inner * 3 + b"t\x86R\x94"
    with pytest.raises(FormatError):
        read(zipped(None, raw=data + b"."))


def test_what_holds_itself_is_listed_once() -> None:
    raw = b"\x80\x02}q\x00X\x04\0\0\0selfh\x00s."
    account = read(zipped(None, raw=raw))
    assert "self: holds itself" in notes(account)


def test_names_and_paths_are_bounded() -> None:
    value = {"a" * 50: {"b" * 50: tensor((2,))}}
    assert read(zipped(value)).total == 2
    for limit, most in (("name", 80), ("text", 140)):
        with pytest.raises(FormatError, match=f"`{limit}`"):
            read(zipped(value), **{limit: most})


def test_control_characters_in_names_are_kept() -> None:
    assert read(zipped({"a\x1b[2J": tensor((2,))})).rows[0].path == "a\x1b[2J"


@pytest.mark.parametrize("name", ["protocol_4.pt", "module_stacked.pt"])
def test_truncation_at_every_byte_is_answered(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    for end in range(len(data)):
        with pytest.raises(FormatError):
            read(data[:end])


def test_truncated_tar_files_are_answered() -> None:
    data = (FIXTURES / "old.tar.pt").read_bytes()
    for end in (*range(0, 1024, 7), *range(1024, 3500, 31)):
        with pytest.raises(FormatError):
            read(data[:end])


SEEDS = [(FIXTURES / name).read_bytes() for name in FILES]
SEEDS += [zipped({"w": tensor((2, 3)), "o": {"state": {0: {"exp_avg": tensor((2,), key="1")}}, "param_groups": []}})]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=6),
    st.floats(0, 1) | st.just(1.0),
)
def test_any_file_gives_an_account_or_a_format_error(seed: bytes, changes: list[tuple[float, int]], end: float) -> None:
    data = bytearray(seed)
    for where, value in changes:
        data[int(where * len(data))] = value
    with contextlib.suppress(FormatError):
        read(bytes(data[: max(1, int(end * len(data)))])).to_dict()


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([seed for seed in SEEDS if seed.startswith(b"PK")]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_any_pickle_in_a_file_gives_an_account_or_a_format_error(seed: bytes, changes: list[tuple[float, int]]) -> None:
    """The pickle itself is changed, and the rest of the file is sound."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(seed)) as old, zipfile.ZipFile(file, "w") as new:
        for info in old.infolist():
            with contextlib.suppress(zipfile.BadZipFile):
                data = bytearray(old.read(info))
                if info.filename.endswith("/data.pkl"):
                    for where, value in changes:
                        data[int(where * len(data))] = value
                new.writestr(zipfile.ZipInfo(info.filename), bytes(data))
    with contextlib.suppress(FormatError):
        read(file.getvalue()).to_dict()

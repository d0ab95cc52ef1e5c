"""Pickles are read as what they say, and nothing that they name is called."""

import collections
import contextlib
import io
import pathlib
import pickle
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weigh.errors import FormatError
from weigh.formats import pickles
from weigh.formats.pickles import Blob, Made, Pairs, Reference, Token, as_pairs, as_plain, as_sequence
from weigh.formats.source import Limits, Source

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def load(data: bytes, **limits: int) -> pickles.Pickle:
    return pickles.load(Source(io.BytesIO(data), "a pickle", Limits(**limits)))


def plain(value: Any) -> Any:
    """What Python would have made of it, for what is plain data."""
    value = as_plain(value)
    if isinstance(value, Blob):
        return ("bytes", value.length)
    if (pairs := as_pairs(value)) is not None:
        return {plain(key): plain(inner) for key, inner in pairs}
    if isinstance(value, Made) and value.name in ("builtins.set", "builtins.frozenset"):
        return {plain(inner) for inner in as_sequence(value) or ()}
    if isinstance(value, (list, tuple)):
        return type(value)(plain(inner) for inner in value)
    return value


def without_content(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return ("bytes", len(value))
    if isinstance(value, dict):
        return {without_content(key): without_content(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(without_content(inner) for inner in value)
    if isinstance(value, (set, frozenset)):
        return {without_content(inner) for inner in value}
    return value


keys = st.text() | st.integers() | st.none() | st.tuples(st.integers(), st.text())
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**1500), 2**1500)
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text()
    | st.binary()
    | st.binary().map(bytearray)
    | st.frozensets(keys),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(keys, inner)
        | st.dictionaries(keys, inner).map(collections.OrderedDict)
        | st.dictionaries(keys, inner).map(lambda made: collections.defaultdict(list, made))
    ),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(value=values, protocol=st.sampled_from(PROTOCOLS))
def test_plain_data_is_read_as_python_reads_it(value: Any, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    found = load(data)
    assert plain(found.value) == without_content(pickle.loads(data))
    assert found.end == len(data)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_objects_become_descriptions(protocol: int) -> None:
    found = load(pickle.dumps(pathlib.PurePosixPath("a/b"), protocol))
    made = found.value
    assert isinstance(made, Made)
    assert made.name.endswith("PurePosixPath")
    assert made.name in found.names


class Marker:
    """Something that leaves a file behind when its pickle is loaded as Python loads it."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return pathlib.Path.touch, (self.path,)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_called(protocol: int, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "marker"
    data = pickle.dumps({"weight": Marker(path)}, protocol)
    names = load(data).names
    assert not path.exists()
    assert any("touch" in name or "getattr" in name for name in names)
    pickle.loads(data)
    assert path.exists()  # so the pickle does what it was written for


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("global and reduce", b"cos\nsystem\n(S'id'\ntR."),
        ("instance", b"(S'id'\nios\nsystem\n."),
        ("object", b"(cos\nsystem\nS'id'\no."),
        ("new object", b"\x80\x02cos\nsystem\nX\x02\0\0\0id\x85\x81."),
        ("new object with names", b"\x80\x04\x8c\x02os\x8c\x06system\x93)}\x92."),
        # picklescan#22: the name comes out of the memo, where looking at the text before it finds nothing
        ("memo", b"\x80\x04\x8c\x06system\x94\x8c\x02os\x94N0h\x01h\x00\x93\x8c\x02id\x85R."),
        ("memo in text", b"Vos\np0\n0Vsystem\np1\n0g0\ng1\n\x93(Vid\ntR."),
        ("called and thrown away", b"\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R0N."),
        ("behind a mark", b"\x80\x02(cos\nsystem\nX\x02\0\0\0id\x85R1N."),
        ("as a key", b"\x80\x02}cos\nsystem\nX\x02\0\0\0id\x85RNs."),
        ("as a state", b"\x80\x02cbuiltins\nobject\n)\x81cos\nsystem\nX\x02\0\0\0id\x85Rb."),
    ],
)
def test_what_is_named_is_listed_whatever_way_it_is_named(what: str, data: bytes) -> None:
    assert "os.system" in load(data).names


def test_no_list_of_what_is_dangerous_has_to_be_complete() -> None:
    """protectai/modelscan#338: whatever a list forgets passes; here there is none, and all names are told."""
    named = ["pip.main", "pty.spawn", "idlelib.run.Executive", "nobody.heard_of_this", "builtins.print"]
    data = b"\x80\x02" + b"".join(
        f"c{name.rpartition('.')[0]}\n{name.rpartition('.')[2]}\n)R".encode() for name in named
    )
    assert load(data + b".").names == named


def test_what_python_2_called_otherwise_has_its_name_of_today() -> None:
    assert load(b"c__builtin__\neval\n.").names == ["builtins.eval"]


def test_names_keep_control_characters() -> None:
    assert load(b"cos\x1b[2J\nsys\x00tem\n.").names == ["os\x1b[2J.sys\x00tem"]
    assert load(b"cos\xff\nsystem\n.").names == ["os\\xff.system"]
    assert load(b"V\\ud800\n.").value == "\\ud800"


def test_bytes_are_counted_and_not_kept() -> None:
    found = load(pickle.dumps(bytes(10**6), 4))
    assert isinstance(found.value, Blob)
    assert found.value.length == 10**6


def test_references_to_what_is_outside_are_kept() -> None:
    found = load(b"\x80\x02X\x01\0\0\0aQ.")
    assert isinstance(found.value, Reference)
    assert found.value.identifier == "a"
    assert load(b"P12\n.").references[0].identifier == "12"


DEPTH = 10**5


@pytest.mark.parametrize(
    "data",
    [
        b"(" * DEPTH + b"t" * DEPTH + b".",
        b"]" * DEPTH + b"a" * (DEPTH - 1) + b".",
        b"N" + b"\x85" * DEPTH + b".",
        b"N" + b"\x85" * DEPTH + b"}\x94N0h\x00.",
        b"}N" + b"\x85" * DEPTH + b"Ns.",  # as a key: its hash would be that deep
        b"cos\nsystem\n" + b"N\x85R" * DEPTH + b".",
        b"cos\nsystem\n" * 20_000 + b"N" + b"\x85R" * 20_000 + b".",
        b"N" + b"Q" * DEPTH + b".",
    ],
)
def test_depth_costs_nothing(data: bytes) -> None:
    load(b"\x80\x02" + data)


def test_structure_that_is_shared_again_and_again_costs_what_it_takes_in_the_file() -> None:
    """A hundred pairs, each of the last one twice: written out they would be 2¹⁰⁰ numbers."""
    data = b"\x80\x04N\x94" + b"".join(b"h" + bytes([at]) + b"h" + bytes([at]) + b"\x86\x94" for at in range(100))
    assert load(data + b".").steps < 1000
    assert load(data + b"}h\x64Ns.").steps < 1000  # a key is not hashed


def test_dictionaries_of_one_list_are_not_copied_without_end() -> None:
    data = b"\x80\x02ccollections\nOrderedDict\nq\x01](" + b"]K\x01aNa" * 100 + b"eq\x00"
    pairs = as_pairs(load(data + b"h\x01h\x00\x85R.").value)
    assert pairs is not None
    assert list(pairs) == [(1, None)]
    with pytest.raises(FormatError, match="again and again"):
        load(data + b"h\x01h\x00\x85R0" * 100 + b"N.")


def test_what_holds_itself_is_read() -> None:
    value = load(b"\x80\x02]q\x00h\x00a.").value
    assert value[0] is value
    pairs = load(b"\x80\x02}q\x00X\x01\0\0\0ah\x00s.").value
    assert isinstance(pairs, Pairs)
    assert pairs.get("a") is pairs


HOSTILE = {
    "nothing": b"",
    "no instruction": b"\x80\x02\xff.",
    "a protocol of the future": b"\x80\x06N.",
    "no end": b"\x80\x02N",
    "an empty stack": b"\x80\x02.",
    "taken below a mark": b"\x80\x02N(.",
    "no mark": b"\x80\x02t.",
    "a string of 2³² - 1 bytes": b"\x80\x02X\xff\xff\xff\xff.",
    "a string of 2⁶⁴ - 1 bytes": b"\x80\x04\x8d" + b"\xff" * 8 + b".",
    "bytes of 2⁶⁴ - 1": b"\x80\x04\x8e" + b"\xff" * 8 + b".",
    "a bytearray of 2⁶³": b"\x80\x05\x96" + struct.pack("<Q", 2**63) + b".",
    "a number of 2³¹ - 1 bytes": b"\x80\x02\x8b\xff\xff\xff\x7f.",
    "a number of -1 bytes": b"\x80\x02\x8b\xff\xff\xff\xff.",
    "a frame of 2⁶⁴ - 1 bytes": b"\x80\x04\x95" + b"\xff" * 8 + b"N.",
    "bytes outside": b"\x80\x05\x97.",
    "nothing was kept": b"\x80\x02h\x05.",
    "a negative place": b"Np-1\n.",
    "no number": b"Iabc\n.",
    "no number either": b"F1.2.3\n.",
    "no place": b"Ngx\n.",
    "no quotes": b"Sabc\n.",
    "one quote": b"S'\n.",
    "no line end": b"cos",
    "a name of no string": b"\x80\x04NN\x93.",
    "a key without a value": b"\x80\x02}(NNNu.",
    "an item of a number": b"\x80\x02K\x01(NNu.",
    "an item of a list": b"\x80\x02]NNs.",
    "appended to a tuple": b"\x80\x02)Na.",
    "a state of a list": b"\x80\x02]Nb.",
    "no class": b"(o.",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_what_cannot_be_is_told(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"a pickle: .*byte|limit"):
        load(data)


def test_long_numbers_are_counted_and_not_converted() -> None:
    for data in (b"L" + b"9" * 5000 + b"L\n.", b"\x80\x02\x8b" + struct.pack("<i", 10**6) + bytes(10**6) + b"."):
        assert isinstance(load(data).value, Blob)


@pytest.mark.parametrize(
    ("limit", "most", "data"),
    [
        ("entries", 5, b"NNNNNN."),
        ("text", 5, b"\x80\x04\x8c\x06abcdef."),
        ("text", 5, b"\x80\x04\x8c\x03abc\x8c\x03def."),
        ("name", 8, b"cos\nsystem42\n."),
        ("name", 8, b"\x80\x04\x8c\x05abcde\x8c\x05fghij\x93."),
    ],
)
def test_limits_hold_and_can_be_set(limit: str, most: int, data: bytes) -> None:
    load(data)
    with pytest.raises(FormatError, match=f"`{limit}`|at most 8 bytes"):
        load(data, **{limit: most})


def test_names_put_together_again_and_again_are_bounded() -> None:
    """Two long strings out of the memo make a million names of twice their length: their text counts."""
    data = b"\x80\x04" + b"".join(b"X" + struct.pack("<I", 60) + bytes([97 + at]) * 60 + b"\x94" for at in range(20))
    data += b"".join(b"h" + bytes([a]) + b"h" + bytes([b]) + b"\x93" for a in range(20) for b in range(20))
    assert len(load(data + b".").names) == 400
    with pytest.raises(FormatError, match="`text`"):
        load(data + b".", text=10_000)


def test_truncation_at_every_byte_is_told() -> None:
    for protocol in PROTOCOLS:
        data = pickle.dumps({"a": [1, 2.5, "x", b"y", None, {3}, 2**70], "b": collections.OrderedDict(c=1)}, protocol)
        for end in range(len(data)):
            with pytest.raises(FormatError):
                load(data[:end])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(sorted(pickles.INSTRUCTIONS)) | st.binary(max_size=3)).map(b"".join))
def test_any_bytes_give_a_pickle_or_a_format_error(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        load(data + b".")


def test_tokens_say_their_names() -> None:
    assert str(Token("os", "system")) == "os.system"
    assert load(b"\x80\x02cos\nsystem\n.").value.name == "system"

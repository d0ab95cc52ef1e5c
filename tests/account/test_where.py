"""The small language that says which rows of an account."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.account import roles
from weigh.account.entry import Entry
from weigh.account.stored import Stored
from weigh.account.where import FIELDS, Where, number
from weigh.errors import ArgumentError

ROWS = [
    Entry.of(Stored("enc.attn.q.weight", (64, 128), "float16", bytes=16384, trainable=True, role=roles.KERNEL)),
    Entry.of(Stored("enc.bn.mean", (64,), "float32", bytes=256, trainable=False, role=roles.RUNNING_MEAN)),
    Entry.of(Stored("enc.what", (64,), "float32", bytes=256)),
    Entry.of(Stored("step", (), "int64", bytes=8, trainable=False, role=roles.COUNTER)),
]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("role=kernel", "0"),
        ("role = running_mean", "1"),
        ("role='running mean' or role=KERNEL", "01"),
        ("role != kernel", "13"),
        ("role = unknown", "2"),
        ("count>1e3", "0"),
        ("count >= 64 and count <= 8Ki", "012"),
        ("bytes<1k", "123"),
        ("trainable", "0"),
        ("not trainable", "13"),
        ("trainable=unknown", "2"),
        ("trainable!=yes", "13"),
        ("not (trainable = no)", "0"),
        ("shape=64x*", "0"),
        ("shape!=64", "03"),
        ("shape=64×128", "0"),
        ("rank=0", "3"),
        ("path~attn", "0"),
        ("path=enc.*", "012"),
        ("layer=enc.bn and not name=weight", "1"),
        ("(path~attn or path~bn) and dtype=float16", "0"),
        ('kind="running statistic"', "1"),
        ("kind=unknown OR kind=counter", "23"),
    ],
)
def test_a_condition_lets_through_what_it_says(condition: str, expected: str) -> None:
    where = Where(condition)
    assert "".join(str(index) for index, row in enumerate(ROWS) if where(row)) == expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("", "At character 1 of the condition: expected a name to compare"),
        ("counts>1", "Did you mean 'count'? ▸counts◂>1"),
        ("count>many", "expected a whole number such as 1000, 1e6 or 64Ki. count>▸many◂"),
        ("count~3", "`count` is a number"),
        ("count>1.5", "expected a whole number"),
        ("role<kernel", "`role` is no number"),
        ("shape~3", "it can be = or !="),
        ("shape=3y4", "expected sizes with an x between them"),
        ("trainable=perhaps", "expected yes, no or unknown"),
        ("(role=kernel", "expected `)`"),
        ("role=kernel rank=2", "At character 13 of the condition: expected `and`, `or` or the end"),
        ("role=", "expected what to compare with"),
        ("role kernel", "expected one of = !="),
        ("role=kernel)", "expected `and`, `or` or the end"),
        ("role=!", "this is not understood"),
        ("role='kernel", "this is not understood"),
        ("(" * 5000, "nested too deeply"),
        ("not " * 5000 + "trainable", "nested too deeply"),
        ("__import__('os')", "Unknown name: '__import__'"),
    ],
)
def test_an_error_points_at_its_place(condition: str, message: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        Where(condition)
    assert message in str(raised.value)


@given(
    st.lists(
        st.sampled_from([*FIELDS, "=", "!=", "~", ">", "(", ")", "and", "or", "not", "3", "x", "'a'"]), max_size=12
    )
)
def test_any_words_are_a_condition_or_an_error(words: list[str]) -> None:
    try:
        where = Where(" ".join(words))
    except ArgumentError:
        return
    assert all(where(row) in (True, False) for row in ROWS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e6", 10**6),
        ("1_000", 1000),
        ("64Ki", 65536),
        ("2.5M", 2_500_000),
        ("1GiB", 1 << 30),
        ("1MB", 10**6),
        ("1.5", None),
        ("i", None),
        ("3i", None),
        ("", None),
        ("-1", None),
        ("1e999999", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, expected: int | None) -> None:
    assert number(text) == expected

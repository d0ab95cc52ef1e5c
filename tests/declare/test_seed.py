"""Seeds are tickets whose numbers are those that Keras would have drawn."""

import random

from hypothesis import given
from hypothesis import strategies as st

from weigh.declare import seed


@given(st.integers(0, 2**32 - 1))
def test_the_nth_draw_is_the_nth_number_of_pythons_generator(start):
    seed.set_seed(start)
    draws = [seed.Draw() for _ in range(5)]
    generator = random.Random(start)
    expected = [generator.randint(1, int(1e9)) for _ in draws]
    assert [int(draw) for draw in reversed(draws)] == expected[::-1]


def test_a_draw_keeps_its_number_when_the_seed_is_set_anew():
    seed.set_seed(1)
    draw = seed.Draw()
    seed.set_seed(2)
    later = seed.Draw()
    assert int(draw) == random.Random(1).randint(1, int(1e9))
    assert int(later) == random.Random(2).randint(1, int(1e9))


def test_without_a_seed_draws_differ_between_streams():
    seed.set_seed(None)
    first = int(seed.Draw())
    seed.set_seed(None)
    assert first != int(seed.Draw())

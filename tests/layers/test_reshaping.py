"""Flatten and Reshape, held to Keras; their sizes keep their origin."""

import numpy as np
import pytest

import weigh
from weigh.errors import ArgumentError, ShapeError


@pytest.mark.parametrize("shape", [(3, 2, 4), (3, 2, 4, 5), (3, 7)])
@pytest.mark.parametrize("data_format", [None, "channels_first"])
def test_flatten_is_that_of_keras(agree, shape, data_format):
    agree("Flatten", shape, {"data_format": data_format} if data_format else {})


@pytest.mark.parametrize("target", [(8, 3), (-1, 2), (24,), (2, 3, 4), (-1,)])
def test_reshape_is_that_of_keras(agree, target):
    agree("Reshape", (3, 4, 6), {"target_shape": target})


def test_flattening_remembers_its_factors():
    flat = weigh.layers.Flatten()(weigh.Input((7, 7, 512), name="maps")).shape[-1]
    assert flat == 25_088
    assert repr(flat.origin) == "7 × 7 × 512"
    assert [repr(part.origin) for part in flat.origin.parts] == ["axis 1 of maps", "axis 2 of maps", "axis -1 of maps"]


def test_unknown_sizes_stay_unknown():
    import keras

    for k in (weigh, keras):
        assert k.layers.Flatten()(k.Input((None, 3))).shape == (None, None)
        assert k.layers.Reshape((-1, 3))(k.Input((None, 3))).shape == (None, None, 3)


def test_a_shape_of_another_number_of_elements_is_refused_with_both_numbers():
    with pytest.raises(ShapeError, match=r"'reshape'.*24 elements.*\(5, 5\).*25 elements"):
        weigh.layers.Reshape((5, 5))(weigh.Input((4, 6)))


@pytest.mark.parametrize("target", [(-1, -1), (-2,), (2.5,)])
def test_a_target_that_is_no_shape_is_refused(target):
    with pytest.raises(ArgumentError, match="`target_shape`"):
        weigh.layers.Reshape(target)


def test_an_unknown_data_format_is_refused():
    with pytest.raises(ArgumentError, match="channels_last"):
        weigh.layers.Flatten(data_format="channels_middle")


def test_an_empty_batch_passes():
    assert weigh.layers.Flatten()(np.zeros((0, 2, 3), "float32")).shape == (0, 6)

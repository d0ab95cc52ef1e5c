"""Every layer takes what it took in that Keras, in that order, and where nothing is said it is as it was."""

import json
from pathlib import Path
from typing import Any

import pytest

import weigh.compat.keras1 as keras1
import weigh.compat.keras2 as keras2

FIXTURES = Path(__file__).parent.parent / "fixtures"
DOORS = {"keras1": keras1.layers, "keras2": keras2.layers}
NOT_HERE = {
    *("ClassMethod", "InstanceMethod", "InstanceProperty", "SlicingOpLambda", "TFOpLambda"),  # calls of TensorFlow's
    *("DeviceWrapper", "DropoutWrapper", "ResidualWrapper"),
    *("RandomFourierFeatures", "RandomHeight", "RandomWidth"),
}
WORDS = {"HORIZONTAL_AND_VERTICAL": "horizontal_and_vertical"}
NEEDED: dict[str, Any] = {
    **dict.fromkeys(("nb_filter", "filters", "output_dim", "units", "n", "num_heads", "key_dim", "height", "width"), 3),
    **dict.fromkeys(("nb_row", "nb_col", "filter_length", "kernel_size", "input_dim", "num_bins"), 2),
    **dict.fromkeys(("kernel_dim1", "kernel_dim2", "kernel_dim3"), 2),
    **dict.fromkeys(("p", "rate", "sigma", "stddev", "factor", "height_factor", "width_factor", "scale"), 0.25),
    **{"activation": "tanh", "dims": (2, 1), "target_shape": (4,), "axes": 1, "function": abs, "equation": "ab,bc->ac"},
}
NEEDED_BY = {
    ("Deconvolution2D", "output_shape"): (None, 6, 6, 3),
    ("EinsumDense", "output_shape"): (3,),
    ("Bidirectional", "layer"): lambda layers: layers.LSTM(2, name="inner"),
    ("RNN", "cell"): lambda layers: layers.LSTMCell(2, name="cell"),
    ("CategoryEncoding", "num_tokens"): 4,
    ("Discretization", "bin_boundaries"): (0.0, 1.0),
    ("StackedRNNCells", "cells"): lambda layers: [layers.LSTMCell(2, name="cell")],
}


def cases() -> list[Any]:
    found = []
    for version in DOORS:
        table = json.loads((FIXTURES / version / "signatures.json").read_text())
        found += [
            pytest.param(version, name, signature, id=f"{version}-{name}")
            for name, signature in table.items()
            if name not in NOT_HERE
        ]
    return found


def plain(value: Any = None) -> Any:
    if isinstance(value, list):
        return tuple(map(plain, value))
    return WORDS.get(value, value) if isinstance(value, str) else value


def needed(layers: Any, name: str, argument: str) -> Any:
    if argument == "layer" and (name, argument) not in NEEDED_BY:
        return layers.Dense(3, name="inner")
    value = NEEDED_BY.get((name, argument)) or NEEDED[argument]
    return value(layers) if callable(value) and value is not abs else value


def config(layer: Any) -> dict[str, Any]:
    """Return what a layer was made with; a function stands for itself, since `abs` has no record."""
    if type(layer).__name__ == "Lambda":
        return {"function": layer.function, "output_shape": vars(layer)["output_shape"], "arguments": layer.arguments}
    settings: dict[str, Any] = layer.get_config()
    return {key: value for key, value in settings.items() if key != "name"}


@pytest.mark.parametrize(("version", "name", "signature"), cases())
def test_a_layer_has_the_arguments_and_defaults_of_its_time(version: str, name: str, signature: list[Any]) -> None:
    layers = DOORS[version]
    door = getattr(layers, name)
    names = [argument for argument, *_ in signature]
    assert door.spelling.places[: len(names)] == names
    required = {
        argument: needed(layers, name, argument)
        for argument, *default in signature
        if not default or (name, argument) in NEEDED_BY
    }
    said = {argument: required.get(argument, plain(*default)) for argument, *default in signature}
    short = config(door(**required))
    assert config(door(**said)) == short
    assert config(door(*said.values())) == short
    assert short == config(door(*required.values()))


@pytest.mark.parametrize("version", DOORS)
def test_every_layer_of_that_keras_is_here(version: str) -> None:
    table = json.loads((FIXTURES / version / "signatures.json").read_text())
    assert table.keys() - NOT_HERE <= set(DOORS[version].__all__)

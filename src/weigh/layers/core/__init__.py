"""Where a network begins, densely connected layers, and layers that compute nothing or whatever they are given."""

from weigh.layers.core.dense import Dense
from weigh.layers.core.einsum import EinsumDense
from weigh.layers.core.function import Lambda
from weigh.layers.core.inputs import Input, InputLayer
from weigh.layers.core.masking import Identity, Masking

__all__ = ["Dense", "EinsumDense", "Identity", "Input", "InputLayer", "Lambda", "Masking"]

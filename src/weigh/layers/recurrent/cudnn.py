"""Weights of Keras 2's CuDNNLSTM and CuDNNGRU, as LSTM and GRU have them, and back.

The two layers existed for TensorFlow's cuDNN kernels only; LSTM and GRU with `reset_after` compute the same. Their
weights are stored otherwise:

- the kernel of each gate, (features, units), holds the transposed matrix row by row, in a weight of the shape of ours;
- the recurrent kernel of each gate, (units, units), is transposed;
- the bias has one number for the input and one for the state at each gate, (2 × gates × units,). LSTM needs only their
  sum, (4 × units,); GRU keeps both, (2, 3 × units).

So the shape of the bias says in which of the two forms weights are.

Source: Keras 2.15, ``keras/src/saving/legacy/hdf5_format.py``, `_convert_rnn_weights`; cuDNN's developer guide,
``cudnnRNNMode_t``.
"""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import numpy
from weigh.errors import ShapeError

GATES = {"LSTM": 4, "GRU": 3}


def is_cudnn(kind: str, weights: list[Any]) -> bool:
    """Return whether `weights` are in the form of CuDNNLSTM or CuDNNGRU.

    Args:
        kind: ``"LSTM"`` or ``"GRU"``.
        weights: kernel, recurrent kernel and, if there is one, bias.
    """
    if len(weights) != 3:
        return False  # the cuDNN layers always have a bias
    return tuple(numpy.shape(weights[2])) == (2 * GATES[kind] * numpy.shape(weights[1])[0],)


def from_cudnn(kind: str, weights: list[Any]) -> list[Any]:
    """Return weights of CuDNNLSTM or CuDNNGRU as those of LSTM, or of GRU with `reset_after`; arguments as above.

    Raises:
        ShapeError: they are not such weights.
    """
    if not is_cudnn(kind, weights):
        raise ShapeError(
            f"Weights of CuDNN{kind} are a kernel (features, {GATES[kind]} × units), a recurrent kernel (units, "
            f"{GATES[kind]} × units) and a bias (2 × {GATES[kind]} × units,), but these have the shapes "
            f"{[tuple(numpy.shape(weight)) for weight in weights]}."
        )
    kernel, recurrent, bias = map(numpy.asarray, weights)
    both = bias.reshape(2, -1)
    return [
        _gate_by_gate(kind, kernel, lambda gate: gate.reshape(gate.shape[::-1]).T),
        _gate_by_gate(kind, recurrent, lambda gate: gate.T),
        both.sum(0) if kind == "LSTM" else both,
    ]


def to_cudnn(kind: str, weights: list[Any]) -> list[Any]:
    """Return weights of LSTM, or of GRU with `reset_after`, as those of CuDNNLSTM or CuDNNGRU; arguments as above.

    The bias of LSTM is split into two halves: only their sum matters.

    Raises:
        ShapeError: they are not such weights: there is no bias, or that of GRU without `reset_after`.
    """
    units = numpy.shape(weights[1])[0] if len(weights) == 3 else 0
    wanted = (4 * units,) if kind == "LSTM" else (2, 3 * units)
    if len(weights) != 3 or tuple(numpy.shape(weights[2])) != wanted:
        raise ShapeError(
            f"Only weights with a bias of shape {'(4 × units,)' if kind == 'LSTM' else '(2, 3 × units)'} can be those "
            f"of CuDNN{kind}, but these have the shapes {[tuple(numpy.shape(weight)) for weight in weights]}."
        )
    kernel, recurrent, bias = map(numpy.asarray, weights)
    return [
        _gate_by_gate(kind, kernel, lambda gate: gate.T.reshape(gate.shape)),
        _gate_by_gate(kind, recurrent, lambda gate: gate.T),
        numpy.concatenate([bias / 2, bias / 2]) if kind == "LSTM" else bias.reshape(-1),
    ]


def _gate_by_gate(kind: str, kernel: Any, change: Any) -> Any:
    return numpy.concatenate([change(gate) for gate in numpy.split(kernel, GATES[kind], axis=1)], axis=1)

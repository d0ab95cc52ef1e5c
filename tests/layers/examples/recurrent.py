"""Examples of the recurrent layers."""

from tests.layers.example import Bad, Example

import weigh
from weigh.compute.lazy import numpy  # examples are declared without it
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import GRU, LSTM, RNN, ConvLSTM2D, LSTMCell, SimpleRNN, StackedRNNCells

EXAMPLES = [
    Example("SimpleRNN", {"units": 3, "return_sequences": True, "recurrent_dropout": 0.2}, (4, 2)),
    Example("GRU", {"units": 3, "return_state": True}, (4, 2)),
    Example("LSTM", {"units": 3, "dropout": 0.5, "go_backwards": True}, (4, 2)),
    Example("ConvLSTM1D", {"filters": 2, "kernel_size": 3, "return_sequences": True}, (3, 5, 2)),
    Example("ConvLSTM2D", {"filters": 2, "kernel_size": (2, 3), "padding": "same", "strides": 2}, (3, 4, 5, 1)),
    Example("ConvLSTM3D", {"filters": 1, "kernel_size": 2}, (2, 3, 3, 3, 1)),
    *(
        Example(cell, {}, (4, 2), make=lambda library, cell=cell: library.layers.RNN(getattr(library.layers, cell)(3)))
        for cell in ("SimpleRNNCell", "GRUCell", "LSTMCell")
    ),
    Example(
        "StackedRNNCells",
        {},
        (4, 2),
        make=lambda library: library.layers.RNN(
            [library.layers.LSTMCell(3), library.layers.GRUCell(2, reset_after=False)], return_state=True
        ),
    ),
]


class WithoutSize:
    """A cell that does not say how large its state is."""

    def call(self, inputs, states):
        return inputs, states


def _stateful():
    layer = LSTM(3, stateful=True)
    layer(numpy.zeros((2, 4, 3), "float32"))
    return layer(numpy.zeros((3, 4, 3), "float32"))


BAD = [
    Bad("LSTM: no units", lambda: LSTM(0), ArgumentError, "'lstm_cell'.*`units`.*above 0, not 0"),
    Bad("LSTM: a share above 1", lambda: LSTM(3, dropout=1.5), ArgumentError, r"'lstm_cell'.*`dropout`.*1\.5"),
    Bad("LSTM: a way that is none", lambda: LSTM(3, implementation=7), ArgumentError, "`implementation`.*1 or 2.*7"),
    Bad("GRU: cuDNN that is neither", lambda: GRU(3, use_cudnn="yes"), ArgumentError, "'gru'.*`use_cudnn`.*'yes'"),
    Bad("GRU: a rank that is too small", lambda: GRU(3)(weigh.Input((5,))), ShapeError, "'gru'.*3 axes.*one of 2"),
    Bad(
        "SimpleRNN: a number of features that is unknown",
        lambda: SimpleRNN(3)(weigh.Input((4, None))),
        ShapeError,
        "'simple_rnn_cell'.*axis -1",
    ),
    Bad(
        "LSTM: stateful and a batch of unknown size",
        lambda: LSTM(3, stateful=True)(weigh.Input((4, 2))),
        ShapeError,
        r"'lstm'.*stateful.*\(None, 4, 2\).*`batch_shape`, such as \(32, 4, 2\)",
    ),
    Bad("LSTM: stateful and a batch of another size", _stateful, ShapeError, "'lstm'.*batches of 2.*one of 3"),
    Bad(
        "LSTM: unrolled and an unknown number of steps",
        lambda: LSTM(3, unroll=True)(weigh.Input((None, 2))),
        ShapeError,
        r"'lstm'.*unroll.*\(None, None, 2\)",
    ),
    Bad(
        "LSTM: one initial state instead of two",
        lambda: LSTM(3)(weigh.Input((4, 2)), initial_state=[weigh.Input((3,))]),
        ShapeError,
        r"'lstm'.*2 initial states.*\(None, 3\), \(None, 3\), but got 1",
    ),
    Bad(
        "GRU: an initial state of another size",
        lambda: GRU(3)(numpy.zeros((2, 4, 2), "float32"), initial_state=numpy.zeros((2, 5), "float32")),
        ShapeError,
        r"'gru'.*1 initial state, of shape \(2, 3\), but got 1: \(2, 5\)",
    ),
    Bad(
        "LSTM: a mask of another length",
        lambda: LSTM(3)(numpy.zeros((2, 4, 2), "float32"), mask=numpy.ones((2, 3), bool)),
        ShapeError,
        r"'lstm'.*mask of shape \(2, 3\).*\(2, 4\)",
    ),
    Bad("RNN: a cell without a size", lambda: RNN(WithoutSize()), ArgumentError, "'rnn'.*`state_size`.*WithoutSize"),
    Bad("RNN: a cell that computes nothing", lambda: RNN(7), ArgumentError, "'rnn'.*`call.*7 has no `call`"),
    Bad("StackedRNNCells: none", lambda: StackedRNNCells([]), ArgumentError, "'stacked_rnn_cells'.*list of cells"),
    Bad(
        "StackedRNNCells: something that is no cell",
        lambda: StackedRNNCells([LSTMCell(3), 7]),
        ArgumentError,
        "'stacked_rnn_cells'.*but 7 has not",
    ),
    Bad(
        "ConvLSTM2D: a window larger than the image",
        lambda: ConvLSTM2D(2, 5)(weigh.Input((3, 4, 6, 1))),
        ShapeError,
        "'conv_lstm_cell'.*5 × 5.*4 × 6.*'valid'",
    ),
    Bad(
        "ConvLSTM2D: strides with dilation",
        lambda: ConvLSTM2D(2, 3, strides=2, dilation_rate=2),
        ArgumentError,
        "'conv_lstm_cell'.*`strides` and `dilation_rate`",
    ),
]

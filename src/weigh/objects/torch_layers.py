"""What PyTorch's layers declare: roles of their arrays, and which of their arguments the sizes are.

Source: PyTorch 2.13, the constructors in ``torch/nn/modules``.
"""

from __future__ import annotations

from typing import Any

from weigh.account import roles
from weigh.objects.found import Arguments, Known

PACKAGES = "torch torchvision transformers"

_MAP = {"weight": roles.KERNEL, "bias": roles.BIAS}
_NORM = {
    "weight": roles.SCALE,
    "bias": roles.OFFSET,
    "running_mean": roles.RUNNING_MEAN,
    "running_var": roles.RUNNING_VARIANCE,
    "num_batches_tracked": roles.COUNTER,
}


def _linear(given: Arguments) -> Any:
    units = given.one("out_features")
    return {"weight": (units, given.one("in_features")), "bias": (units,)}


def _bilinear(given: Arguments) -> Any:
    units = given.one("out_features")
    return {"weight": (units, given.one("in1_features"), given.one("in2_features")), "bias": (units,)}


def _convolution(given: Arguments) -> Any:
    filters = given.one("out_channels")
    kernel = given.all("kernel_size")
    return {"weight": (filters, given.share("in_channels", "groups"), *kernel), "bias": (filters,)}


def _transposed(given: Arguments) -> Any:
    kernel = given.all("kernel_size")
    return {
        "weight": (given.one("in_channels"), given.share("out_channels", "groups"), *kernel),
        "bias": (given.one("out_channels"),),
    }


def _norm(argument: str) -> Any:
    return lambda given: dict.fromkeys(_NORM, given.all(argument))


def _embedding(given: Arguments) -> Any:
    return {"weight": (given.one("num_embeddings"), given.one("embedding_dim"))}


def _attention(given: Arguments) -> Any:
    width = given.one("embed_dim")
    return {
        "in_proj_weight": (given.times(3, "embed_dim"), width),
        "in_proj_bias": (given.times(3, "embed_dim"),),
        "q_proj_weight": (width, width),
        "k_proj_weight": (width, given.one("kdim")),
        "v_proj_weight": (width, given.one("vdim")),
        "bias_k": (None, None, width),
        "bias_v": (None, None, width),
    }


_RECURRENT = {
    "weight_ih": roles.KERNEL,
    "weight_hh": roles.RECURRENT_KERNEL,
    "weight_hr": roles.KERNEL,
    "bias_ih": roles.BIAS,
    "bias_hh": roles.BIAS,
}


def _recurrent(gates: int) -> Any:
    def sizes(given: Arguments) -> Any:
        all_gates = given.times(gates, "hidden_size")
        state = given.one("proj_size") or given.one("hidden_size")
        directions = 2 if given.flag("bidirectional") else 1
        below = state if directions == 1 or state is None else directions * state
        found = {
            "weight_ih": (all_gates, given.one("input_size")),
            "weight_hh": (all_gates, state),
            "weight_hr": (given.one("proj_size"), given.one("hidden_size")),
            "bias_ih": (all_gates,),
            "bias_hh": (all_gates,),
        }
        for layer in range(int(given.one("num_layers") or 0)):
            inputs = found["weight_ih"] if layer == 0 else (all_gates, below)
            for end in ("", "_reverse"):
                found |= {f"{name}_l{layer}{end}": found[name] for name in _RECURRENT}
                found[f"weight_ih_l{layer}{end}"] = inputs
        return found

    return sizes


_CONVOLUTION = Known(_MAP, _convolution)
_TRANSPOSED = Known(_MAP, _transposed)
TABLE = {
    "Linear": Known(_MAP, _linear),
    "LazyLinear": Known(_MAP, _linear),
    "Bilinear": Known(_MAP, _bilinear),
    "_ConvTransposeNd": _TRANSPOSED,
    "ConvTranspose1d": _TRANSPOSED,
    "ConvTranspose2d": _TRANSPOSED,
    "ConvTranspose3d": _TRANSPOSED,
    "_ConvNd": _CONVOLUTION,
    "Conv1d": _CONVOLUTION,
    "Conv2d": _CONVOLUTION,
    "Conv3d": _CONVOLUTION,
    **dict.fromkeys(
        (
            "_NormBase",
            "BatchNorm1d",  # by their own names too: a TorchScript module keeps these alone
            "BatchNorm2d",
            "BatchNorm3d",
            "InstanceNorm1d",
            "InstanceNorm2d",
            "InstanceNorm3d",
        ),
        Known(_NORM, _norm("num_features")),
    ),
    "FrozenBatchNorm2d": Known(_NORM),
    "GroupNorm": Known(_NORM, _norm("num_channels")),
    "LayerNorm": Known(_NORM, _norm("normalized_shape")),
    "RMSNorm": Known(_NORM, _norm("normalized_shape")),
    "Embedding": Known({"weight": roles.EMBEDDING}, _embedding),
    "EmbeddingBag": Known({"weight": roles.EMBEDDING}, _embedding),
    "MultiheadAttention": Known(
        dict.fromkeys(("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"), roles.KERNEL)
        | dict.fromkeys(("in_proj_bias", "bias_k", "bias_v"), roles.BIAS),
        _attention,
    ),
    "PReLU": Known({"weight": roles.SLOPE}, lambda given: {"weight": (given.one("num_parameters"),)}),
    "RNN": Known(_RECURRENT, _recurrent(1)),
    "LSTM": Known(_RECURRENT, _recurrent(4)),
    "GRU": Known(_RECURRENT, _recurrent(3)),
    "RNNCell": Known(_RECURRENT, _recurrent(1)),
    "LSTMCell": Known(_RECURRENT, _recurrent(4)),
    "GRUCell": Known(_RECURRENT, _recurrent(3)),
    "AveragedModel": Known({"n_averaged": roles.COUNTER}),
    "_SpectralNorm": Known({"_u": roles.SINGULAR_VECTOR, "_v": roles.SINGULAR_VECTOR}),
    # transformers' own linear map, with the axes the other way around (`pytorch_utils.py`)
    "Conv1D": Known(_MAP, lambda given: {"weight": (given.one("nx"), given.one("nf")), "bias": (given.one("nf"),)}),
}
"""By class; a subclass is what its nearest class here is."""

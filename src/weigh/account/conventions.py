"""How the field names arrays, as data: what `weigh.account.guess` reads names and shapes by."""

from __future__ import annotations

from typing import NamedTuple

from weigh.account import roles


class Vectors(NamedTuple):
    """Vectors of one length under one prefix, and what they are then.

    Attributes:
        type: of the layer.
        needs: names that must be there.
        roles: by name, of all that may be there.
        alone: whether nothing else may stand beside them.
        named: whether the prefix must speak of a normalization.
    """

    type: str
    needs: tuple[str, ...]
    roles: dict[str, str]
    alone: bool = False
    named: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BATCH = "batch normalization"
LAYER = "layer or group normalization"
SCALING = "normalization that only scales"
STATISTICS = (roles.SCALE, roles.OFFSET, roles.RUNNING_MEAN, roles.RUNNING_VARIANCE)


SLOPES = "learned slopes"


def _batch(*members: str) -> Vectors:
    said = {**dict(zip(members, STATISTICS, strict=True)), "num_batches_tracked": roles.COUNTER}
    return Vectors(BATCH, members[2:], said)


VECTORS = (
    _batch("weight", "bias", "running_mean", "running_var"),
    _batch("gamma", "beta", "moving_mean", "moving_variance"),
    _batch("gamma", "beta", "moving_mean", "moving_var"),
    _batch("gamma", "beta", "running_mean", "running_var"),
    _batch("scale", "bias", "mean", "var"),
    _batch("scale", "B", "mean", "var"),
    *(
        Vectors(LAYER, pair, dict(zip(pair, STATISTICS, strict=False)), alone=True)
        for pair in (("weight", "bias"), ("gamma", "beta"), ("scale", "bias"), ("scale", "offset"))
    ),
    *(Vectors(SCALING, (name,), {name: roles.SCALE}, True, True) for name in ("weight", "scale", "gamma", "g")),
    Vectors(SLOPES, ("weight",), {"weight": roles.SLOPE}, alone=True),
)

_PAIRS = (
    ("lora_A", "lora_B"),
    ("lora_a", "lora_b"),
    ("lora_down", "lora_up"),
    ("lora_embedding_A", "lora_embedding_B"),
    ("lora_kernel_a", "lora_kernel_b"),
    ("lora_embeddings_a", "lora_embeddings_b"),
)
ADAPTERS = {
    name: role for pair in _PAIRS for name, role in zip(pair, (roles.LOW_RANK_A, roles.LOW_RANK_B), strict=True)
}
PARTNERS = {name: partner for pair in _PAIRS for name, partner in (pair, pair[::-1])}
LORA_HALVES = {"down": "lora_down", "up": "lora_up"}  # under a segment that ends in _lora: diffusers

TABLES = {
    "inv_freq": (roles.POSITION_TABLE, "frequencies of rotary positions"),
    "position_ids": (roles.POSITION_TABLE, "numbers of positions"),
    "cos_cached": (roles.POSITION_TABLE, "cosines of rotary positions"),
    "sin_cached": (roles.POSITION_TABLE, "sines of rotary positions"),
    "freqs_cis": (roles.POSITION_TABLE, "rotations of positions"),
    "rope_freqs": (roles.POSITION_TABLE, "factors of rotary frequencies"),
    "rope_factors_long": (roles.POSITION_TABLE, "factors of rotary frequencies"),
    "rope_factors_short": (roles.POSITION_TABLE, "factors of rotary frequencies"),
    "relative_position_index": (roles.POSITION_TABLE, "which relative position a pair has"),
    "relative_coords_table": (roles.POSITION_TABLE, "coordinates of relative positions"),
    "masked_bias": (roles.MASK, "the value of a masked score"),
    "attn_mask": (roles.MASK, "a mask of attention"),
    "causal_mask": (roles.MASK, "a causal mask"),
}
COUNTERS = _words("num_batches_tracked global_step save_counter num_updates iteration iterations iter step count")
ALWAYS_COUNT = frozenset({"num_batches_tracked", "global_step", "save_counter", "num_updates"})
SLOTS = _words(
    "exp_avg exp_avg_sq max_exp_avg_sq momentum_buffer square_avg acc_delta grad_avg exp_inf optimizer optimizers "
    "optimizer_state optimizer_states optimizer_state_dict optimizer_weights opt_state _optimizer .OPTIMIZER_SLOT Adam "
    "Adam_1 AdamW RMSProp RMSProp_1 RMSprop Momentum Adagrad Adadelta Adadelta_1 Ftrl Ftrl_1 LAMB beta1_power "
    "beta2_power"
)
MOMENTS = _words("m v mu nu momentum velocity")
SHADOWS = _words(
    "ema model_ema ema_model ema_weights ema_params ema_state_dict shadow shadow_params averaged_model "
    "ExponentialMovingAverage"
)
ASIDE = SLOTS | SHADOWS | {"seed_generator"}

QUANTISATION = {
    "scales": roles.QUANTISATION_SCALE,
    "weight_scale": roles.QUANTISATION_SCALE,
    "weight_scale_inv": roles.QUANTISATION_SCALE,
    "input_scale": roles.QUANTISATION_SCALE,
    "SCB": roles.QUANTISATION_SCALE,
    "zeros": roles.ZERO_POINT,
    "qzeros": roles.ZERO_POINT,
    "zero_point": roles.ZERO_POINT,
    "weight_zero_point": roles.ZERO_POINT,
    "g_idx": roles.QUANTISATION_INDEX,
    "perm": roles.QUANTISATION_INDEX,
}
QUANTISED = ("qweight", "weight_packed", "weight")

NAMED = {
    "kernel": roles.KERNEL,
    "recurrent_kernel": roles.RECURRENT_KERNEL,
    "depthwise_kernel": roles.DEPTHWISE_KERNEL,
    "pointwise_kernel": roles.POINTWISE_KERNEL,
    "gamma": roles.SCALE,
    "beta": roles.OFFSET,
    "running_mean": roles.RUNNING_MEAN,
    "running_var": roles.RUNNING_VARIANCE,
    "moving_mean": roles.RUNNING_MEAN,
    "moving_variance": roles.RUNNING_VARIANCE,
    "embeddings": roles.EMBEDDING,
    "embedding": roles.EMBEDDING,
    "in_proj_weight": roles.KERNEL,
    "in_proj_bias": roles.BIAS,
    "cls_token": roles.EMBEDDING,
    "pos_embed": roles.EMBEDDING,
    "position_embeddings": roles.EMBEDDING,
    "pos_embedding": roles.EMBEDDING,
    "class_token": roles.EMBEDDING,
    "class_embedding": roles.EMBEDDING,
    "relative_position_bias_table": roles.EMBEDDING,
    "e_score_correction_bias": roles.BIAS,
}
"""Names that say what they are whatever stands beside them."""

RECURRENT = {
    "weight_ih": roles.KERNEL,
    "weight_hh": roles.RECURRENT_KERNEL,
    "bias_ih": roles.BIAS,
    "bias_hh": roles.BIAS,
}
GATES = {1: "simple recurrent layer", 3: "GRU", 4: "LSTM"}
MATRICES = ("weight", "kernel", "qweight", "w")
BIASES = ("bias", "b")
STACKED = frozenset({"experts", "ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"})
ORDERS = {3: ("OIW", "WIO"), 4: ("OIHW", "HWIO"), 5: ("OIDHW", "DHWIO")}
VARS = ("0", "1", "2", "3")

"""Families told from the names of stored arrays alone."""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

ENCODERS = frozenset({"bert", "roberta", "vit"})


class Signature(NamedTuple):
    """Names that layers of a family have.

    Attributes:
        family: or families whose names are the same, with slashes between.
        has: what follows the layer's number, of arrays that must be there.
        lacks: of arrays that must not.
        outside: ends of names outside of layers, one of which must be there; empty where none need.
    """

    family: str
    has: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()

    def fits(self, tails: Set[str], ends: Set[str]) -> bool:
        """Whether an array of each name is there."""
        return (
            all(name in tails for name in self.has)
            and not any(name in tails for name in self.lacks)
            and (not self.outside or any(name in ends for name in self.outside))
        )


_Q, _GATE = "self_attn.q_proj.weight", "mlp.gate_proj.weight"
_BEFORE, _Q_NORM = "pre_feedforward_layernorm.weight", "self_attn.q_norm.weight"
_LATENT = "self_attn.kv_a_proj_with_mqa.weight"
SIGNATURES = (
    Signature("deepseek_v3", (_LATENT, "mlp.gate.e_score_correction_bias")),
    Signature("deepseek_v2", (_LATENT,)),
    Signature("mixtral", (_Q, "block_sparse_moe.gate.weight")),
    Signature("qwen2_moe", (_Q, "mlp.shared_expert_gate.weight")),
    Signature("qwen3_moe", (_Q, _Q_NORM, "mlp.experts.#.gate_proj.weight")),
    Signature("gemma3_text", (_Q, _Q_NORM, _BEFORE)),
    Signature("gemma2", (_Q, _BEFORE)),
    Signature("qwen3", (_Q, _Q_NORM, _GATE)),
    Signature("qwen2", (_Q, "self_attn.q_proj.bias", _GATE), ("self_attn.o_proj.bias",)),
    Signature("phi3", ("self_attn.qkv_proj.weight", "mlp.gate_up_proj.weight")),
    Signature("phi", (_Q, "self_attn.dense.weight", "mlp.fc1.weight")),
    Signature("opt", (_Q, "self_attn_layer_norm.weight", "fc1.weight"), ("encoder_attn.q_proj.weight",)),
    Signature("llama/mistral/gemma", (_Q, _GATE)),
    Signature("gpt_neox", ("attention.query_key_value.weight", "mlp.dense_h_to_4h.weight")),
    Signature(
        "bloom",
        ("self_attention.query_key_value.weight", "mlp.dense_h_to_4h.weight"),
        outside=("word_embeddings_layernorm.weight",),
    ),
    Signature("falcon", ("self_attention.query_key_value.weight", "mlp.dense_h_to_4h.weight")),
    Signature("gptj", ("attn.q_proj.weight", "mlp.fc_in.weight")),
    Signature("gpt2", ("attn.c_attn.weight", "mlp.c_fc.weight")),
    Signature("t5", ("layer.0.SelfAttention.q.weight", "layer.0.layer_norm.weight")),
    Signature("vit", ("attention.attention.query.weight", "layernorm_before.weight")),
    Signature(
        "bert/roberta",
        ("attention.self.query.weight", "intermediate.dense.weight"),
        outside=("token_type_embeddings.weight",),
    ),
    Signature("a decoder in llama.cpp's names", ("attn_q.weight", "ffn_norm.weight"), outside=("token_embd.weight",)),
    Signature("llama", ("attention.wq.weight", "feed_forward.w1.weight")),
)
"""Tried in this order: a family before another whose names are among its own."""


def family_of(tails: Set[str], ends: Set[str]) -> tuple[str, str] | None:
    """Return the family whose layers have such names, and what that was told from; ``None`` if none fits."""
    for signature in SIGNATURES:
        if signature.fits(tails, ends):
            return signature.family, f"layers with {', '.join((*signature.has, *signature.outside[:1]))}"
    return None

"""Families of Llama's line: root mean square norms, rotary positions, gated feed-forward layers, experts in some."""

from __future__ import annotations

from typing import NamedTuple

from weigh.account import roles
from weigh.account.transformers.config import NAME, Config, divided
from weigh.account.transformers.plan import Plan
from weigh.errors import FormatError


class Decoder(NamedTuple):
    """How a family of this line differs from Llama.

    Attributes:
        tied: whether the head is the embedding, where the configuration does not say.
        biases: which projections of attention have biases; empty where `attention_bias` of the configuration decides.
        head_norms: whether queries and keys are normalized, each head with the same scale.
        norms: of a layer.
        fused: whether queries, keys and values, and both halves of the gated layer, are one matrix each.
        experts: whose arrangement of experts; empty for none.
        latent: whether keys and values are kept as one latent vector (DeepSeek V2, arXiv:2405.04434, section 2.1).
    """

    tied: bool = False
    biases: str = ""
    head_norms: bool = False
    norms: tuple[str, ...] = ("input_layernorm", "post_attention_layernorm")
    fused: bool = False
    experts: str = ""
    latent: bool = False


_FOUR_NORMS = (
    "input_layernorm",
    "post_attention_layernorm",
    "pre_feedforward_layernorm",
    "post_feedforward_layernorm",
)
DECODERS = {
    "llama": Decoder(),
    "mistral": Decoder(biases="none"),
    "mixtral": Decoder(biases="none", experts="mixtral"),
    "qwen2": Decoder(biases="qkv"),
    "qwen2_moe": Decoder(biases="qkv", experts="qwen"),
    "qwen3": Decoder(head_norms=True),
    "qwen3_moe": Decoder(head_norms=True, experts="qwen"),
    "gemma": Decoder(tied=True),
    "gemma2": Decoder(tied=True, norms=_FOUR_NORMS),
    "gemma3_text": Decoder(tied=True, norms=_FOUR_NORMS, head_norms=True),
    "phi3": Decoder(biases="none", fused=True),
    "deepseek_v2": Decoder(experts="deepseek", latent=True),
    "deepseek_v3": Decoder(experts="deepseek", latent=True),
    "kimi_k2": Decoder(experts="deepseek", latent=True),
}


def declare(family: str, config: Config, plan: Plan) -> None:
    """Declare a network of one of these families."""
    decoder = DECODERS[family]
    hidden, layers = config.size("hidden_size"), config.size("num_hidden_layers")
    vocabulary = config.size("vocab_size")
    ahead = config.size("num_nextn_predict_layers", default=0, least=0) if decoder.latent else 0
    plan.reserve(layers + ahead, "num_hidden_layers and num_nextn_predict_layers")
    plan.embedding("model.embed_tokens", vocabulary, hidden, "embedding")
    for layer in range(layers):
        _layer(family, decoder, config, plan, layer, f"model.layers.{layer}")
    plan.norm("model.norm", hidden)
    if not config.architecture.endswith("Model"):
        plan.head("lm_head", vocabulary, hidden, config.flag("tie_word_embeddings", decoder.tied))
    if decoder.latent:
        plan.cache(
            (layers, "layer"),
            (config.size("kv_lora_rank") + config.size("qk_rope_head_dim"), "(latent and rotary key)"),
        )
    else:
        _, groups, size = _heads(config)
        plan.cache((2, "(k and v)"), (layers, "layer"), (groups, "key-value head"), (size, "(a head)"))
    _note_window(config, plan)
    for further in range(layers, layers + ahead):
        _ahead(family, decoder, config, plan, further)


def _note_window(config: Config, plan: Plan) -> None:
    if "sliding_window" in config and config.flag("use_sliding_window", True):
        window = config.size("sliding_window")
        which = "some layers keep" if "sliding_window_pattern" in config or "layer_types" in config else "layers keep"
        plan.notes.append(f"With a sliding window, {which} no more than the last {window:,} tokens.")


def _heads(config: Config) -> tuple[int, int, int]:
    """Return the heads of queries, those of keys and values, and the size of one."""
    heads = config.size("num_attention_heads")
    groups = config.size("num_key_value_heads", default=heads)
    if heads % groups:
        raise FormatError(f"{NAME}: {int(heads)} heads cannot share {int(groups)} heads of keys and values evenly.")
    if "head_dim" in config:
        return heads, groups, config.size("head_dim")
    return heads, groups, divided(config, config.size("hidden_size"), heads, "hidden_size and num_attention_heads")


def _layer(family: str, decoder: Decoder, config: Config, plan: Plan, layer: int, path: str) -> None:
    hidden = config.size("hidden_size")
    attention = f"{path}.self_attn"
    if decoder.latent:
        _latent_attention(config, plan, attention, hidden)
    else:
        _attention(decoder, config, plan, attention, hidden)
    if decoder.experts and _has_experts(decoder.experts, config, layer):
        _EXPERTS[decoder.experts](family, config, plan, path, hidden)
    elif decoder.fused:
        inner = config.size("intermediate_size")
        plan.matrix(f"{path}.mlp.gate_up_proj", 2 * inner, hidden)
        plan.matrix(f"{path}.mlp.down_proj", hidden, inner)
    else:
        _gated(plan, f"{path}.mlp", config.size("intermediate_size"), hidden, config.flag("mlp_bias", False))
    for norm in decoder.norms:
        plan.norm(f"{path}.{norm}", hidden)


def _attention(decoder: Decoder, config: Config, plan: Plan, path: str, hidden: int) -> None:
    heads, groups, size = _heads(config)
    all_biases = not decoder.biases and config.flag("attention_bias", False)
    if decoder.fused:
        plan.matrix(f"{path}.qkv_proj", heads * size + 2 * (groups * size), hidden)
    else:
        biases = all_biases or decoder.biases == "qkv"
        for name, units in (("q", heads), ("k", groups), ("v", groups)):
            plan.matrix(f"{path}.{name}_proj", units * size, hidden, biases)
    plan.matrix(f"{path}.o_proj", hidden, heads * size, all_biases)
    if decoder.head_norms:
        plan.norm(f"{path}.q_norm", size)
        plan.norm(f"{path}.k_norm", size)


def _latent_attention(config: Config, plan: Plan, path: str, hidden: int) -> None:
    heads, latent = config.size("num_attention_heads"), config.size("kv_lora_rank")
    plain, rotary = config.size("qk_nope_head_dim"), config.size("qk_rope_head_dim")
    value, bias = config.size("v_head_dim"), config.flag("attention_bias", False)
    queries = heads * (plain + rotary)
    if "q_lora_rank" in config:
        rank = config.size("q_lora_rank")
        plan.matrix(f"{path}.q_a_proj", rank, hidden, bias)
        plan.norm(f"{path}.q_a_layernorm", rank)
        plan.matrix(f"{path}.q_b_proj", queries, rank)
    else:
        plan.matrix(f"{path}.q_proj", queries, hidden)
    plan.matrix(f"{path}.kv_a_proj_with_mqa", latent + rotary, hidden, bias)
    plan.norm(f"{path}.kv_a_layernorm", latent)
    plan.matrix(f"{path}.kv_b_proj", heads * (plain + value), latent)
    plan.matrix(f"{path}.o_proj", hidden, heads * value, bias)


def _gated(plan: Plan, path: str, inner: int, hidden: int, bias: bool = False) -> None:
    plan.matrix(f"{path}.gate_proj", inner, hidden, bias)
    plan.matrix(f"{path}.up_proj", inner, hidden, bias)
    plan.matrix(f"{path}.down_proj", hidden, inner, bias)


def _has_experts(whose: str, config: Config, layer: int) -> bool:
    if whose == "qwen":
        step = config.size("decoder_sparse_step", default=1)
        return layer not in config.indices("mlp_only_layers") and (layer + 1) % step == 0
    if whose == "deepseek":
        if "n_routed_experts" not in config:
            return False
        first = config.size("first_k_dense_replace", default=0, least=0)
        return layer >= first and layer % config.size("moe_layer_freq", default=1) == 0
    return True


def _mixtral(family: str, config: Config, plan: Plan, path: str, hidden: int) -> None:
    experts, inner = config.size("num_local_experts"), config.size("intermediate_size")
    plan.matrix(f"{path}.block_sparse_moe.gate", experts, hidden)
    members = (("w1", inner, hidden), ("w2", hidden, inner), ("w3", inner, hidden))
    plan.experts(f"{path}.block_sparse_moe.experts", experts, config.size("num_experts_per_tok"), members)


def _qwen(family: str, config: Config, plan: Plan, path: str, hidden: int) -> None:
    experts, inner = config.size("num_experts"), config.size("moe_intermediate_size")
    plan.matrix(f"{path}.mlp.gate", experts, hidden)
    plan.experts(f"{path}.mlp.experts", experts, config.size("num_experts_per_tok"), _members(inner, hidden))
    if family == "qwen2_moe":
        _gated(plan, f"{path}.mlp.shared_expert", config.size("shared_expert_intermediate_size"), hidden)
        plan.matrix(f"{path}.mlp.shared_expert_gate", 1, hidden)


def _deepseek(family: str, config: Config, plan: Plan, path: str, hidden: int) -> None:
    experts, inner = config.size("n_routed_experts"), config.size("moe_intermediate_size")
    plan.experts(f"{path}.mlp.experts", experts, config.size("num_experts_per_tok"), _members(inner, hidden))
    plan.matrix(f"{path}.mlp.gate", experts, hidden)
    if config.word("topk_method") == "noaux_tc":  # moved by a rule that balances loads: arXiv:2412.19437, equation 16
        plan.weight(f"{path}.mlp.gate.e_score_correction_bias", (experts,), roles.BIAS, trained=False)
    shared = config.size("n_shared_experts", default=0, least=0)
    if shared:
        _gated(plan, f"{path}.mlp.shared_experts", shared * inner, hidden)


def _members(inner: int, hidden: int) -> tuple[tuple[str, int, int], ...]:
    return (("gate_proj", inner, hidden), ("up_proj", inner, hidden), ("down_proj", hidden, inner))


_EXPERTS = {"mixtral": _mixtral, "qwen": _qwen, "deepseek": _deepseek}


def _ahead(family: str, decoder: Decoder, config: Config, plan: Plan, layer: int) -> None:
    """Declare a module that predicts a further token (arXiv:2412.19437, section 2.2), aside from the main model."""
    begin, routed, path = len(plan.arrays), len(plan.routed), f"model.layers.{layer}"
    hidden, vocabulary = config.size("hidden_size"), config.size("vocab_size")
    plan.embedding(f"{path}.embed_tokens", vocabulary, hidden)
    plan.norm(f"{path}.enorm", hidden)
    plan.norm(f"{path}.hnorm", hidden)
    plan.matrix(f"{path}.eh_proj", hidden, 2 * hidden)
    _layer(family, decoder, config, plan, layer, path)
    plan.norm(f"{path}.shared_head.norm", hidden)
    plan.matrix(f"{path}.shared_head.head", vocabulary, hidden)
    plan.aside(f"multi-token prediction, layer {layer}", begin, routed)

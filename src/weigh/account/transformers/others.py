"""Families beside Llama's line: GPT-2 and after, encoders, T5, and images."""

from __future__ import annotations

from weigh.account import roles
from weigh.account.transformers.config import NAME, Config, divided
from weigh.account.transformers.plan import Plan
from weigh.errors import FormatError


def _has_head(config: Config) -> bool:
    return not config.architecture.endswith("Model") or config.architecture.endswith("LMHeadModel")


def _cache(plan: Plan, layers: int, heads: int, size: int) -> None:
    plan.cache((2, "(k and v)"), (layers, "layer"), (heads, "key-value head"), (size, "(a head)"))


def gpt2(config: Config, plan: Plan) -> None:
    """GPT-2: its matrices stand features × units, because it was written with one-wide convolutions."""
    hidden, heads, layers = config.size("n_embd"), config.size("n_head"), config.size("n_layer")
    size = divided(config, hidden, heads, "n_embd and n_head")
    inner = config.size("n_inner", default=4 * hidden)
    vocabulary = config.size("vocab_size")
    plan.reserve(layers, "n_layer")
    plan.embedding("transformer.wte", vocabulary, hidden, "embedding")
    plan.embedding("transformer.wpe", config.size("n_positions", "n_ctx"), hidden)
    for layer in range(layers):
        path = f"transformer.h.{layer}"
        plan.norm(f"{path}.ln_1", hidden, True)
        for name, features, units in (("attn.c_attn", hidden, 3 * hidden), ("attn.c_proj", hidden, hidden)):
            plan.turned(f"{path}.{name}", features, units)
        plan.norm(f"{path}.ln_2", hidden, True)
        for name, features, units in (("mlp.c_fc", hidden, inner), ("mlp.c_proj", inner, hidden)):
            plan.turned(f"{path}.{name}", features, units)
    plan.norm("transformer.ln_f", hidden, True)
    if _has_head(config):
        plan.head("lm_head", vocabulary, hidden, config.flag("tie_word_embeddings", True))
    _cache(plan, layers, heads, size)


def gpt_neox(config: Config, plan: Plan) -> None:
    """GPT-NeoX and Pythia: attention and feed-forward side by side, queries, keys and values in one matrix."""
    hidden, heads, layers = (
        config.size("hidden_size"),
        config.size("num_attention_heads"),
        config.size("num_hidden_layers"),
    )
    size = divided(config, hidden, heads, "hidden_size and num_attention_heads")
    inner, vocabulary = config.size("intermediate_size"), config.size("vocab_size")
    bias = config.flag("attention_bias", True)
    plan.reserve(layers, "num_hidden_layers")
    plan.embedding("gpt_neox.embed_in", vocabulary, hidden, "embedding")
    for layer in range(layers):
        path = f"gpt_neox.layers.{layer}"
        plan.norm(f"{path}.input_layernorm", hidden, True)
        plan.norm(f"{path}.post_attention_layernorm", hidden, True)
        plan.matrix(f"{path}.attention.query_key_value", 3 * hidden, hidden, bias)
        plan.matrix(f"{path}.attention.dense", hidden, hidden, bias)
        plan.matrix(f"{path}.mlp.dense_h_to_4h", inner, hidden, True)
        plan.matrix(f"{path}.mlp.dense_4h_to_h", hidden, inner, True)
    plan.norm("gpt_neox.final_layer_norm", hidden, True)
    if _has_head(config):
        plan.head("embed_out", vocabulary, hidden, config.flag("tie_word_embeddings", False))
    _cache(plan, layers, heads, size)


def gptj(config: Config, plan: Plan) -> None:
    """GPT-J: one norm a layer, attention without biases, a head with one."""
    hidden, heads, layers = config.size("n_embd"), config.size("n_head"), config.size("n_layer")
    size = divided(config, hidden, heads, "n_embd and n_head")
    inner, vocabulary = config.size("n_inner", default=4 * hidden), config.size("vocab_size")
    plan.reserve(layers, "n_layer")
    plan.embedding("transformer.wte", vocabulary, hidden, "embedding")
    for layer in range(layers):
        path = f"transformer.h.{layer}"
        plan.norm(f"{path}.ln_1", hidden, True)
        for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
            plan.matrix(f"{path}.attn.{name}", hidden, hidden)
        plan.matrix(f"{path}.mlp.fc_in", inner, hidden, True)
        plan.matrix(f"{path}.mlp.fc_out", hidden, inner, True)
    plan.norm("transformer.ln_f", hidden, True)
    if _has_head(config):
        plan.head("lm_head", vocabulary, hidden, config.flag("tie_word_embeddings", False), bias=True)
    _cache(plan, layers, heads, size)


def phi(config: Config, plan: Plan) -> None:
    """Phi 1 to 2: one norm a layer, biases everywhere."""
    hidden, heads, layers = (
        config.size("hidden_size"),
        config.size("num_attention_heads"),
        config.size("num_hidden_layers"),
    )
    size = divided(config, hidden, heads, "hidden_size and num_attention_heads")
    groups = config.size("num_key_value_heads", default=heads)
    inner, vocabulary = config.size("intermediate_size"), config.size("vocab_size")
    plan.reserve(layers, "num_hidden_layers")
    plan.embedding("model.embed_tokens", vocabulary, hidden, "embedding")
    for layer in range(layers):
        path = f"model.layers.{layer}"
        for name, units in (("q_proj", heads), ("k_proj", groups), ("v_proj", groups)):
            plan.matrix(f"{path}.self_attn.{name}", units * size, hidden, True)
        plan.matrix(f"{path}.self_attn.dense", hidden, heads * size, True)
        if config.flag("qk_layernorm", False):
            plan.norm(f"{path}.self_attn.q_layernorm", size, True)
            plan.norm(f"{path}.self_attn.k_layernorm", size, True)
        plan.matrix(f"{path}.mlp.fc1", inner, hidden, True)
        plan.matrix(f"{path}.mlp.fc2", hidden, inner, True)
        plan.norm(f"{path}.input_layernorm", hidden, True)
    plan.norm("model.final_layernorm", hidden, True)
    if _has_head(config):
        plan.head("lm_head", vocabulary, hidden, config.flag("tie_word_embeddings", False), bias=True)
    _cache(plan, layers, groups, size)


def falcon(config: Config, plan: Plan) -> None:
    """Falcon: one head of keys and values (7B), or groups of them (40B, 180B), in one matrix with the queries."""
    hidden, heads = config.size("hidden_size", "n_embed"), config.size("num_attention_heads", "n_head")
    layers, vocabulary = config.size("num_hidden_layers", "n_layer"), config.size("vocab_size")
    size = divided(config, hidden, heads, "hidden_size and num_attention_heads")
    grouped = config.flag("new_decoder_architecture", False)
    one = config.flag("multi_query", True)
    groups = (
        config.size("num_kv_heads", "n_head_kv", default=heads)
        if grouped
        else config.size("num_kv_heads", default=1)
        if one
        else heads
    )
    bias, inner = config.flag("bias", False), config.size("ffn_hidden_size", default=4 * hidden)
    parallel = config.flag("parallel_attn", True)
    norms = ("input_layernorm",) if parallel else ("input_layernorm", "post_attention_layernorm")
    if grouped and config.size("num_ln_in_parallel_attn", default=2) == 2:
        norms = ("ln_attn", "ln_mlp")
    plan.reserve(layers, "num_hidden_layers")
    plan.embedding("transformer.word_embeddings", vocabulary, hidden, "embedding")
    for layer in range(layers):
        path = f"transformer.h.{layer}"
        for norm in norms:
            plan.norm(f"{path}.{norm}", hidden, True)
        plan.matrix(f"{path}.self_attention.query_key_value", (heads + 2 * groups) * size, hidden, bias)
        plan.matrix(f"{path}.self_attention.dense", hidden, hidden, bias)
        plan.matrix(f"{path}.mlp.dense_h_to_4h", inner, hidden, bias)
        plan.matrix(f"{path}.mlp.dense_4h_to_h", hidden, inner, bias)
    plan.norm("transformer.ln_f", hidden, True)
    if _has_head(config):
        plan.head("lm_head", vocabulary, hidden, config.flag("tie_word_embeddings", True))
    _cache(plan, layers, groups, size)


def bloom(config: Config, plan: Plan) -> None:
    """BLOOM: positions by slopes of attention, and a norm right after the embedding."""
    hidden, heads = config.size("hidden_size", "n_embed"), config.size("n_head", "num_attention_heads")
    layers, vocabulary = config.size("n_layer", "num_hidden_layers"), config.size("vocab_size")
    size = divided(config, hidden, heads, "hidden_size and n_head")
    plan.reserve(layers, "n_layer")
    plan.embedding("transformer.word_embeddings", vocabulary, hidden, "embedding")
    plan.norm("transformer.word_embeddings_layernorm", hidden, True)
    for layer in range(layers):
        path = f"transformer.h.{layer}"
        plan.norm(f"{path}.input_layernorm", hidden, True)
        plan.matrix(f"{path}.self_attention.query_key_value", 3 * hidden, hidden, True)
        plan.matrix(f"{path}.self_attention.dense", hidden, hidden, True)
        plan.norm(f"{path}.post_attention_layernorm", hidden, True)
        plan.matrix(f"{path}.mlp.dense_h_to_4h", 4 * hidden, hidden, True)
        plan.matrix(f"{path}.mlp.dense_4h_to_h", hidden, 4 * hidden, True)
    plan.norm("transformer.ln_f", hidden, True)
    if _has_head(config):
        plan.head("lm_head", vocabulary, hidden, config.flag("tie_word_embeddings", True))
    _cache(plan, layers, heads, size)


def opt(config: Config, plan: Plan) -> None:
    """OPT: learned positions with two more rows than positions, and biases everywhere."""
    hidden, heads, layers = (
        config.size("hidden_size"),
        config.size("num_attention_heads"),
        config.size("num_hidden_layers"),
    )
    size = divided(config, hidden, heads, "hidden_size and num_attention_heads")
    inner, vocabulary = config.size("ffn_dim"), config.size("vocab_size")
    words, bias = config.size("word_embed_proj_dim", default=hidden), config.flag("enable_bias", True)
    plan.reserve(layers, "num_hidden_layers")
    plan.embedding("model.decoder.embed_tokens", vocabulary, words, "embedding")
    plan.embedding("model.decoder.embed_positions", config.size("max_position_embeddings") + 2, hidden)
    if words != hidden:
        plan.matrix("model.decoder.project_out", words, hidden)
        plan.matrix("model.decoder.project_in", hidden, words)
    if config.flag("do_layer_norm_before", True) and not config.flag("_remove_final_layer_norm", False):
        plan.norm("model.decoder.final_layer_norm", hidden, True)
    for layer in range(layers):
        path = f"model.decoder.layers.{layer}"
        for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
            plan.matrix(f"{path}.self_attn.{name}", hidden, hidden, bias)
        plan.norm(f"{path}.self_attn_layer_norm", hidden, True)
        plan.matrix(f"{path}.fc1", inner, hidden, bias)
        plan.matrix(f"{path}.fc2", hidden, inner, bias)
        plan.norm(f"{path}.final_layer_norm", hidden, True)
    if _has_head(config):
        plan.head("lm_head", vocabulary, words, config.flag("tie_word_embeddings", True))
    _cache(plan, layers, heads, size)


def bert(config: Config, plan: Plan) -> None:
    """BERT and RoBERTa as far as all their tasks share it: the encoder with its pooler."""
    hidden, layers = config.size("hidden_size"), config.size("num_hidden_layers")
    divided(config, hidden, config.size("num_attention_heads"), "hidden_size and num_attention_heads")
    plan.reserve(layers, "num_hidden_layers")
    plan.embedding("embeddings.word_embeddings", config.size("vocab_size"), hidden)
    plan.embedding("embeddings.position_embeddings", config.size("max_position_embeddings"), hidden)
    plan.embedding("embeddings.token_type_embeddings", config.size("type_vocab_size", default=2), hidden)
    plan.norm("embeddings.LayerNorm", hidden, True)
    for layer in range(layers):
        _encoder_layer(config, plan, f"encoder.layer.{layer}", "self", hidden, True)
        plan.norm(f"encoder.layer.{layer}.attention.output.LayerNorm", hidden, True)
        plan.norm(f"encoder.layer.{layer}.output.LayerNorm", hidden, True)
    plan.matrix("pooler.dense", hidden, hidden, True)
    if config.architecture and not config.architecture.endswith("Model"):
        plan.notes.append(f"The head of {config.architecture} is left out: this is the encoder with its pooler.")


def vit(config: Config, plan: Plan) -> None:
    """ViT: an encoder of patches of images, with a head where classes are named, else with a pooler."""
    hidden, layers = config.size("hidden_size"), config.size("num_hidden_layers")
    divided(config, hidden, config.size("num_attention_heads"), "hidden_size and num_attention_heads")
    height, width = config.square("image_size")
    tall, wide = config.square("patch_size")
    channels = config.size("num_channels", default=3)
    plan.reserve(layers, "num_hidden_layers")
    plan.weight("vit.embeddings.cls_token", (1, 1, hidden), roles.EMBEDDING)
    patches = (height // tall) * (width // wide)
    if not patches:
        raise FormatError(f"{NAME}: an image of {height:,} × {width:,} holds no patch of {tall:,} × {wide:,}.")
    plan.weight("vit.embeddings.position_embeddings", (1, patches + 1, hidden), roles.EMBEDDING)
    plan.weight("vit.embeddings.patch_embeddings.projection.weight", (hidden, channels, tall, wide))
    plan.weight("vit.embeddings.patch_embeddings.projection.bias", (hidden,), roles.BIAS)
    for layer in range(layers):
        path = f"vit.encoder.layer.{layer}"
        _encoder_layer(config, plan, path, "attention", hidden, config.flag("qkv_bias", True))
        plan.norm(f"{path}.layernorm_before", hidden, True)
        plan.norm(f"{path}.layernorm_after", hidden, True)
    plan.norm("vit.layernorm", hidden, True)
    if config.architecture.endswith("ForImageClassification"):
        plan.matrix("classifier", config.labels or 2, hidden, True)
    else:
        plan.matrix("vit.pooler.dense", hidden, hidden, True)


def _encoder_layer(config: Config, plan: Plan, path: str, inside: str, hidden: int, bias: bool) -> None:
    inner = config.size("intermediate_size")
    for name in ("query", "key", "value"):
        plan.matrix(f"{path}.attention.{inside}.{name}", hidden, hidden, bias)
    plan.matrix(f"{path}.attention.output.dense", hidden, hidden, True)
    plan.matrix(f"{path}.intermediate.dense", inner, hidden, True)
    plan.matrix(f"{path}.output.dense", hidden, inner, True)


def t5(config: Config, plan: Plan) -> None:
    """T5: encoder and decoder that share their embedding, relative positions told by the first layer of each."""
    hidden, inner, size = config.size("d_model"), config.size("d_ff"), config.size("d_kv")
    heads, vocabulary = config.size("num_heads"), config.size("vocab_size")
    layers = config.size("num_layers")
    last = config.size("num_decoder_layers", default=layers)
    gated = config.word("feed_forward_proj", "relu").startswith("gated-")
    buckets = config.size("relative_attention_num_buckets", default=32)
    plan.reserve(layers + last, "num_layers and num_decoder_layers")
    plan.embedding("shared", vocabulary, hidden, "embedding")
    sides = (("encoder", layers), ("decoder", last))
    for side, count in sides[:1] if config.architecture == "T5EncoderModel" else sides:
        plan.embedding(f"{side}.embed_tokens", vocabulary, hidden, "embedding")
        for layer in range(count):
            path = f"{side}.block.{layer}.layer"
            kinds = ("SelfAttention",) if side == "encoder" else ("SelfAttention", "EncDecAttention")
            for step, kind in enumerate(kinds):
                for name in ("q", "k", "v"):
                    plan.matrix(f"{path}.{step}.{kind}.{name}", heads * size, hidden)
                plan.matrix(f"{path}.{step}.{kind}.o", hidden, heads * size)
                if layer == 0 and step == 0:
                    plan.embedding(f"{path}.0.SelfAttention.relative_attention_bias", buckets, heads)
                plan.norm(f"{path}.{step}.layer_norm", hidden)
            step = len(kinds)
            for name in ("wi_0", "wi_1") if gated else ("wi",):
                plan.matrix(f"{path}.{step}.DenseReluDense.{name}", inner, hidden)
            plan.matrix(f"{path}.{step}.DenseReluDense.wo", hidden, inner)
            plan.norm(f"{path}.{step}.layer_norm", hidden)
        plan.norm(f"{side}.final_layer_norm", hidden)
    if _has_head(config):
        plan.head("lm_head", vocabulary, hidden, config.flag("tie_word_embeddings", True))
    if config.architecture == "T5EncoderModel":
        return
    _cache(plan, last, heads, size)
    plan.notes.append(
        f"The decoder also keeps keys and values of the whole input, once: as many for each of its tokens as for each "
        f"that is written ({2 * int(last) * int(heads) * int(size):,} numbers)."
    )


OTHERS = {
    "gpt2": gpt2,
    "gpt_neox": gpt_neox,
    "gptj": gptj,
    "phi": phi,
    "falcon": falcon,
    "bloom": bloom,
    "opt": opt,
    "bert": bert,
    "roberta": bert,
    "t5": t5,
    "vit": vit,
}

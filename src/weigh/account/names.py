"""What names of stored arrays say by the conventions of the field: where one belongs, and what that place is called.

Names are evidence and no more. Everything here is a look-up of whole segments, so that a name of any length, and
any number of them, take time in proportion to their characters.
"""

from __future__ import annotations

from collections.abc import Sequence

QUERY = "query projection"
KEY = "key projection"
VALUE = "value projection"
FUSED = "query, key and value projection"
OUTPUT = "output projection of attention"
LATENT = "projection through a latent vector"
FEED_FORWARD = "feed-forward layer"
ROUTER = "router"
EMBEDDING = "embedding"
HEAD = "output head"
PATCHES = "patch embedding"

_VARIABLE = (".ATTRIBUTES", "VARIABLE_VALUE")  # ends every name of a TensorFlow object checkpoint
COLLECTIONS = frozenset({"params", "batch_stats"})  # Flax keeps what belongs together under these


def split(path: str) -> list[str]:
    """Return the segments of a name, without what a format adds to each.

    >>> split("model.layers.0.self_attn.q_proj.weight")
    ['model', 'layers', '0', 'self_attn', 'q_proj', 'weight']
    >>> split("dense/kernel:0"), split("dense/kernel/.ATTRIBUTES/VARIABLE_VALUE")
    (['dense', 'kernel'], ['dense', 'kernel'])
    """
    if "/" not in path:
        return path.split(".")
    segments = path.split("/")
    if tuple(segments[-2:]) == _VARIABLE:
        del segments[-2:]
    elif segments[-1].endswith(":0"):
        segments[-1] = segments[-1][:-2]
    return [segment for segment in segments if segment] or [path]


_OWNERS = {
    QUERY: "q_proj query wq attn_q to_q q_lin query_proj query_layer c_q query_dense",
    KEY: "k_proj key wk attn_k to_k k_lin key_proj key_layer c_k key_dense",
    VALUE: "v_proj value wv attn_v to_v v_lin value_proj value_layer c_v value_dense",
    FUSED: "qkv qkv_proj c_attn query_key_value Wqkv attn_qkv to_qkv W_pack in_proj_weight in_proj_bias",
    OUTPUT: "o_proj attn_output attention_output out_lin to_out output_dense",
    LATENT: (
        "q_a_proj q_b_proj kv_a_proj_with_mqa kv_b_proj attn_q_a attn_q_b attn_kv_a_mqa attn_kv_b attn_k_b attn_v_b"
    ),
    FEED_FORWARD: (
        "gate_proj up_proj down_proj gate_up_proj w1 w2 w3 fc1 fc2 fc_in fc_out c_fc dense_h_to_4h dense_4h_to_h wi "
        "wi_0 wi_1 ffn_gate ffn_up ffn_down lin1 lin2 ffn_gate_exps ffn_up_exps ffn_down_exps ffn_gate_shexp "
        "ffn_up_shexp ffn_down_shexp linear1 linear2 linear_1 linear_2"
    ),
    ROUTER: "ffn_gate_inp router shared_expert_gate ffn_gate_inp_shexp gate_inp",
    EMBEDDING: (
        "embed_tokens wte wpe tok_embeddings word_embeddings position_embeddings token_type_embeddings token_embd "
        "position_embd token_types embed_in embed_positions shared embedding embeddings embed token_embedding "
        "position_embedding relative_attention_bias relative_attn_bias attn_rel_b class_embedding"
    ),
    HEAD: "lm_head embed_out classifier",
    PATCHES: "patch_embed patch_embedding patch_embeddings patch_embd",
}
_PLACES = {name: place for place, owners in _OWNERS.items() for name in owners.split()}

_IN_ATTENTION = {
    "q": QUERY,
    "k": KEY,
    "v": VALUE,
    "o": OUTPUT,
    "in_proj": FUSED,
    "out": OUTPUT,
    "out_proj": OUTPUT,
    "wo": OUTPUT,
    "dense": OUTPUT,
    "c_proj": OUTPUT,
    "proj": OUTPUT,
    "output": OUTPUT,
}
_IN_FEED_FORWARD = {"dense": FEED_FORWARD, "c_proj": FEED_FORWARD, "wo": FEED_FORWARD, "gate": ROUTER}
_WITHOUT_CONTEXT = {
    "wo": OUTPUT
}  # where Llama's own files have it: layers.0.attention.wo; T5's stands in a feed-forward


def place(owner: Sequence[str]) -> str:
    """Return which part of a network the segments before an array's own name stand for; ``""`` where they don't tell.

    >>> place("model.layers.0.self_attn.q_proj".split("."))
    'query projection'
    >>> place("encoder.layer.0.attention.output.dense".split("."))
    'output projection of attention'
    """
    if not owner:
        return ""
    name = owner[-1]
    if name == "0" and len(owner) > 1 and owner[-2] == "to_out":
        return OUTPUT
    context = _context(owner)
    if context == "attention":
        return _IN_ATTENTION.get(name) or _PLACES.get(name, "")
    if context == "feed-forward":
        return _IN_FEED_FORWARD.get(name) or _PLACES.get(name, "")
    if name in ("proj", "projection") and len(owner) > 1 and _PLACES.get(owner[-2]) == PATCHES:
        return PATCHES
    if name == "output" and len(owner) == 1:
        return HEAD  # GGUF and Llama's own files
    return OUTPUT if name == "wo" else _PLACES.get(name, "")  # T5's wo always stands in a feed-forward layer


def _context(owner: Sequence[str]) -> str:
    """Say if the nearest of the last segments before the owner's own speaks of attention or of a feed-forward layer."""
    for segment in reversed(owner[-4:-1]):
        if len(segment) > LONGEST_WORD:
            continue
        lower = segment.lower()
        if "attn" in lower or "attention" in lower:
            return "attention"
        if lower in _FEED_FORWARDS:
            return "feed-forward"
    return "feed-forward" if len(owner) > 1 and owner[-2] == "output" else ""  # BERT's output.dense


LONGEST_WORD = 100  # characters: nothing that a person named is longer
_FEED_FORWARDS = frozenset(
    {
        "mlp",
        "ffn",
        "feed_forward",
        "feedforward",
        "densereludense",
        "intermediate",
        "block_sparse_moe",
        "moe",
        "experts",
        "shared_expert",
    }
)


def speaks_of_normalization(owner: Sequence[str]) -> str:
    """Return the segment that names a normalization, among the last two before an array's own; ``""`` for none."""
    for segment in reversed(owner[-2:]):
        lower = segment[:LONGEST_WORD].lower()
        if "norm" in lower or "rms" in lower or lower.rstrip("0123456789_").rpartition("_")[2] in ("ln", "bn"):
            return segment
        if lower.startswith(("ln_", "bn_")):
            return segment
        if not segment.isdigit():
            return ""
    return ""


def short(name: str) -> str:
    """Return a name as evidence quotes it: whole, unless it is longer than anyone reads."""
    return name if len(name) <= LONGEST_WORD else name[:LONGEST_WORD] + "…"

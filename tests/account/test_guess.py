"""Roles of stored arrays told from names and shapes: with evidence, never over what is declared, or not at all."""

import copy
import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.guess import layers, told
from weigh.account.stored import Stored
from weigh.account.transformers import declared_from_config

CONFIGS = Path(__file__).parent / "fixtures" / "configs"

Arrays = dict[str, tuple[int, ...]]


def found(arrays: Arrays, dtype: str = "float32") -> list[Stored]:
    return [Stored(path, shape, dtype, bytes=0) for path, shape in arrays.items()]


def read(arrays: Arrays) -> dict[str, str]:
    return {array.path: array.role for array in told(found(arrays))}


K, B, EMB, A_, B_ = roles.KERNEL, roles.BIAS, roles.EMBEDDING, roles.LOW_RANK_A, roles.LOW_RANK_B
G, OFF, M, V, N = roles.SCALE, roles.OFFSET, roles.RUNNING_MEAN, roles.RUNNING_VARIANCE, roles.COUNTER
SLOT, MASK, TABLE, DW = roles.SLOT, roles.MASK, roles.POSITION_TABLE, roles.DEPTHWISE_KERNEL

SCHEMES: dict[str, dict[str, tuple[tuple[int, ...], str]]] = {
    "torchvision's ResNet": {
        "conv1.weight": ((64, 3, 7, 7), K),
        "bn1.weight": ((64,), G),
        "bn1.bias": ((64,), OFF),
        "bn1.running_mean": ((64,), M),
        "bn1.running_var": ((64,), V),
        "bn1.num_batches_tracked": ((), N),
        "fc.weight": ((1000, 512), K),
        "fc.bias": ((1000,), B),
    },
    "a mobile network": {"dw.weight": ((32, 1, 3, 3), DW), "dw.bias": ((32,), B), "act.weight": ((32,), "")},
    "slopes": {"prelu1.weight": ((32,), roles.SLOPE)},
    "an unnamed pile": {"0.weight": ((32, 16), ""), "table": ((32, 16), ""), "x": ((), ""), "": ((4,), "")},
    "PyTorch's recurrent layers": {
        "rnn.weight_ih_l0": ((80, 10), K),
        "rnn.weight_hh_l0": ((80, 20), roles.RECURRENT_KERNEL),
        "rnn.bias_ih_l0": ((80,), B),
        "rnn.bias_hh_l0_reverse": ((80,), B),
    },
    "PyTorch's attention": {
        "encoder.layers.0.self_attn.in_proj_weight": ((48, 16), K),
        "encoder.layers.0.self_attn.in_proj_bias": ((48,), B),
        "encoder.layers.0.self_attn.out_proj.weight": ((16, 16), K),
        "encoder.layers.0.self_attn.out_proj.bias": ((16,), B),
        "encoder.layers.0.norm1.weight": ((16,), G),
        "encoder.layers.0.norm1.bias": ((16,), OFF),
    },
    "GPT-2 with its masks": {
        "wte.weight": ((100, 8), EMB),
        "h.0.attn.bias": ((1, 1, 16, 16), MASK),
        "h.0.attn.masked_bias": ((), MASK),
        "h.0.attn.c_attn.weight": ((8, 24), K),
        "h.0.attn.c_attn.bias": ((24,), B),
        "h.0.ln_1.weight": ((8,), G),
        "h.0.ln_1.bias": ((8,), OFF),
    },
    "Llama with its tables": {
        "model.embed_tokens.weight": ((100, 8), EMB),
        "model.layers.0.self_attn.q_proj.weight": ((8, 8), K),
        "model.layers.0.self_attn.rotary_emb.inv_freq": ((4,), TABLE),
        "model.layers.0.input_layernorm.weight": ((8,), G),
        "lm_head.weight": ((100, 8), K),
    },
    "Llama's own files": {
        "tok_embeddings.weight": ((100, 8), EMB),
        "layers.0.attention.wo.weight": ((8, 8), K),
        "layers.0.feed_forward.w2.weight": ((8, 20), K),
        "layers.0.attention_norm.weight": ((8,), G),
        "rope.freqs": ((4,), ""),
        "output.weight": ((100, 8), K),
    },
    "BERT with its positions": {
        "bert.embeddings.position_ids": ((1, 512), TABLE),
        "bert.embeddings.word_embeddings.weight": ((100, 8), EMB),
        "bert.embeddings.LayerNorm.gamma": ((8,), G),
        "bert.embeddings.LayerNorm.beta": ((8,), OFF),
        "bert.encoder.layer.0.attention.output.dense.weight": ((8, 8), K),
        "bert.encoder.layer.0.attention.output.dense.bias": ((8,), B),
        "cls.predictions.bias": ((100,), B),
    },
    "llama.cpp": {
        "token_embd.weight": ((100, 8), EMB),
        "blk.0.attn_q.weight": ((8, 8), K),
        "blk.0.attn_norm.weight": ((8,), G),
        "blk.0.ffn_gate_exps.weight": ((4, 20, 8), K),
        "blk.0.ffn_gate_inp.weight": ((4, 8), K),
        "rope_freqs.weight": ((4,), TABLE),
        "output_norm.weight": ((8,), G),
        "output.weight": ((100, 8), K),
    },
    "low-rank adapters": {
        "base_model.model.q_proj.base_layer.weight": ((16, 16), K),
        "base_model.model.q_proj.lora_A.default.weight": ((4, 16), A_),
        "base_model.model.q_proj.lora_B.default.weight": ((16, 4), B_),
        "lora_unet_mid.lora_down.weight": ((4, 16), A_),
        "lora_unet_mid.lora_up.weight": ((16, 4), B_),
        "lora_unet_mid.alpha": ((), roles.ARGUMENT),
        "unet.attn1.to_q_lora.down.weight": ((4, 16), A_),
        "unet.attn1.to_q_lora.up.weight": ((16, 4), B_),
        "dense/lora_kernel_a": ((16, 4), A_),
        "dense/lora_kernel_b": ((4, 8), B_),
    },
    "a PyTorch checkpoint": {
        "model.fc.weight": ((4, 8), K),
        "model.fc.bias": ((4,), B),
        "optimizer.state.0.exp_avg": ((4, 8), SLOT),
        "optimizer.state.0.exp_avg_sq": ((4, 8), SLOT),
        "optimizer.state.0.step": ((), N),
        "state.1.momentum_buffer": ((4,), SLOT),
    },
    "Keras 3": {
        "dense/kernel": ((8, 4), K),
        "dense/bias": ((4,), B),
        "batch_normalization/gamma": ((4,), G),
        "batch_normalization/beta": ((4,), OFF),
        "batch_normalization/moving_mean": ((4,), M),
        "batch_normalization/moving_variance": ((4,), V),
        "lstm/lstm_cell/kernel": ((8, 16), K),
        "lstm/lstm_cell/recurrent_kernel": ((4, 16), roles.RECURRENT_KERNEL),
        "lstm/lstm_cell/bias": ((16,), B),
        "query/kernel": ((8, 2, 4), K),
        "query/bias": ((2, 4), B),
        "optimizer/vars/3": ((8, 4), SLOT),
        "optimizer/iteration": ((), N),
    },
    "Keras 3's numbered files": {
        "layers/dense/vars/0": ((8, 4), K),
        "layers/dense/vars/1": ((4,), B),
        "layers/conv2d/vars/0": ((3, 3, 3, 8), K),
        "layers/conv2d/vars/1": ((8,), B),
        "layers/batch_normalization/vars/0": ((8,), G),
        "layers/batch_normalization/vars/1": ((8,), OFF),
        "layers/batch_normalization/vars/2": ((8,), M),
        "layers/batch_normalization/vars/3": ((8,), V),
        "layers/embedding/vars/0": ((100, 8), EMB),
        "layers/dropout/seed_generator/vars/0": ((2,), roles.RANDOM_STATE),
        "layers/mystery/vars/0": ((8, 4), ""),
    },
    "Flax": {
        "params/Dense_0/kernel": ((8, 4), K),
        "params/Dense_0/bias": ((4,), B),
        "params/Embed_0/embedding": ((100, 8), EMB),
        "params/BatchNorm_0/scale": ((4,), G),
        "params/BatchNorm_0/bias": ((4,), OFF),
        "batch_stats/BatchNorm_0/mean": ((4,), M),
        "batch_stats/BatchNorm_0/var": ((4,), V),
        "params/LayerNorm_0/scale": ((4,), G),
        "params/LayerNorm_0/bias": ((4,), OFF),
        "opt_state/0/mu/Dense_0/kernel": ((8, 4), SLOT),
        "opt_state/0/count": ((), N),
    },
    "TensorFlow": {
        "dense/kernel:0": ((8, 4), K),
        "dense/bias:0": ((4,), B),
        "Adam/m/dense/kernel:0": ((8, 4), SLOT),
        "dense/kernel/Adam_1": ((8, 4), SLOT),
        "conv/weights/m": ((3, 3, 3, 8), ""),
        "dense/kernel/m": ((8, 4), SLOT),
        "beta1_power": ((), SLOT),
        "global_step": ((), N),
        "model/layer-1/gamma/.ATTRIBUTES/VARIABLE_VALUE": ((4,), G),
        "model/layer-1/gamma/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE": ((4,), SLOT),
        "save_counter/.ATTRIBUTES/VARIABLE_VALUE": ((), N),
    },
    "moments beside weights": {
        "layer/table": ((8, 4), ""),
        "m/layer/table": ((8, 4), SLOT),
        "v/layer/table": ((8, 4), SLOT),
        "m/layer/other": ((8, 4), ""),
    },
    "quantised weights": {
        "mlp.up_proj.qweight": ((4, 32), K),
        "mlp.up_proj.scales": ((2, 32), roles.QUANTISATION_SCALE),
        "mlp.up_proj.qzeros": ((2, 4), roles.ZERO_POINT),
        "mlp.up_proj.g_idx": ((32,), roles.QUANTISATION_INDEX),
        "loss.scales": ((3,), ""),
    },
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_roles_are_told_in_the_names_that_the_field_uses(scheme: str) -> None:
    expected = SCHEMES[scheme]
    got = read({path: shape for path, (shape, _) in expected.items()})
    assert got == {path: role for path, (_, role) in expected.items()}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_told_has_evidence_and_what_is_not_stays_as_it_was(scheme: str) -> None:
    arrays = found({path: shape for path, (shape, _) in SCHEMES[scheme].items()})
    for before, after in zip(arrays, told(arrays), strict=True):
        assert bool(after.role) == bool(after.evidence)
        assert (before.role, before.evidence) == ("", "")  # what came in is not changed
        assert after.evidence != "declared"
        assert after.trainable is None
        if not after.role:
            assert after is before


def test_evidence_says_what_stood_beside() -> None:
    evidence = {array.name: array.evidence for array in told(found({f"bn.{n}": (8,) for n in _BATCH}))}
    assert evidence["running_var"] == "named running_var beside running_mean, weight and bias of the same length"
    evidence = {
        array.path: array.evidence
        for array in told(found({"q_proj.lora_A.weight": (4, 16), "q_proj.lora_B.weight": (8, 4)}))
    }
    assert evidence["q_proj.lora_A.weight"] == "named lora_A beside lora_B: a low-rank adapter of rank 4"


_BATCH = ("weight", "bias", "running_mean", "running_var")


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"a.weight": (8, 4), "a.bias": (8,)}, "units × features"),
        ({"a.weight": (8, 4), "a.bias": (4,)}, "features × units"),
        ({"a.weight": (8, 8), "a.bias": (8,)}, "square"),
        ({"a.weight": (8, 4, 3, 3), "a.bias": (8,)}, "OIHW, because bias"),
        ({"a.weight": (3, 3, 4, 8), "a.bias": (8,)}, "HWIO, because bias"),
        ({"a.weight": (8, 4, 3, 3), "a.bias": (4,)}, "transposed"),
        ({"a.weight": (8, 4, 3, 3), "n.weight": (8,), "n.bias": (8,)}, "OIHW, because n after it"),
        ({"a.weight": (3, 3, 4, 8), "n.gamma": (8,), "n.beta": (8,)}, "HWIO, because n after it"),
        ({"a.weight": (8, 4, 3, 3), "b.weight": (6, 4, 3, 3), "b.bias": (6,)}, "OIHW, as all others here (1)"),
        ({"a.kernel": (3, 3, 4, 8)}, "HWIO, as Keras"),
        ({"a.weight": (8, 4, 3, 3)}, "4 axes"),
    ],
)
def test_a_layout_is_told_from_what_decides_it(arrays: Arrays, says: str) -> None:
    first = told(found(arrays))[0]
    assert first.role == roles.KERNEL
    assert says in first.evidence
    if says == "4 axes":
        assert first.evidence == "named weight, 4 axes"


def test_what_is_declared_is_left() -> None:
    array = Stored("bn.running_mean", (4,), "float32", bytes=16, role=roles.METRIC, evidence="declared")
    other = Stored("bn.running_var", (4,), "float32", bytes=16)
    one, two = told([array, other])
    assert one is array
    assert two.role == roles.RUNNING_VARIANCE
    frozen = Stored("a.kernel", (4, 4), "float32", bytes=64, kind=roles.FROZEN, evidence="requires_grad is off")
    (filled,) = told([frozen])
    assert (filled.role, filled.kind, filled.evidence) == (
        roles.KERNEL,
        roles.FROZEN,
        "requires_grad is off; named kernel under a",
    )


def test_moving_averages_stand_beside_only_where_the_weights_are_there_too() -> None:
    both = {"model.fc.weight": (4, 8), "model.fc.bias": (4,), "model_ema.fc.weight": (4, 8), "model_ema.fcbias": (4,)}
    account = Account.stored("both", told(found({**both, "model_ema.num_updates": ()})), "test")
    assert account.total == 4 * 8 + 4
    assert [row.kind for row in account.beside] == [roles.SHADOW, roles.SHADOW, roles.COUNTER]
    assert account["model_ema.fcbias"].role == roles.BIAS
    alone = Account.stored("alone", told(found({"ema.fc.weight": (4, 8), "ema.fc.bias": (4,)})), "test")
    assert alone.total == 4 * 8 + 4
    assert "weights that are not here" in alone["ema.fc.weight"].evidence


def test_masks_counters_and_slots_are_in_no_total() -> None:
    arrays = {path: shape for path, (shape, _) in SCHEMES["GPT-2 with its masks"].items()}
    account = Account.stored("gpt2", told(found(arrays)), "test")
    assert {row.path for row in account.beside} == {"h.0.attn.bias", "h.0.attn.masked_bias"}


def test_layers_are_grouped_with_a_type_and_its_evidence() -> None:
    arrays = {
        path: shape
        for scheme in ("torchvision's ResNet", "PyTorch's recurrent layers", "low-rank adapters", "Flax")
        for path, (shape, _) in SCHEMES[scheme].items()
    }
    groups = {group.path: group for group in layers(Account.stored("all", told(found(arrays)), "test"))}
    types = {path: group.type for path, group in groups.items()}
    assert types["conv1"] == "convolution"
    assert types["bn1"] == "batch normalization"
    assert [row.name for row in groups["bn1"].rows] == [*_BATCH, "num_batches_tracked"]
    assert types["fc"] == "dense"
    assert types["rnn"] == "LSTM"
    assert types["base_model.model.q_proj.lora_A.default"] == "low-rank adapter"
    assert types["params/BatchNorm_0"] == "batch normalization"  # with its statistics, which stand elsewhere
    assert groups["params/BatchNorm_0"].total == 4 * 4
    assert all(bool(group.type) == bool(group.evidence) for group in groups.values())


def test_a_declared_class_is_the_type() -> None:
    array = Stored("bn/gamma", (4,), "float32", bytes=16, layer_type="BatchNormalization")
    (group,) = layers(Account.stored("one", [array], "test"))
    assert (group.type, group.evidence) == ("BatchNormalization", "declared")


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.json")))
def test_a_declared_network_gives_back_its_roles(name: str) -> None:
    config = json.loads((CONFIGS / f"{name}.json").read_text())
    few = ("num_hidden_layers", "n_layer", "num_layers", "num_decoder_layers")
    config.update({key: 2 for key in few if key in config})
    config.update({key: 4 for key in ("n_routed_experts", "num_experts") if key in config})
    config.update({key: 2 for key in ("num_experts_per_tok",) if key in config})
    config.update({key: 1 for key in ("first_k_dense_replace",) if key in config})
    declared = declared_from_config(config)
    stripped = [copy.copy(array) for array in declared]
    for array in stripped:
        array.role = array.evidence = ""
    got = {array.path: array.role for array in told(stripped)}
    expected = {array.path: array.role for array in declared}
    tied = {array.path for array in declared if array.path.endswith(("lm_head.weight", "embed_out.weight"))}
    assert {path: role for path, role in got.items() if path not in tied} == {
        path: role for path, role in expected.items() if path not in tied
    }


_WORDS = sorted({word for scheme in SCHEMES.values() for path in scheme for word in path.replace("/", ".").split(".")})
_segments = st.sampled_from(_WORDS) | st.text(string.printable, max_size=4) | st.just("\x1b[31m\u202e²")
_paths = st.builds(
    lambda parts, sep: sep.join(parts), st.lists(_segments, min_size=1, max_size=5), st.sampled_from("./")
)
_shapes = st.lists(st.sampled_from([0, 1, 2, 3, 8, 2**70]), max_size=6).map(tuple)


@given(st.lists(st.tuples(_paths, _shapes), max_size=12))
def test_any_names_and_shapes_are_read_and_nothing_but_roles_changes(pairs: list[tuple[str, tuple[int, ...]]]) -> None:
    arrays = [Stored(path, shape, "float32", bytes=0) for path, shape in pairs]
    after = told(arrays)
    assert [(a.path, a.shape, a.dtype, a.count, a.trainable) for a in after] == [
        (a.path, a.shape, a.dtype, a.count, a.trainable) for a in arrays
    ]
    account = Account.stored("any", after, "test")
    groups = layers(account)
    assert sum(len(group.rows) for group in groups) == len(account.rows) + len(account.beside)


@pytest.mark.parametrize("separator", ["", ".", "/", "_", "0.", "norm", ".lora_", "a.lora_A."])
def test_names_of_ten_thousand_characters_are_read_in_passing(separator: str) -> None:
    paths = [f"{(separator + 'a') * (10_000 // (len(separator) + 1))}.{name}" for name in _BATCH]
    after = told(found(dict.fromkeys(paths, (8,))))
    assert all(len(array.evidence) < 500 for array in after)


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.long)])
def test_very_many_names_are_read_one_by_one(count: int) -> None:
    one = found({"x": (8, 8)})[0]
    arrays = [one] * 3
    for index in range(count):
        array = copy.copy(one)
        array.path = f"layers.{index}.q_proj.weight" if index % 2 else f"m.x{index}"
        arrays.append(array)
    assert sum(array.role == roles.KERNEL for array in told(arrays)) == count // 2

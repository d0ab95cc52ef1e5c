"""Attention, with heads and without, as the papers' equations and Keras have it."""

import numpy as np
import pytest

import weigh
from weigh.compute import lazy
from weigh.errors import ArgumentError, ShapeError
from weigh.report.explain import explanation

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


# With heads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shapes", "arguments", "call"),
    [
        ({"query": (2, 4, 6), "value": (2, 3, 5)}, {"num_heads": 2, "key_dim": 3}, {}),
        (
            {"query": (2, 4, 6), "value": (2, 3, 5), "key": (2, 3, 4)},
            {"num_heads": 2, "key_dim": 3, "value_dim": 2, "output_shape": (5,), "use_bias": False, "use_gate": True},
            {"return_attention_scores": True},
        ),
        (
            {"query": (2, 4, 6), "value": (2, 4, 6)},
            {"num_heads": 2, "key_dim": 3, "dropout": 0.5, "seed": 1, "kernel_regularizer": "l2"},
            {"use_causal_mask": True},
        ),
        (
            {"query": (2, 4, 6), "value": (2, 4, 6)},
            {"num_heads": 2, "key_dim": 3, "sliding_window": 2, "bias_initializer": "ones"},
            {"use_causal_mask": True, "attention_mask": RNG.random((2, 4, 4)) < 0.8},
        ),
        (
            {"query": (2, 3, 2, 4), "value": (2, 2, 2, 4)},
            {"num_heads": 2, "key_dim": 3, "attention_axes": (1, 2)},
            {},
        ),
        ({"query": (2, 3, 2, 4), "value": (2, 2, 2, 4)}, {"num_heads": 2, "key_dim": 3, "attention_axes": 1}, {}),
    ],
)
def test_multi_head_attention_is_that_of_keras(agree, shapes, arguments, call):
    agree("MultiHeadAttention", shapes, arguments, call, tolerance=2e-5, gradients=not call)


@pytest.mark.parametrize(
    ("shapes", "arguments", "call"),
    [
        (
            {"query": (2, 4, 6), "value": (2, 3, 6)},
            {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2},
            {"return_attention_scores": True},
        ),
        (
            {"query": (2, 4, 6), "value": (2, 4, 6), "key": (2, 4, 5)},
            {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 1, "use_gate": True, "sliding_window": 3},
            {"use_causal_mask": True, "attention_mask": RNG.random((2, 4, 4, 4)) < 0.8},
        ),
    ],
)
def test_grouped_query_attention_is_that_of_keras(agree, shapes, arguments, call):
    def make(library):
        return library.layers.GroupQueryAttention(**arguments, name="layer")

    agree(
        "GroupedQueryAttention", shapes, None, call, make=make, tolerance=2e-5, gradients="attention_mask" not in call
    )


def test_attention_in_mixed_precision_makes_its_shares_in_float32(agree):
    arguments = {"num_heads": 2, "key_dim": 3, "dtype": "mixed_bfloat16"}
    agree("MultiHeadAttention", {"query": (2, 4, 6), "value": (2, 3, 6)}, arguments, tolerance=5e-2, gradients=False)


@pytest.mark.parametrize("name", ["MultiHeadAttention", "GroupedQueryAttention"])
def test_flash_attention_is_the_same_by_another_kernel(name, monkeypatch):
    """The kernel is cuDNN's where there is a GPU; here XLA's, which takes the same arguments, stands in for it."""
    import jax

    x, mask = normal(2, 4, 6), RNG.random((2, 4, 4)) < 0.8
    arguments = (2, 3) if name == "MultiHeadAttention" else (3, 4, 2)
    plain, flash = (
        getattr(weigh.layers, name)(*arguments, flash_attention=asked, dtype="bfloat16") for asked in (None, True)
    )
    wanted = plain(x, x, attention_mask=mask, use_causal_mask=True)
    flash(x, x)
    flash.set_weights(plain.get_weights())
    used, kernel = [], jax.nn.dot_product_attention
    monkeypatch.setattr(lazy.jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr(
        jax.nn,
        "dot_product_attention",
        lambda *tensors, mask, implementation: used.append(implementation) or kernel(*tensors, mask=mask),
    )
    got = flash(x, x, attention_mask=mask, use_causal_mask=True)
    assert used == ["cudnn"]
    np.testing.assert_allclose(np.asarray(got, "float32"), np.asarray(wanted, "float32"), atol=3e-2)
    with pytest.raises(ArgumentError, match="flash attention never has all shares"):
        flash(x, x, return_attention_scores=True)


def test_multi_head_attention_by_hand():
    """Vaswani et al. 2017, section 3.2.2."""
    x, y = normal(1, 3, 4), normal(1, 2, 5)
    layer = weigh.layers.MultiHeadAttention(2, 3, use_bias=False)
    got, shares = layer(x, y, return_attention_scores=True)
    query, key, value, back = (np.asarray(weight.value, "float64") for weight in layer.weights)
    heads = []
    for head in range(2):
        q, k, v = x[0] @ query[:, head], y[0] @ key[:, head], y[0] @ value[:, head]
        raised = np.exp(q @ k.T / np.sqrt(3))
        share = raised / raised.sum(-1, keepdims=True)
        np.testing.assert_allclose(shares[0, head], share, rtol=1e-5)
        heads.append(share @ v @ back[head])
    np.testing.assert_allclose(got[0], sum(heads), rtol=1e-4, atol=1e-6)


def test_padding_that_an_embedding_marks_is_not_attended_to_and_the_mark_goes_on():
    words = np.array([[1, 2, 3, 0, 0], [4, 1, 0, 0, 0]])
    inputs = weigh.Input((None,), dtype="int32")
    x = weigh.layers.Embedding(5, 4, mask_zero=True)(inputs)
    model = weigh.Model(inputs, weigh.layers.MultiHeadAttention(2, 3)(x, x))
    np.testing.assert_allclose(model(words)[0, :3], model(words[:1, :3])[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model(words)._keras_mask, words != 0)


def test_masks_that_travel_are_those_of_keras():
    import keras

    words = np.array([[1, 2, 3, 0, 0], [4, 1, 0, 0, 0]])
    results = []
    weights = None
    for library in (weigh, keras):
        inputs = library.Input((5,), dtype="int32")
        x = library.layers.Embedding(5, 4, mask_zero=True)(inputs)
        outputs = library.layers.MultiHeadAttention(2, 3)(x, x, return_attention_scores=True, use_causal_mask=True)
        model = library.Model(inputs, list(outputs))
        weights = model.get_weights() if weights is None else weights
        model.set_weights(weights)
        results.append(model(words))
    for mine, its in zip(*results, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-6)


def test_a_mask_stays_with_what_it_came_with():
    """Keras takes the masks away from query and value when attention has used them, so that nothing behind has them."""
    x = weigh.layers.Embedding(5, 4, mask_zero=True)(np.array([[1, 2, 0]]))
    weigh.layers.MultiHeadAttention(1, 2)(x, x)
    np.testing.assert_array_equal(x._keras_mask, [[True, True, False]])


def test_a_mask_that_is_given_counts_as_one_that_came_with_the_value():
    x, mask = normal(1, 4, 4), np.array([[True, True, False, True]])
    layer = weigh.layers.MultiHeadAttention(2, 3)
    _, shares = layer(x, x, value_mask=mask, return_attention_scores=True)
    assert (np.asarray(shares)[..., 2] == 0).all()
    np.testing.assert_allclose(np.asarray(shares).sum(-1), 1, rtol=1e-5)


def test_weights_go_to_keras_and_back_through_a_file(tmp_path):
    import keras

    x = normal(2, 3, 4)
    for name, arguments in [("MultiHeadAttention", (2, 3)), ("GroupQueryAttention", (3, 4, 2))]:
        models = []
        for library in (weigh, keras):
            inputs = library.Input((3, 4))
            layer = getattr(library.layers, name)(*arguments, use_gate=True)
            models.append(library.Model(inputs, layer(inputs, inputs)))
        mine, its = models
        mine.save_weights(tmp_path / "mine.weights.h5")
        its.load_weights(tmp_path / "mine.weights.h5")
        np.testing.assert_allclose(mine(x), its(x), rtol=1e-5, atol=1e-6)
        mine.save(tmp_path / "mine.keras")
        np.testing.assert_allclose(keras.models.load_model(tmp_path / "mine.keras")(x), its(x), rtol=1e-5, atol=1e-6)
        its.save(tmp_path / "its.keras")
        np.testing.assert_allclose(weigh.models.load_model(tmp_path / "its.keras")(x), mine(x), rtol=1e-5, atol=1e-6)


# Without heads ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shapes", "arguments", "call"),
    [
        ("Attention", [(2, 4, 5), (2, 3, 5)], {}, {}),
        ("Attention", [(2, 4, 5), (2, 3, 2), (2, 3, 5)], {"use_scale": True}, {"return_attention_scores": True}),
        ("Attention", [(2, 4, 5), (2, 3, 5)], {"score_mode": "concat", "use_scale": True}, {"use_causal_mask": True}),
        ("Attention", [(2, 4, 5), (2, 3, 5)], {"dropout": 0.5, "seed": 1}, {"use_causal_mask": True}),
        ("AdditiveAttention", [(2, 4, 5), (2, 3, 5)], {}, {"return_attention_scores": True}),
        ("AdditiveAttention", [(2, 4, 5), (2, 3, 2), (2, 3, 5)], {"use_scale": False}, {}),
    ],
)
def test_attention_is_that_of_keras(agree, name, shapes, arguments, call):
    agree(name, shapes, arguments, call, gradients="use_causal_mask" not in call)


@pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
def test_masked_values_get_no_share_and_masked_queries_nothing(name):
    import keras

    masks = [np.array([[1, 1, 0, 1], [1, 0, 0, 0]], bool), np.array([[1, 1, 0], [0, 1, 1]], bool)]
    inputs = [normal(2, 4, 5), normal(2, 3, 5)]
    ours, theirs = (getattr(library.layers, name)(use_scale=False) for library in (weigh, keras))
    np.testing.assert_allclose(ours(inputs, mask=masks), theirs(inputs, mask=masks), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(ours.compute_mask(inputs, masks), masks[0])


# What is refused when it is called ----------------------------------------------------------------------------------


def test_a_mask_of_another_shape_is_refused_with_both_shapes():
    x = normal(2, 4, 6)
    with pytest.raises(ShapeError, match=r"'multi_head.*\(2, 1, 3, 4\).*\(2, 2, 4, 4\)"):
        weigh.layers.MultiHeadAttention(2, 3)(x, x, attention_mask=np.ones((2, 3, 4), bool))
    with pytest.raises(ShapeError, match=r"'grouped.*\(2, 1, 3, 4\).*\(2, 2, 4, 4\)"):
        weigh.layers.GroupedQueryAttention(3, 2, 1)(x, x, attention_mask=np.ones((2, 3, 4), bool))
    with pytest.raises(ShapeError, match=r"'attention.*mask of the value.*\(2, 5\).*\(2, 4\)"):
        weigh.layers.Attention()([x, x], mask=[None, np.ones((2, 5), bool)])
    with pytest.raises(ShapeError, match="as a list"):
        weigh.layers.Attention()([x, x], mask=np.ones((2, 4), bool))


# What people read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_multi_head_attention_is_explained(golden, lang):
    x = weigh.Input((14, 256), name="tokens")
    model = weigh.Model(x, weigh.layers.MultiHeadAttention(4, 64)(x, x), name="network")
    golden(f"multi_head_attention.{lang}.txt", explanation(model, "multi_head_attention", lang=lang))

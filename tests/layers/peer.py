"""A layer beside Keras' layer of that name, in one process."""

import jax
import numpy as np
from tests.layers.counting import multiply_adds

import weigh
from weigh.declare import tree


def agree(
    name,
    shapes,
    arguments=None,
    call=None,
    tolerance=1e-5,
    *,
    inputs=None,
    make=None,
    gradients=True,
    training=(False, True),
    unknown=False,
):
    """Compare a layer with Keras': shapes, weights, outputs in both modes, gradients, updates, cost, config.

    Args:
        name: of the class in both.
        shapes: of the input, its batch included; a list of shapes for a layer that takes a list of tensors, a
            dictionary for one whose call takes several arguments.
        arguments: of the constructor.
        call: further arguments of the call, arrays among them.
        tolerance: relative and absolute, of outputs and updates; gradients may differ twenty times as much.
        inputs: the arrays to call it on, in the structure of `shapes`; by default normally distributed float32.
        make: called with the library (`weigh` or `keras`), returns the layer, where arguments hold layers.
        gradients: whether gradients are compared.
        training: in which modes it is run.
        unknown: whether it is also declared with every size unknown but the last, and has to agree on what comes out.

    Returns:
        Our layer and Keras'.
    """
    import keras

    arguments, call = arguments or {}, call or {}
    make = make or (lambda library: getattr(library.layers, name)(**arguments, name="layer"))
    ours, theirs = make(weigh), make(keras)
    rng = np.random.default_rng(0)
    if inputs is None:
        inputs = tree.map_shapes(lambda shape: rng.normal(1.0, 2.0, shape).astype("float32"), shapes)

    declared = _called(ours, _symbols(weigh, inputs))
    expected = _called(theirs, _symbols(keras, inputs))
    assert _shapes(declared) == _shapes(expected)
    assert [(w.path, w.shape, w.trainable) for w in ours.weights] == [
        (w.path, tuple(w.shape), w.trainable) for w in theirs.weights
    ]
    assert ours.count_params() == theirs.count_params()
    for weight in theirs.weights:
        if "float" in str(weight.dtype):
            weight.assign(rng.uniform(0.5, 1.5, weight.shape))
    ours.set_weights(theirs.get_weights())

    for mode in training:
        options = {"training": mode, **call} if "training" in theirs.call_signature_parameters else call
        mine, its = _called(ours, inputs, **options), _called(theirs, inputs, **options)
        _close(mine, its, tolerance)
        # `call` may ask for more than is declared above
        computed = [array.shape[1:] for array in tree.leaves(mine)]
        assert computed[: len(_shapes(declared))] == [shape[1:] for shape in _shapes(declared)]
        assert [str(array.dtype) for array in tree.leaves(mine)] == [str(array.dtype) for array in tree.leaves(its)]
        for weight, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_allclose(weight, other, rtol=tolerance, atol=tolerance)
    if gradients:
        _agree_on_gradients(ours, theirs, inputs, call, tolerance)
    if unknown:
        again, peer = make(weigh), make(keras)
        declared = _called(again, _symbols(weigh, inputs, True))
        assert _shapes(declared) == _shapes(_called(peer, _symbols(keras, inputs, True)))
    _agree_on_cost(ours, inputs, call)
    _agree_on_config(ours, theirs)
    return ours, theirs


def _called(layer, inputs, **options):
    return layer(**inputs, **options) if isinstance(inputs, dict) else layer(inputs, **options)


def _symbols(library, inputs, unknown=False):
    def symbol(array):
        size = tuple(array.shape[1:])
        size = (*(None for _ in size[:-1]), *size[-1:]) if unknown else size
        return library.Input(size, dtype=str(array.dtype))

    return tree.map_leaves(symbol, inputs)


def _shapes(tensors):
    return [tuple(tensor.shape) for tensor in tree.leaves(tensors)]


def _close(mine, its, tolerance):
    for got, wanted in zip(tree.leaves(mine), tree.leaves(its), strict=True):
        np.testing.assert_allclose(np.asarray(got), np.asarray(wanted), rtol=tolerance, atol=tolerance)


def _agree_on_gradients(ours, theirs, x, call, tolerance):
    def loss_of(layer):
        trained = [weight.value for weight in layer.trainable_variables]
        tracked = [weight.value for weight in layer.non_trainable_variables]
        training = {"training": True} if "training" in theirs.call_signature_parameters else {}
        leaves, structure = jax.tree.flatten(jax.tree.map(jax.numpy.asarray, x))
        real = [jax.numpy.issubdtype(leaf.dtype, jax.numpy.floating) for leaf in leaves]

        def loss(trained, given):
            rest = iter(given)
            filled = [next(rest) if one else leaf for leaf, one in zip(leaves, real, strict=True)]
            inputs = jax.tree.unflatten(structure, filled)
            positional, named = ((), inputs) if isinstance(inputs, dict) else ((inputs,), {})
            outputs, _ = layer.stateless_call(trained, tracked, *positional, **named, **{**training, **call})
            return sum(jax.numpy.sum(jax.numpy.sin(one)) for one in jax.tree.leaves(outputs))

        given = [leaf for leaf, one in zip(leaves, real, strict=True) if one]
        return jax.grad(loss, argnums=(0, 1))(trained, given)

    for mine, its in zip(jax.tree.leaves(loss_of(ours)), jax.tree.leaves(loss_of(theirs)), strict=True):
        np.testing.assert_allclose(mine, its, rtol=20 * tolerance, atol=20 * tolerance)


def _agree_on_cost(ours, inputs, call):
    """What the layer says it multiplies and adds is what its computation multiplies and adds."""
    shapes = tree.map_leaves(lambda array: tuple(array.shape), inputs)
    if isinstance(shapes, dict):
        cost = ours.compute_cost(**{f"{name}_shape": shape for name, shape in shapes.items()})
    else:
        cost = ours.compute_cost(shapes)
    if cost is not None:
        assert cost.multiply_adds == multiply_adds(lambda given: _called(ours, given, **call), inputs)


def _agree_on_config(ours, theirs):
    """Our configuration says what Keras' says, each is made from the other's, and both come back as they went."""
    import keras

    mine, its = ours.get_config(), keras.layers.serialize(theirs)["config"]
    assert _contained(plain(its), plain(mine)) == plain(its)
    twin = type(ours).from_config(ours.get_config())
    assert plain(twin.get_config()) == plain(ours.get_config())
    back = weigh.saving.deserialize_keras_object(keras.saving.serialize_keras_object(theirs))
    assert plain(back.get_config()) == plain(ours.get_config())
    back = keras.saving.deserialize_keras_object(weigh.saving.serialize_keras_object(ours))
    assert plain(keras.layers.serialize(back)["config"]) == plain(its)


def _contained(its, mine):
    """What ours says of what Keras' says, and what Keras' says beyond that and asks for nothing."""
    if isinstance(its, list) and isinstance(mine, list) and len(its) == len(mine):
        return [_contained(*pair) for pair in zip(its, mine, strict=True)]
    if not isinstance(its, dict) or not isinstance(mine, dict):
        return mine
    known = {key: value for key, value in its.items() if key in mine}
    off = {
        key: value
        for key, value in its.items()
        if key not in mine and (value in (None, False) or key == "renorm_momentum")  # which means nothing by itself
    }
    return {**{key: _contained(value, mine[key]) for key, value in known.items()}, **off}


def plain(value):
    """The value with tuples as lists, as JSON has it, without the shapes that layers inside were built for."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "build_config"}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value

"""Operations in networks: recorded, named, saved and read as Keras does; declared without an array library."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

import weigh
from weigh.declare import naming
from weigh.errors import ArgumentTypeError, ShapeError, WeighError


def network(k):
    ops = k.ops
    x, y = k.Input((4, 3), name="x"), k.Input((4, 3), name="y")
    z = x * 2 + y
    z = ops.concatenate([z, x], axis=-1)[:, 1:, ..., None]
    z = ops.mean(ops.reshape(z, (-1, 18)), axis=(1,), keepdims=True)
    a, b = ops.split(k.layers.Dense(4)(z), 2, axis=-1)
    c = -ops.abs(ops.einsum("bi,bj->bij", a, b))
    d = ops.where(c > -0.5, ops.clip(c, -1, 0), 1 / (2.0 - c))
    e = ops.pad(ops.nn.gelu(ops.max(d, axis=1)), [[0, 0], [1, 1]])
    f = k.layers.Dense(2)(e) @ ops.ones((2, 3))
    return k.Model([x, y], {"first": ops.softmax(f), "second": ops.cast(d, "float16")})


def built(k):
    naming.reset()
    keras.utils.clear_session()
    return network(k)


def inputs():
    rng = np.random.default_rng(0)
    return [rng.normal(size=(2, 4, 3)).astype("float32") for _ in range(2)]


def close(mine, its, tolerance=1e-5):
    for key in mine:
        np.testing.assert_allclose(mine[key], its[key], rtol=tolerance, atol=tolerance)


def test_a_network_of_operations_is_the_one_that_keras_builds():
    ours, theirs = built(weigh), built(keras)
    assert [one.name for one in ours.operations] == [one.name for one in theirs.operations]
    assert [type(one).__name__ for one in ours.operations] == [type(one).__name__ for one in theirs.operations]
    assert [one.name for one in ours.layers] == [one.name for one in theirs.layers]
    assert [one.shape for one in ours.outputs] == [one.shape for one in theirs.outputs]
    assert all(isinstance(one, (weigh.layers.Layer, weigh.Operation)) for one in ours.operations)


def test_networks_go_to_keras_and_come_back():
    ours = built(weigh)
    theirs = keras.models.model_from_json(ours.to_json())
    theirs.set_weights(ours.get_weights())
    close(ours.predict(inputs(), verbose=0), theirs.predict(inputs(), verbose=0), 1e-3)
    back = weigh.models.model_from_json(theirs.to_json())
    back.set_weights(ours.get_weights())
    close(back.predict(inputs(), verbose=0), ours.predict(inputs(), verbose=0))
    written = ours.to_json().replace("__tensor__", "__numpy__")  # a constant is read without JAX
    assert json.loads(back.to_json())["config"] == json.loads(written)["config"]


def test_files_go_both_ways(tmp_path):
    ours, theirs = built(weigh), built(keras)
    for saved, load, name in ((ours, keras.models.load_model, "ours"), (theirs, weigh.models.load_model, "theirs")):
        saved.save(tmp_path / f"{name}.keras")
        back = load(tmp_path / f"{name}.keras")
        close(back.predict(inputs(), verbose=0), saved.predict(inputs(), verbose=0), 1e-3)


@pytest.mark.parametrize("options", [{}, {"show_trainable": True}, {"layer_range": ["x", "dense"]}])
def test_the_summary_shows_operations_as_keras_does(options):
    printed = {weigh: [], keras: []}
    for library, lines in printed.items():
        built(library).summary(print_fn=lambda line, line_break=True, lines=lines: lines.append(line), **options)
    assert "\n".join(printed[weigh]).strip() == "\n".join(printed[keras]).strip()


def test_a_network_in_a_line_has_no_connections_in_its_summary(capsys):
    x = weigh.Input((3,))
    weigh.Model(x, weigh.layers.Dense(2)(x * 2) + 1.0).summary()
    shown = capsys.readouterr().out
    assert "multiply (Multiply)" in shown
    assert "Connected to" not in shown


def test_declaring_with_operations_needs_no_array_library():
    script = """
import sys
import weigh
from weigh import ops

class Scale(weigh.layers.Layer):
    def build(self, shape):
        self.factor = self.add_weight((shape[-1],), name="factor")
        self.kernel = self.add_weight((shape[-1], 5), name="kernel")

    def call(self, x):
        return ops.nn.relu(self.factor * x - 1) @ self.kernel / ops.sqrt(5.0 * self.factor[0] if False else x[..., :1])

x = weigh.Input((8, 8, 3))
y = ops.conv(x, weigh.Input((3, 3, 4), batch_size=3), padding="same")
z = ops.concatenate([ops.max_pool(y, 2), y[:, ::2, 1::2]], axis=-1)
z = Scale()(ops.transpose(z, (0, 2, 1, 3)).reshape((-1, 4, 32)))
assert z.shape == (None, 4, 5), z.shape
model = weigh.models.model_from_json(weigh.Model(x, (x ** 2 + x)[..., 0]).to_json())
model.summary(print_fn=lambda text: None)
model.explain(print_fn=lambda text: None)
assert not {"numpy", "jax"} & set(sys.modules), sorted({"numpy", "jax"} & set(sys.modules))
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_operators_of_tensors_are_those_of_keras():
    def shapes(k):
        x, y = k.KerasTensor((None, 3)), k.KerasTensor((None, 3))
        made = [x + 1, 1 + x, x - y, 2 - x, x * y, 2 * x, x / 2, 1 / x, x // 2, 5 // x, x % 2, 7 % x, x**2, 2**x]
        made += [x @ k.KerasTensor((3, 5)), x < y, x <= 1, x > y, x >= 1, x != y, -x, abs(x), round(x), round(x, 2)]
        made += [(x > 0) & (y > 0), (x > 0) | (y > 0), (x > 0) ^ (y > 0), ~(x > 0), True & (x > 0)]
        made += [x[0], x[:, 1:], x[..., None], x.reshape((-1, 1)), k.KerasTensor((2, 1)).squeeze(-1)]
        return [(one.shape, one.dtype) for one in made]

    assert shapes(weigh) == shapes(keras)


def test_arrays_of_numpy_combine_with_tensors_from_the_left():
    assert (np.ones((2, 3), "float32") + weigh.KerasTensor((2, 3))).shape == (2, 3)


def test_a_tensor_is_no_number_and_no_truth_value():
    x = weigh.KerasTensor((2, 3))
    for refused in (int, float, bool, list, np.asarray):
        with pytest.raises(ArgumentTypeError, match="has no values"):
            refused(x)


@weigh.saving.register_keras_serializable("tests")
class Shifted(weigh.Operation):
    def __init__(self, by, name=None):
        super().__init__(name=name)
        self.by = by

    def call(self, x):
        return weigh.ops.concatenate([x, x], axis=-1) + self.by


def test_a_users_operation_is_recorded_saved_and_read():
    x = weigh.Input((3,))
    y = Shifted(2.0)(x)
    assert (y.shape, y.dtype, y.layer.name) == ((None, 6), "float32", "shifted")
    back = weigh.models.model_from_json(weigh.Model(x, y).to_json())
    assert [type(one) for one in back.operations][1] is Shifted
    np.testing.assert_allclose(back.predict(np.zeros((2, 3)), verbose=0), np.full((2, 6), 2.0))
    np.testing.assert_allclose(Shifted(1.0)(np.zeros((1, 1), "float32")), [[1.0, 1.0]])
    record = weigh.saving.serialize_keras_object(Shifted(3.0))
    assert weigh.saving.deserialize_keras_object(record).by == 3.0


class Attention(weigh.layers.Layer):
    """A user's layer in Keras' manner, without a word about its output's shape."""

    def __init__(self):
        super().__init__()
        self.noise = weigh.random.SeedGenerator(1)
        self.project = weigh.layers.Dense(4)

    def build(self, shape):
        self.query = self.add_weight((shape[-1], 5), name="query")

    def call(self, x, training=False):
        scores = weigh.ops.softmax(x @ self.query @ weigh.ops.transpose(self.query) / 2.0)
        if training:
            scores = weigh.random.dropout(scores, 0.5, seed=self.noise)
        return self.project(scores * x)


def test_a_users_layer_of_operations_is_declared_and_computed_alike():
    layer = Attention()
    declared = layer(weigh.Input((7, 3)))
    assert declared.shape == (None, 7, 4)
    computed = layer(np.ones((2, 7, 3), "float32"), training=True)
    assert computed.shape == (2, 7, 4)
    assert layer.noise.state.numpy().tolist() == [1, 1]
    assert [one.name for one in layer.weights] == ["query", "kernel", "bias"]


def test_asking_for_a_shape_changes_no_state():
    class Counting(weigh.layers.Layer):
        def build(self, shape):
            self.count = self.add_weight((), initializer="zeros", trainable=False, name="count")

        def call(self, x):
            self.count.assign_add(1.0)
            return weigh.ops.sum(x, axis=-1) + self.count

    layer = Counting()
    assert layer(weigh.Input((3,))).shape == (None,)
    assert float(layer.count) == 0
    layer(np.ones((2, 3), "float32"))
    assert float(layer.count) == 1


def test_mixed_precision_reaches_operations_inside_of_layers():
    class Product(weigh.layers.Layer):
        def build(self, shape):
            self.kernel = self.add_weight((shape[-1], 2), name="kernel")

        def call(self, x):
            return weigh.ops.matmul(x, self.kernel)

    layer = Product(dtype="mixed_bfloat16")
    assert layer(weigh.Input((3,))).dtype == "bfloat16"
    assert layer(np.ones((2, 3), "float32")).dtype == "bfloat16"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x, ops: x + weigh.KerasTensor((2, 4)), ["add", "Add", "(None, 3)", "(2, 4)"]),
        (lambda x, ops: x @ weigh.KerasTensor((4, 2)), ["matmul", "(None, 3)", "(4, 2)"]),
        (lambda x, ops: ops.reshape(weigh.KerasTensor((2, 3)), (4, 2)), ["reshape", "(2, 3)", "(4, 2)"]),
        (lambda x, ops: ops.concatenate([x, x], axis=3), ["concatenate", "axis 3"]),
        (lambda x, ops: ops.sum(x, axis=5), ["sum", "axis 5"]),
        (lambda x, ops: x[:, 7], ["get_item", "index 7", "(None, 3)"]),
        (lambda x, ops: ops.einsum("ij,jk->ik", x, weigh.KerasTensor((4, 2))), ["einsum", "'j'", "(4, 2)"]),
        (lambda x, ops: ops.squeeze(x, 1), ["squeeze", "(None, 3)"]),
        (lambda x, ops: ops.split(x, 2, axis=1), ["split", "(None, 3)", "2"]),
        (lambda x, ops: ops.stack([x, weigh.KerasTensor((2, 4))]), ["stack", "(2, 4)"]),
        (lambda x, ops: ops.max_pool(weigh.KerasTensor((1, 2, 2, 1)), 3), ["max_pool", "window"]),
        (
            lambda x, ops: ops.conv(weigh.KerasTensor((1, 5, 5, 3)), weigh.KerasTensor((3, 3, 2, 4))),
            ["conv", "channels"],
        ),
    ],
)
def test_what_does_not_fit_is_refused_while_declaring(call, words):
    with pytest.raises(ShapeError) as caught:
        call(weigh.Input((3,)), weigh.ops)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_wrong_arguments_are_refused():
    x = weigh.Input((3,))
    for wrong in (lambda: weigh.ops.add(x), lambda: weigh.ops.add(x, x, x), lambda: weigh.ops.sum(x, axes=1)):
        with pytest.raises(WeighError):
            wrong()


def test_costs_are_exact():
    def cost(tensor):
        node = tensor.node
        return node.layer.compute_cost(*node.args, **node.kwargs)

    x = weigh.Input((4, 3), batch_size=2)
    assert cost(x @ weigh.KerasTensor((3, 5))).multiply_adds == 2 * 4 * 3 * 5
    assert cost(weigh.ops.einsum("bij,kj->bik", x, weigh.KerasTensor((5, 3)))).multiply_adds == 2 * 4 * 3 * 5
    assert cost(x + x).others == 24
    assert cost(weigh.ops.transpose(x)).flops == 0
    assert cost(weigh.ops.sum(x, axis=1)).others == 24
    image = weigh.KerasTensor((2, 6, 6, 3))
    assert cost(weigh.ops.conv(image, weigh.KerasTensor((3, 3, 3, 5)))).multiply_adds == 2 * 4 * 4 * 5 * 27


def test_sizes_remember_where_they_come_from():
    x = weigh.layers.Dense(5)(weigh.Input((4, 3)))
    y = weigh.ops.transpose(x * 2, (0, 2, 1))
    assert repr(y.shape[1].origin) == "units of dense"


def test_formats_are_promoted_as_keras_promotes_them():
    from weigh.declare.dtypes import result_type

    kinds = ["bool", "uint8", "int8", "int32", "int64", "uint32", "bfloat16", "float16", "float32", "float64"]
    kinds += ["complex64", int, float, None]
    for one in kinds:
        for other in kinds:
            assert result_type(one, other) == keras.backend.result_type(one, other), (one, other)
    for refused in (("float8_e5m2", "float32"), ("float8_e4m3fn",)):
        with pytest.raises(WeighError, match="cast"):
            result_type(*refused)

"""`weigh.account(x)`, the door for whatever holds a network."""

import io
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.objects.imitate import classes_of

import weigh
from weigh.errors import ArgumentTypeError, FormatError, NotBuiltError


def test_the_package_can_be_called_and_stays_a_package() -> None:
    script = (
        "import weigh, sys; import weigh.account.roles; from weigh.account import roles; "
        "model = weigh.Sequential([weigh.Input((4,)), weigh.layers.Dense(2)]); "
        "assert weigh.account(model).total == weigh.account(model.layers[0]).total == 10; "
        "assert weigh.account({'left': model, 'right': model}).aliases['right/dense/bias'] == 'left/dense/bias'; "
        "assert not {'numpy', 'jax', 'keras', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_slots_of_ours_stand_beside() -> None:
    model = weigh.Sequential([weigh.Input((4,)), weigh.layers.Dense(2)])
    model.compile("adam", "mse")
    assert weigh.account(model).to_dict() == model.account().to_dict()
    assert weigh.account(weigh.account(model), name="mine").name == "mine"


def test_paths_and_open_files_go_to_the_readers_of_files(tmp_path: Path) -> None:
    np.savez(tmp_path / "file.npz", w=np.ones((3, 4), "float32"))
    for source in (tmp_path / "file.npz", str(tmp_path / "file.npz"), io.BytesIO((tmp_path / "file.npz").read_bytes())):
        assert weigh.account(source).total == 12
    with pytest.raises(FormatError):
        weigh.account(tmp_path / "missing")


@pytest.mark.parametrize("value", [object(), 3, {"a": "b"}, [1.0, 2.0], weigh, len])
def test_what_is_not_understood_is_an_error_that_helps(value: object) -> None:
    with pytest.raises(ArgumentTypeError, match=r"Understood are: .*torch.nn.Module|An account is made of arrays"):
        weigh.account(value)


def test_arrays_in_containers_are_found_where_they_are() -> None:
    shared = np.zeros((4, 3), "float16")
    account = weigh.account({"linear/~/w": {"w": shared, "b": jnp.ones(3)}, "more": [shared, (np.int8(1),)], "lr": 0.1})
    assert [(row.path, row.shape, row.dtype) for row in account] == [
        ("linear/~/w/w", (4, 3), "float16"),
        ("linear/~/w/b", (3,), "float32"),
        ("more/1/0", (), "int8"),
    ]
    assert account.aliases == {"more/0": "linear/~/w/w"}
    assert account["linear/~/w/w"].trainable is None
    assert account.to_dict()["trainable"] is None
    assert account.receipt.notes == ["What is no array is not counted: float."]
    assert (account.receipt.bytes_read, account.receipt.executed) == (0, False)


def test_views_of_one_storage_are_told() -> None:
    whole = np.zeros((4, 6), "float32")
    account = weigh.account(
        {"whole": whole, "part": whole[1:3], "turned": whole.T, "wide": np.broadcast_to(whole[0], (9, 6))}
    )
    assert account.aliases == {"turned": "whole"}
    assert account.receipt.notes[0] == (
        "whole and wide are views of one storage with 24 bytes in common: both are counted."
    )
    assert (account["wide"].count, account["wide"].stored_elements) == (54, 6)


def test_containers_that_stand_in_themselves_end() -> None:
    loop: dict[str, object] = {"w": np.ones(2)}
    loop["self"] = loop
    assert weigh.account(loop).total == 2
    deep: list[object] = [np.ones(3)]
    for _ in range(10_000):
        deep = [deep]
    assert "not followed further" in weigh.account([np.ones(2), deep]).receipt.notes[0]


def test_collections_of_linen_say_what_is_trained() -> None:
    variables = {
        "params": {
            "Dense_0": {"kernel": jnp.ones((5, 4)), "bias": jnp.ones(4)},
            "BatchNorm_0": {"scale": jnp.ones(4), "bias": jnp.ones(4)},
        },
        "batch_stats": {"BatchNorm_0": {"mean": jnp.ones(4), "var": jnp.ones(4)}},
        "cache": {"index": jnp.zeros((), "int32")},
    }
    account = weigh.account(variables)
    assert account.format == "Flax Linen variables"
    assert account.by_kind() == {"trained": 32, "running statistic": 8, "carried state": 1}
    assert account["params/BatchNorm_0/bias"].role == "offset"
    assert account["params/Dense_0/bias"].evidence == "collection params, named bias"
    module = classes_of([["mine", "Net"], ["flax.linen.module", "Module"]])()
    with pytest.raises(ArgumentTypeError, match=r"jax\.eval_shape"):
        weigh.account(module)


def test_states_of_optax_stand_beside() -> None:
    params = {"w": jnp.ones((3, 2)), "b": jnp.ones(2)}
    state = optax.chain(optax.clip(1.0), optax.adam(1e-3)).init(params)
    account = weigh.account(params, state)
    assert (account.total, sum(row.count for row in account.beside)) == (8, 2 * 8 + 1)
    assert weigh.account(state).total == 0
    assert weigh.account({"params": [params], "opt_state": state}).total == 8


def test_a_compiled_function_tells_what_it_takes() -> None:
    function = jax.jit(lambda params, x, *, scale: params["w"] @ x * scale)
    shapes = jax.eval_shape(lambda: ({"w": jnp.ones((3, 4))}, jnp.ones(4), jnp.ones(3)))
    lowered = function.lower(shapes[0], shapes[1], scale=shapes[2])
    account = weigh.account(lowered)
    assert [(row.path, row.shape) for row in account] == [
        ("arguments/0/w", (3, 4)),
        ("arguments/1", (4,)),
        ("scale", (3,)),
    ]
    assert account["arguments/0/w"].trainable is None
    with pytest.raises(ArgumentTypeError, match="lower"):
        weigh.account(function)
    jaxpr = jax.make_jaxpr(lambda x: x + np.arange(3.0))(jnp.ones(3))
    assert weigh.account(jaxpr).total >= 3


def test_an_estimator_that_is_not_fitted_is_an_error() -> None:
    estimator = classes_of([["sklearn.neural_network", "MLPClassifier"], ["sklearn.base", "BaseEstimator"]])()
    with pytest.raises(NotBuiltError, match="not fitted"):
        weigh.account(estimator)


def test_modules_that_hold_themselves_or_double_end() -> None:
    cls = classes_of([["mine", "Net"], ["torch.nn.modules.module", "Module"]])

    def module(**modules: object) -> object:
        made = cls()
        made._parameters, made._buffers, made._modules = {}, {}, modules
        return made

    twice = module()
    twice._modules["self"] = twice
    assert weigh.account(twice).total == 0
    for _ in range(10):
        twice = module(left=twice, right=twice)
    assert "not followed further" in weigh.account(twice).receipt.notes[0]


def test_four_bits_in_integers_keep_their_logical_shape() -> None:
    buffers = {"qweight": (2, 8), "qzeros": (1, 1), "scales": (1, 8), "g_idx": (16,)}
    linear = classes_of([["auto_gptq", "QuantLinear"], ["torch.nn.modules.module", "Module"]])()
    linear._parameters, linear._modules = {}, {}
    linear.bits, linear.infeatures, linear.outfeatures = 4, 16, 8
    linear._buffers = {
        name: SimpleNamespace(shape=shape, dtype="float16" if name == "scales" else "int32")
        for name, shape in buffers.items()
    }
    account = weigh.account(linear)
    assert account.by_kind() == {"frozen": 128}
    assert account["qweight"].stored_elements == 16
    assert {row.kind for row in account.beside} == {"quantisation"}


class Untouchable:
    """An array that says what it is, and fails if anything else is asked of it."""

    def __init__(self, shape: tuple[int, ...], dtype: str) -> None:
        self.shape, self.dtype = shape, dtype

    def __array__(self, *_: object, **__: object) -> object:
        raise AssertionError("it was touched")


@given(
    st.recursive(
        st.builds(
            Untouchable, st.lists(st.integers(0, 10**6), max_size=4).map(tuple), st.sampled_from(["float32", "int8"])
        ),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=4) | st.dictionaries(st.text(), inner, min_size=1, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_every_array_is_counted_once_and_none_is_touched(tree: object) -> None:
    def leaves(node: object) -> list[Untouchable]:
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else None
        return [node] if children is None else [leaf for child in children for leaf in leaves(child)]

    account = weigh.account(tree)
    counted = 0
    for leaf in {id(leaf): leaf for leaf in leaves(tree)}.values():
        product = 1
        for size in leaf.shape:
            product *= size
        counted += product
    assert account.total + sum(row.count for row in account.beside) == counted

"""Layers that choose at random what to do to images, and the layer that does one thing after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from weigh.compute.lazy import jax, numpy
from weigh.compute.values import Array
from weigh.declare.config import Resolve
from weigh.declare.cost import Cost
from weigh.declare.dim import total
from weigh.errors import ArgumentError, ArgumentTypeError
from weigh.layers import checks
from weigh.layers.base import Layer
from weigh.layers.image import base
from weigh.layers.image.base import Boxes, ImageLayer, RandomImageLayer, Transformation, interval
from weigh.layers.image.colour import (
    RandomBrightness,
    RandomColorDegeneration,
    RandomContrast,
    RandomPosterization,
    RandomSharpness,
    Solarization,
)
from weigh.layers.image.contrast import AutoContrast, Equalization
from weigh.layers.image.geometry import INTERPOLATIONS, RandomRotation, RandomShear, RandomTranslation
from weigh.layers.inner import held, revived


class _Policy(RandomImageLayer):
    """A layer that chooses among others, which it makes itself, all equally strong."""

    moves = True
    choices: tuple[str, ...]

    def _set_strength(self, factor: Any, value_range: Any, interpolation: Any) -> None:
        self.factor = interval(self, "factor", factor, (0, 1))
        self.value_range = base.value_range(self, value_range)
        self.interpolation = checks.one_of(self, "interpolation", interpolation, INTERPOLATIONS)

    def _make(self, seed: int | None) -> None:
        """Make the layers to choose from, each under its name as an attribute."""
        shared: dict[str, Any] = {"data_format": self.data_format, "dtype": self.dtype_policy}
        moving = {**shared, "seed": seed, "bounding_box_format": self.bounding_box_format}
        coloured = {**shared, "seed": seed, "value_range": self.value_range}
        contrasting = {**shared, "value_range": self.value_range}
        strength, interpolation = self.factor, self.interpolation
        bits = max(1, int(8 * strength[1]))
        makers: dict[str, Callable[[], ImageLayer]] = {
            "random_shear": lambda: RandomShear(strength, strength, interpolation, **moving),
            "random_translation": lambda: RandomTranslation(strength, strength, interpolation=interpolation, **moving),
            "random_rotation": lambda: RandomRotation(strength, interpolation=interpolation, **moving),
            "random_brightness": lambda: RandomBrightness(strength, **coloured),
            "random_color_degeneration": lambda: RandomColorDegeneration(strength, **coloured),
            "random_contrast": lambda: RandomContrast(strength, **coloured),
            "random_sharpness": lambda: RandomSharpness(strength, **coloured),
            "solarization": lambda: Solarization(strength, strength, **coloured),
            "random_posterization": lambda: RandomPosterization(bits, **coloured),
            "auto_contrast": lambda: AutoContrast(**contrasting),
            "equalization": lambda: Equalization(**contrasting),
        }
        for name, make in makers.items():
            if name in self.choices:
                setattr(self, name, make())

    @property
    def _chosen_from(self) -> list[ImageLayer]:
        return [getattr(self, name) for name in self.choices]

    def build(self, input_shape: Any = None) -> None:
        for layer in self._chosen_from:
            layer.build(input_shape)


class RandAugment(_Policy):
    """In training does some things to a batch of images, chosen at random, one after the other; at inference nothing.

    It chooses from shearing, translation, rotation, brightness, colour degeneration, contrast, sharpness,
    posterization, solarization, automatic contrast and equalization; the choice is the same for the whole batch.

    Input shape: (batch, height, width, 3) or one image. Output shape: that of the input.

    Args:
        value_range: the least and the largest value of a pixel.
        num_ops: how many things are done; the same one may come again.
        factor: how strong they are, at most: a number in [0, 1], or two to draw from between.
        interpolation: of what moves pixels: ``"bilinear"`` or ``"nearest"``.
        seed: where its random stream starts.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: `factor` or `num_ops` is out of range.

    Only what was chosen is computed; Keras computes everything and chooses then. Boxes go through one movement after
    the other, as the images do; in Keras only the last one counts.

    Source: Cubuk et al. 2020, section 3.
    """

    choices = (
        "random_shear",
        "random_translation",
        "random_rotation",
        "random_brightness",
        "random_color_degeneration",
        "random_contrast",
        "random_sharpness",
        "random_posterization",
        "solarization",
        "auto_contrast",
        "equalization",
    )

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_ops: int = 2,
        factor: Any = 0.5,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.num_ops = checks.positive(self, "num_ops", num_ops)
        self._set_strength(factor, value_range, interpolation)
        self._make(seed)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        chosen = jax.random.randint(keys.next(), (self.num_ops,), 0, len(self.choices), "int32")
        return {"chosen": chosen, "each": [_drawn(layer, shape, keys) for layer in self._chosen_from]}

    def _through(self, name: str, things: Any, transformation: Transformation) -> Any:
        """Return things gone through what was chosen, by the method of each layer that has that name."""

        def doing(layer: ImageLayer, drawn: Transformation) -> Callable[[Any], Any]:
            return lambda things: getattr(layer, name)(things, drawn)

        todo = [doing(*one) for one in zip(self._chosen_from, transformation["each"], strict=True)]
        return _folded(lambda things, index: _chosen(index, todo, things), things, transformation["chosen"])

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        return self._through("transform_images", images, transformation)

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Transformation | None, training: bool = True
    ) -> Array:
        if transformation is None or not training:
            return segmentation_masks
        return self._through("transform_segmentation_masks", segmentation_masks, transformation)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation | None, training: bool = True
    ) -> Boxes:
        if transformation is None or not training:
            return bounding_boxes
        return dict(self._through("transform_bounding_boxes", bounding_boxes, transformation))


class AugMix(_Policy):
    """In training mixes images with a weighted mean of changed copies of them; at inference does nothing.

    Each copy goes through a chain of layers, every one chosen at random for the whole batch, or left out. The choices
    are drawn from the layer's own random stream, anew at each step of a compiled training too; Keras asks Python's
    `random` for them, and a compiled step keeps what came when it was compiled.

    Input shape: (batch, height, width, 3) or one image. Output shape: that of the input. Masks are mixed alike, as
    numbers; boxes stay.

    Args:
        value_range: the least and the largest value of a pixel.
        num_chains: how many copies there are.
        chain_depth: how many layers a copy goes through.
        factor: how strong they are, at most: a number in [0, 1], or two to draw from between.
        alpha: copies are weighed by Dirichlet(α, …, α), and what stays of the image itself by Beta(α, α).
        all_ops: whether brightness, colour degeneration, contrast and sharpness may be chosen too.
        interpolation: of what moves pixels: ``"bilinear"`` or ``"nearest"``.
        seed: where its random stream starts.
        data_format: ``"channels_last"`` (default) or ``"channels_first"``.

    Raises:
        ArgumentError: a number is out of range.

    Source: Hendrycks et al. 2020, algorithm 1.
    """

    always_chosen_from = (
        "random_shear",
        "random_translation",
        "random_rotation",
        "random_posterization",
        "solarization",
        "auto_contrast",
        "equalization",
    )

    def __init__(
        self,
        value_range: Any = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Any = 0.3,
        alpha: Any = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.num_chains = checks.positive(self, "num_chains", num_chains)
        self.chain_depth = checks.positive(self, "chain_depth", chain_depth)
        if not isinstance(alpha, (int, float)) or alpha <= 0:
            raise ArgumentError(f"Layer {self.name!r} (AugMix): `alpha` must be a number above 0, not {alpha!r}.")
        self.alpha = alpha
        self.all_ops = all_ops
        more = ("random_brightness", "random_color_degeneration", "random_contrast", "random_sharpness")
        self.choices = (*self.always_chosen_from, *more) if all_ops else self.always_chosen_from
        self._set_strength(factor, value_range, interpolation)
        self._make(seed)

    def draw(self, shape: tuple[int, ...], keys: Any) -> Transformation:
        jnp = jax.numpy
        first = keys.next()
        parts = jax.random.gamma(first, self.alpha, (self.num_chains,), "float32")
        kept = jax.random.beta(keys.next(), self.alpha, self.alpha, (), "float32")
        depths = (self.num_chains, self.chain_depth)
        chosen = jax.random.randint(jax.random.fold_in(first, 1), depths, 0, len(self.choices) + 1)  # the last: none
        taken = jnp.asarray([*(_keys_taken(layer, shape) for layer in self._chosen_from), 0], "uint32")[
            chosen.reshape(-1)
        ]
        before = jnp.cumsum(taken) - taken
        start = self.generator.state.raw
        starts = start + jnp.stack([jnp.zeros_like(before), before], -1)
        self.generator.state.assign(start + jnp.stack([jnp.zeros_like(taken[0]), jnp.sum(taken)]))
        return {
            "parts": parts / jnp.sum(parts),
            "kept": kept,
            "chosen": chosen,
            "keys": starts.reshape(*depths, 2),
        }

    def _mix(self, name: str, things: Array, transformation: Transformation) -> Array:
        """Return things mixed with the mean of copies that went through chains, by the layers' method of that name."""
        shape = transformation["shape"]

        def doing(layer: ImageLayer) -> Callable[[Array, Array], Array]:
            return lambda things, key: getattr(layer, name)(things, _drawn(layer, shape, Keys(key))).astype(
                things.dtype
            )

        todo = [*(doing(layer) for layer in self._chosen_from), lambda things, key: things]

        def step(things: Array, one: tuple[Array, Array]) -> Array:
            chosen, key = one
            return _chosen(chosen, todo, things, key)

        def chain(total: Array, one: tuple[Array, Array, Array]) -> Array:
            part, chosen, keys = one
            return total + part.astype(things.dtype) * _folded(step, things, (chosen, keys))

        every = (transformation["parts"], transformation["chosen"], transformation["keys"])
        mean = _folded(chain, jax.numpy.zeros_like(things), every)
        kept = transformation["kept"].astype(things.dtype)
        return kept * things + (1 - kept) * mean

    def change(self, images: Array, transformation: Transformation, interpolation: str) -> Array:
        return jax.numpy.clip(self._mix("transform_images", images, transformation), *self.value_range)

    def transform_segmentation_masks(
        self, segmentation_masks: Array, transformation: Transformation | None, training: bool = True
    ) -> Array:
        if transformation is None or not training:
            return segmentation_masks
        masks = segmentation_masks.astype(jax.numpy.promote_types(segmentation_masks.dtype, self.compute_dtype))
        return self._mix("transform_segmentation_masks", masks, transformation)

    def transform_bounding_boxes(
        self, bounding_boxes: Boxes, transformation: Transformation | None, training: bool = True
    ) -> Boxes:
        return bounding_boxes


class Keys:
    """Random keys from one on, as a generator of that state gives them, without a state that outlasts the call.

    Args:
        state: the first key.

    Attributes:
        taken: how many were taken.
    """

    def __init__(self, state: Array) -> None:
        self.state = state
        self.taken = 0

    def next(self) -> Array:
        """Return the next key."""
        key = self.state
        self.state = key + numpy.array([0, 1], dtype="uint32")
        self.taken += 1
        return key


def _chosen(index: Array, todo: list[Callable[..., Any]], *operands: Any) -> Any:
    """Return what the function of that number gives; inside a trace only the chosen one runs, too."""
    if isinstance(index, jax.core.Tracer):
        return jax.lax.switch(index, todo, *operands)
    return todo[int(index)](*operands)


def _folded(step: Callable[[Any, Any], Any], state: Any, items: Any) -> Any:
    """Return a state gone through a step for each item of arrays; outside a trace without compiling a loop."""
    leaves, structure = jax.tree.flatten(items)
    if any(isinstance(leaf, jax.core.Tracer) for leaf in leaves):
        return jax.lax.scan(lambda state, item: (step(state, item), None), state, items)[0]
    for item in zip(*leaves, strict=True):
        state = step(state, jax.tree.unflatten(structure, item))
    return state


def _drawn(layer: ImageLayer, shape: tuple[int, ...], keys: Any) -> Transformation:
    return {"shape": shape, **(layer.draw(shape, keys) or {})}


def _keys_taken(layer: ImageLayer, shape: tuple[int, ...]) -> int:
    """Return how many keys a layer takes for a batch."""
    keys = Keys(numpy.zeros(2, dtype="uint32"))
    jax.eval_shape(lambda: layer.draw(shape, keys))
    return keys.taken


class Pipeline(Layer):
    """Calls layers one after the other, as one layer: what comes out of each goes into the next.

    Args:
        layers: the layers, in order.
        name: automatic where none is given.

    Raises:
        ArgumentTypeError: `layers` is no list of layers.
    """

    def __init__(self, layers: Any, name: str | None = None, **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        if not isinstance(layers, (list, tuple)):
            raise ArgumentTypeError(
                f"Layer {self.name!r} (Pipeline): `layers` must be a list of layers, not {layers!r}."
            )
        self.layers = [held(self, "layers", layer) for layer in layers]

    def build(self, input_shape: Any = None) -> None:
        if input_shape is None:  # Keras writes no shape down; each layer is built when it is called
            return
        for layer in self.layers:
            if not layer.built:
                layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def compute_cost(self, input_shape: Any) -> Cost | None:
        costs: list[Cost] = []
        for layer in self.layers:
            cost = layer.compute_cost(input_shape)
            if cost is None:
                return None
            costs.append(cost)
            input_shape = layer.compute_output_shape(input_shape)
        counts = ([getattr(cost, kind) for cost in costs] for kind in ("multiply_adds", "others"))
        return Cost(*(total(count for count in some if count) for some in counts))

    def call(self, inputs: Any, training: bool = True) -> Any:
        for layer in self.layers:
            inputs = layer(inputs, training=training)
        return inputs

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {"layers": config["layers"], "name": self.name}

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None, resolve: Resolve | None = None
    ) -> Any:
        """Make a pipeline from what `get_config` returned."""
        return cls(**{**config, "layers": [revived(layer, custom_objects, resolve) for layer in config["layers"]]})

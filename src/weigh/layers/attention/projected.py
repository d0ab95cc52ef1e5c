"""What attention with heads has in common: projections, masks, shares, and a projection back."""

from __future__ import annotations

import math
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import naming
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product, total
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.attention import scores as scoring
from weigh.layers.base import Layer
from weigh.layers.core.einsum import EinsumDense
from weigh.layers.regularization import Dropout
from weigh.parts import constraints, initializers, regularizers


class ProjectedAttention(Layer):
    """The base of attention whose query, key and value are projected to several heads, and back.

    Args: as of MultiHeadAttention.
    """

    special = frozenset({"flash_attention", "use_gate"})

    def __init__(
        self,
        dropout: float,
        use_bias: bool,
        sliding_window: int | None,
        flash_attention: bool | None,
        kernel_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        bias_regularizer: Any,
        kernel_constraint: Any,
        bias_constraint: Any,
        use_gate: bool,
        seed: int | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.dropout = checks.share(self, "dropout", dropout)
        self.use_bias = use_bias
        self.sliding_window = (
            None if sliding_window is None else checks.positive(self, "sliding_window", sliding_window)
        )
        self.flash_attention = flash_attention
        if flash_attention and self.dropout > 0:
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): `dropout`, {dropout}, drops shares, which flash "
                "attention never has all at once. Set one of `dropout` and `flash_attention` only."
            )
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.use_gate = use_gate
        self.seed = seed
        self.supports_masking = True

    # Declaring --------------------------------------------------------------------------------------------------

    def _projection(self, name: str, equation: str, output_shape: list[Any], bias_axes: str, **options: Any) -> Any:
        """Return an inner layer that projects, with parts like this layer's."""
        layer = EinsumDense(
            equation,
            output_shape,
            bias_axes=bias_axes if self.use_bias else None,
            name=name,
            kernel_initializer=_another(self.kernel_initializer),
            bias_initializer=_another(self.bias_initializer),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            activity_regularizer=self.activity_regularizer,
            dtype=self.dtype_policy,
            **options,
        )
        layer.supports_masking = True  # masks go with query, key and value, and are heeded where the shares are made
        return layer

    def _declare_dropout(self) -> None:
        """Make the inner layer that drops shares; where there is none, use up its name and the softmax's, as Keras."""
        naming.automatic("Softmax")
        if self.dropout > 0:
            self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)
        else:
            naming.automatic("Dropout")

    def _check_lengths(self, query_shape: Shape, value_shape: Shape, key_shape: Shape) -> None:
        ranks = {len(query_shape), len(value_shape), len(key_shape)}
        if min(ranks) < 3 or len(ranks) > 1 or value_shape[1:-1] != key_shape[1:-1]:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) takes query (batch, targets, features), value and key "
                f"(batch, sources, features), with a value for each key, but got query {query_shape}, value "
                f"{value_shape} and key {key_shape}."
            )

    def _cost(
        self, projections: list[tuple[Any, Shape]], shares: list[Any], query_width: int, value_width: int
    ) -> Cost:
        """Return what projections of inputs of these shapes and the two products, with so many shares, take."""
        cost = [layer.compute_cost(shape) for layer, shape in projections]
        pairs = product(shares)
        products = [one.multiply_adds for one in cost] + [pairs * query_width, pairs * value_width]
        # on each share: the scale, minus the largest, the exponential, into the sum, divided by it
        return Cost(total(products), sum(int(one.others) for one in cost) + 5 * int(pairs))

    def _outputs(self, output: Shape, scores: Shape, return_attention_scores: bool) -> Any:
        tensor = self.tensor_type(output, self.compute_dtype)
        return (tensor, self.tensor_type(scores, self.compute_dtype)) if return_attention_scores else tensor

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        unset = {"sliding_window": None, "flash_attention": None, "use_gate": False}  # older Keras 3 refuses them
        return {name: value for name, value in config.items() if name not in unset or value != unset[name]}

    # Computing --------------------------------------------------------------------------------------------------

    def _regularize_activity(self, outputs: Any) -> None:
        """Add nothing: the projections regularize what they give, and the last of them gives the output."""

    def _allowed(
        self,
        query: Array,
        value: Array,
        query_mask: Any,
        value_mask: Any,
        key_mask: Any,
        attention_mask: Any,
        use_causal_mask: bool,
    ) -> Array | None:
        """Return who may attend to whom: (batch, …, targets, sources), with 1 where it is the same for all."""
        targets, sources = query.shape[1], value.shape[1]
        along_sources = [mask[..., None, :] for mask in (value_mask, key_mask) if mask is not None]
        return scoring.joined(
            [
                attention_mask,
                None if query_mask is None else query_mask[..., :, None],
                *along_sources,
                scoring.causal(targets, sources)[None] if use_causal_mask else None,
                scoring.near(targets, sources, self.sliding_window)[None] if self.sliding_window is not None else None,
            ]
        )

    def _attended(
        self,
        query: Array,
        key: Array,
        value: Array,
        equations: tuple[str, str],
        axes: int,
        allowed: Array | None,
        training: bool | None,
        nothing: bool,
    ) -> tuple[Array, Array]:
        """Return what each query takes of the values, and the shares.

        Args:
            query: with heads.
            key: with heads.
            value: with heads.
            equations: for the scores, of query and key, and for the output, of shares and value.
            axes: how many of the last axes of the scores are those of the sources.
            allowed: broadcast against the scores.
            training: whether shares are dropped.
            nothing: whether a query that may attend to nothing takes nothing; else it takes of all alike. Keras does
                the one where it drops or returns shares, and the other where its fused kernel runs.
        """
        jnp = jax.numpy
        wide = jnp.promote_types(query.dtype, "float32")
        scores = jnp.einsum(equations[0], query, key, preferred_element_type=wide) * (1 / math.sqrt(query.shape[-1]))
        over = tuple(range(scores.ndim - axes, scores.ndim))
        shares = scoring.shares(scores, allowed, over, nothing).astype(value.dtype)
        used = self._dropout_layer(shares, training=training) if self.dropout > 0 else shares
        return jnp.einsum(equations[1], used, value), shares

    def _check_flash(self, return_attention_scores: bool) -> None:
        if self.flash_attention and return_attention_scores:
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): flash attention never has all shares at once, so it "
                "cannot return them. Leave out `flash_attention` or `return_attention_scores`."
            )

    def _fused(self, query: Array, key: Array, value: Array, allowed: Array | None) -> Array | None:
        """Return the output by cuDNN's fused kernel, which never stores the shares; ``None`` where there is none.

        It is asked for by ``flash_attention=True``; its result differs from the written-out one in the last digits.
        """
        if (
            not self.flash_attention
            or str(query.dtype) not in ("float16", "bfloat16")
            or key.shape[-1] != value.shape[-1]
        ):
            return None
        if jax.default_backend() != "gpu":
            return None
        try:
            output: Array = jax.nn.dot_product_attention(query, key, value, mask=allowed, implementation="cudnn")
        except (NotImplementedError, RuntimeError, ValueError):
            return None  # this card, or this version of cuDNN, has no kernel for these shapes
        return output


def _another(initializer: Any) -> Any:
    """Return an initializer like this one that draws numbers of its own."""
    return initializer.clone() if hasattr(initializer, "clone") else initializer

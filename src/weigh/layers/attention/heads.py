"""Attention with several heads."""

from __future__ import annotations

from string import ascii_lowercase
from typing import Any

from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.attention import scores as scoring
from weigh.layers.attention.projected import ProjectedAttention


class MultiHeadAttention(ProjectedAttention):
    """Attends with several heads at once: each projects query, key and value for itself, and all are projected back.

    Called on ``(query, value)`` or ``(query, value, key)``. Input shapes: query (batch, targets, features), value and
    key (batch, sources, features), with more axes where `attention_axes` are more. Output shape: (batch, targets,
    features of the query), or `output_shape` in the place of the features; with ``return_attention_scores=True`` also
    the shares, (batch, heads, targets, sources). Masks of query, value and key are heeded, and the query's goes on;
    `attention_mask` (batch, targets, sources), or with heads behind the batch, and ``use_causal_mask=True`` hide more.
    A mask that is given explicitly, such as `query_mask`, counts, which Keras passes over.

    Source: Vaswani et al. 2017, section 3.2; the gate: Qiu et al. 2025, section 2.2.

    Args:
        num_heads: number of heads.
        key_dim: width of query and key in a head.
        value_dim: width of the value in a head; by default `key_dim`.
        dropout: share of the shares that training sets to 0.
        use_bias: whether the projections add a bias.
        output_shape: sizes that the output has in place of the query's features.
        attention_axes: the axes that are attended over, by default all but the batch's and the features'.
        sliding_window: if given, a position sees those less than so many steps away.
        flash_attention: whether cuDNN's fused kernel computes it where there is one, for half-precision numbers on a
            GPU; elsewhere it is computed as without.
        kernel_initializer, bias_initializer: how the weights begin.
        kernel_regularizer, bias_regularizer: what the weights add to the loss.
        activity_regularizer: what the projections' and the layer's outputs add to the loss.
        kernel_constraint, bias_constraint: applied to the weights after each update.
        use_gate: whether what the heads give is multiplied by a sigmoid of a projection of the query.
        seed: where dropout's random stream starts.

    Raises:
        ArgumentError: a number of heads, a width or a window is not a whole number above 0, `dropout` is outside
            [0, 1), or is given with `flash_attention`.
        ShapeError: query, value and key do not fit, or a mask does not.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            dropout,
            use_bias,
            sliding_window,
            flash_attention,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            kernel_constraint,
            bias_constraint,
            use_gate,
            seed,
            activity_regularizer=activity_regularizer,
            **kwargs,
        )
        self.num_heads = checks.positive(self, "num_heads", num_heads)
        self.key_dim = checks.positive(self, "key_dim", key_dim)
        self.value_dim = self.key_dim if value_dim is None else checks.positive(self, "value_dim", value_dim)
        self._value_argument = "key_dim" if value_dim is None else "value_dim"
        self.output_shape = self._whole_numbers("output_shape", output_shape, 1)
        self.attention_axes = self._whole_numbers("attention_axes", attention_axes)

    def _whole_numbers(self, argument: str, value: Any, least: int | None = None) -> tuple[int, ...] | None:
        if value is None or value == ():
            return None
        numbers = tuple(value) if isinstance(value, (list, tuple)) else (value,)
        if any(
            isinstance(one, bool) or not hasattr(one, "__index__") or (least is not None and one < least)
            for one in numbers
        ):
            raise ArgumentError(
                f"Layer {self.name!r} (MultiHeadAttention): `{argument}` must be a whole number"
                f"{'' if least is None else f' of at least {least}'} or a list of some, not {value!r}."
            )
        return numbers

    # Declaring --------------------------------------------------------------------------------------------------

    def build(  # type: ignore[override]  # the call takes several tensors
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        self._check_lengths(query_shape, value_shape, key_shape)
        rank = len(query_shape)
        free = ascii_lowercase[: rank - 1]
        features, head, width = tuple(ascii_lowercase[rank - 1 : rank + 2])
        into, axes = f"{free}{features},{features}{head}{width}->{free}{head}{width}", head + width
        heads, key_dim, value_dim = self.dim("num_heads"), self.dim("key_dim"), self.dim(self._value_argument)
        others: list[Any] = [None] * (rank - 2)

        self.query_dense = self._projection("query", into, [*others, heads, key_dim], axes)
        self.query_dense.build(query_shape)
        self.key_dense = self._projection("key", into, [*others, heads, key_dim], axes)
        self.key_dense.build(key_shape)
        if self.use_gate:
            self._gate_dense = self._projection("gate", into, [*others, heads, value_dim], axes, activation="sigmoid")
            self._gate_dense.build(query_shape)
        self.value_dense = self._projection("value", into, [*others, heads, value_dim], axes)
        self.value_dense.build(value_shape)
        self._set_attention(rank)
        self._declare_dropout()

        sizes = (
            [query_shape[-1]]
            if self.output_shape is None
            else [self.dim("output_shape", index) for index in range(len(self.output_shape))]
        )
        made = ascii_lowercase[rank + 2 : rank + 2 + len(sizes)]
        self.output_dense = self._projection(
            "attention_output", f"{free}{head}{width},{head}{width}{made}->{free}{made}", [*others, *sizes], made
        )
        self.output_dense.build((*query_shape[:-1], heads, value_dim))

    def _set_attention(self, rank: int) -> None:
        """Work out which axes are attended over, and the equations of the two products, for inputs of so many axes."""
        given = self.attention_axes or tuple(range(1, rank - 1))
        axes = tuple(axis if axis >= 0 else rank + axis for axis in given)
        if any(not 0 < axis < rank - 1 for axis in axes) or len(set(axes)) < len(axes):
            raise ShapeError(
                f"Layer {self.name!r} (MultiHeadAttention) attends over axes {given}, but its query of {rank} axes has "
                f"axes 1 to {rank - 2} between the batch and the features."
            )
        self.attention_axes = axes
        target = ascii_lowercase[: rank + 1]  # …, head, width
        taken = iter(ascii_lowercase[rank + 1 :])
        source = "".join(next(taken) if axis in axes else letter for axis, letter in enumerate(target))
        kept = "".join(letter for axis, letter in enumerate(target[:-1]) if axis not in axes)
        pairs = kept + "".join(target[axis] for axis in axes) + "".join(source[axis] for axis in axes)
        self._equations = (f"{target},{source}->{pairs}", f"{pairs},{source}->{target}")

    def compute_output_shape(  # type: ignore[override]
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> Shape:
        self._check_lengths(query_shape, value_shape, value_shape if key_shape is None else key_shape)
        if self.output_shape is None:
            return query_shape
        return (*query_shape[:-1], *(self.dim("output_shape", index) for index in range(len(self.output_shape))))

    def compute_output_spec(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        output = self.compute_output_shape(query.shape, value.shape, None if key is None else key.shape)
        return self._outputs(output, tuple(self._score_shape(query.shape, value.shape)), return_attention_scores)

    def _score_shape(self, query_shape: Shape, value_shape: Shape) -> list[int | None]:
        axes = self.attention_axes or ()
        kept = [size for axis, size in enumerate(query_shape[:-1]) if axis not in axes]
        targets, sources = ([shape[axis] for axis in axes] for shape in (query_shape, value_shape))
        return [*kept, self.dim("num_heads"), *targets, *sources]

    def compute_cost(  # type: ignore[override]
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> Cost:
        key_shape = value_shape if key_shape is None else key_shape
        value_dim = self.dim(self._value_argument)
        projections = [
            (self.query_dense, query_shape),
            (self.key_dense, key_shape),
            (self.value_dense, value_shape),
            *([(self._gate_dense, query_shape)] if self.use_gate else []),
            (self.output_dense, (*query_shape[:-1], self.dim("num_heads"), value_dim)),
        ]
        return self._cost(projections, self._score_shape(query_shape, value_shape), self.dim("key_dim"), value_dim)

    # Computing --------------------------------------------------------------------------------------------------

    def call(
        self,
        query: Array,
        value: Array,
        key: Array | None = None,
        query_mask: Array | None = None,
        value_mask: Array | None = None,
        key_mask: Array | None = None,
        attention_mask: Array | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        self._check_flash(return_attention_scores)
        key = value if key is None else key
        allowed = self._allowed(query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        if allowed is not None:
            allowed = self._aligned(allowed, query.shape, value.shape)
        gate = self._gate_dense(query) if self.use_gate else None
        query, key, value = self.query_dense(query), self.key_dense(key), self.value_dense(value)
        axes = len(self.attention_axes or ())
        fusable = query.ndim == 4 and not self.dropout and not return_attention_scores
        output, shares = (self._fused(query, key, value, allowed) if fusable else None), None
        if output is None:
            output, shares = self._attended(query, key, value, self._equations, axes, allowed, training, not fusable)
        output = self.output_dense(output if gate is None else output * gate)
        return (output, shares) if return_attention_scores else output

    def _aligned(self, allowed: Array, query_shape: Shape, value_shape: Shape) -> Array:
        """Return a mask with axes of size 1 for those of the scores that it lacks: heads', and others before them."""
        scores = self._score_shape(query_shape, value_shape)
        shape, lacking = list(allowed.shape), len(scores) - allowed.ndim
        place = max(0, len(shape) - 2 * len(self.attention_axes or ()))
        allowed = allowed.reshape((*shape[:place], *(1,) * lacking, *shape[place:]))
        scoring.check_mask(self, allowed, [size or 1 for size in scores])
        return allowed

"""Attention in which several heads of the query share a head of key and value."""

from __future__ import annotations

from typing import Any

from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape
from weigh.errors import ArgumentError, ShapeError
from weigh.layers import checks
from weigh.layers.attention import scores as scoring
from weigh.layers.attention.projected import ProjectedAttention


class GroupedQueryAttention(ProjectedAttention):
    """Attends with several heads, of which each group shares one head of key and value.

    With one head of key and value it is multi-query attention, with as many as of the query multi-head attention.
    Called on ``(query, value)`` or ``(query, value, key)``. Input shapes: query (batch, targets, features), value and
    key (batch, sources, features). Output shape: that of the query; with ``return_attention_scores=True`` also the
    shares, (batch, heads, targets, sources). Masks: as of MultiHeadAttention. In Keras: ``GroupQueryAttention``.

    Source: Ainslie et al. 2023, section 2.2; the gate: Qiu et al. 2025, section 2.2.

    Args:
        head_dim: width of query, key and value in a head.
        num_query_heads: number of heads of the query.
        num_key_value_heads: number of heads of key and value; divides that of the query.
        dropout, use_bias, sliding_window, flash_attention, kernel_initializer, bias_initializer, kernel_regularizer,
            bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint, use_gate, seed: as of
            MultiHeadAttention.

    Raises:
        ArgumentError: a number is not a whole number above 0, or the heads do not divide.
        ShapeError: query, value and key do not fit, or a mask does not.
    """

    keras_name = "GroupQueryAttention"  # what Keras exports it as; its name and files say GroupedQueryAttention

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
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
        self.head_dim = checks.positive(self, "head_dim", head_dim)
        self.num_query_heads = checks.positive(self, "num_query_heads", num_query_heads)
        self.num_key_value_heads = checks.positive(self, "num_key_value_heads", num_key_value_heads)
        if self.num_query_heads % self.num_key_value_heads:
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}): {num_query_heads} heads of the query cannot share "
                f"{num_key_value_heads} heads of key and value equally: `num_key_value_heads` must divide "
                "`num_query_heads`."
            )

    def build(  # type: ignore[override]  # the call takes several tensors
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        self._check_lengths(query_shape, value_shape, key_shape)
        heads, shared = self.dim("num_query_heads"), self.dim("num_key_value_heads")
        width = self.dim("head_dim")
        self._query_dense = self._projection("query", "bqm,muh->bquh", [None, heads, width], "uh")
        self._query_dense.build(query_shape)
        self._key_dense = self._projection("key", "bkm,mvh->bkvh", [None, shared, width], "vh")
        self._key_dense.build(key_shape)
        if self.use_gate:
            self._gate_dense = self._projection(
                "gate", "bqm,muh->bquh", [None, heads, width], "uh", activation="sigmoid"
            )
            self._gate_dense.build(query_shape)
        self._value_dense = self._projection("value", "bkm,mvh->bkvh", [None, shared, width], "vh")
        self._value_dense.build(value_shape)
        self._declare_dropout()
        features = checks.known_size(self, query_shape, -1)
        self._output_dense = self._projection("attention_output", "bquh,uhm->bqm", [None, features], "m")
        self._output_dense.build((None, None, heads, width))

    def compute_output_shape(  # type: ignore[override]
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> Shape:
        self._check_lengths(query_shape, value_shape, value_shape if key_shape is None else key_shape)
        if query_shape[-1] != value_shape[-1]:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) takes query and value of as many features, but got query "
                f"{query_shape} and value {value_shape}."
            )
        return query_shape

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
        return self._outputs(output, self._score_shape(query.shape, value.shape), return_attention_scores)

    def _score_shape(self, query_shape: Shape, value_shape: Shape) -> Shape:
        return (query_shape[0], self.dim("num_query_heads"), query_shape[1], value_shape[1])

    def compute_cost(  # type: ignore[override]
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> Cost:
        key_shape = value_shape if key_shape is None else key_shape
        width = self.dim("head_dim")
        projections = [
            (self._query_dense, query_shape),
            (self._key_dense, key_shape),
            (self._value_dense, value_shape),
            *([(self._gate_dense, query_shape)] if self.use_gate else []),
            (self._output_dense, (*query_shape[:-1], self.dim("num_query_heads"), width)),
        ]
        return self._cost(projections, list(self._score_shape(query_shape, value_shape)), width, width)

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
        scores = tuple(size or 1 for size in self._score_shape(query.shape, value.shape))
        if allowed is not None:
            allowed = allowed.reshape((*allowed.shape[:-2], *(1,) * (4 - allowed.ndim), *allowed.shape[-2:]))
            scoring.check_mask(self, allowed, scores)
        gate = self._gate_dense(query) if self.use_gate else None
        query, key, value = self._query_dense(query), self._key_dense(key), self._value_dense(value)
        shared = self.num_key_value_heads
        groups = self.num_query_heads // shared
        fusable = not self.dropout and not return_attention_scores
        output, shares = (self._fused(query, key, value, allowed) if fusable else None), None
        if output is None:
            if allowed is not None:  # heads apart: those of key and value, then those of a group
                of_heads = (1, 1) if allowed.shape[1] == 1 else (shared, groups)
                allowed = allowed.reshape((allowed.shape[0], *of_heads, *allowed.shape[2:]))
            grouped = query.reshape((*query.shape[:2], shared, groups, query.shape[-1]))
            equations = ("bqvgh,bkvh->bvgqk", "bvgqk,bkvh->bqvgh")
            output, shares = self._attended(grouped, key, value, equations, 1, allowed, training, not fusable)
            output, shares = output.reshape(query.shape), shares.reshape(scores)
        output = self._output_dense(output if gate is None else output * gate)
        return (output, shares) if return_attention_scores else output


GroupQueryAttention = GroupedQueryAttention

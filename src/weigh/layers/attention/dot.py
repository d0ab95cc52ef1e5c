"""Attention without heads: Luong's by products, Bahdanau's by sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from weigh.account import roles
from weigh.compute.lazy import jax
from weigh.compute.randomness import SeedGenerator, dropout
from weigh.compute.values import Array, Variable
from weigh.declare.cost import Cost
from weigh.declare.dim import Shape, product
from weigh.errors import ShapeError
from weigh.layers import checks
from weigh.layers.attention import scores as scoring
from weigh.layers.base import Layer


class Attention(Layer):
    """Gives each query the mean of the values, each value counted by how well its key fits the query.

    Input shapes: a list of query (batch, targets, features), value (batch, sources, width) and, where it is not the
    value, key (batch, sources, features). Output shape: (batch, targets, width); with
    ``return_attention_scores=True`` also the shares, (batch, targets, sources). ``use_causal_mask=True`` hides from
    each position those behind it. Masks: a list like the inputs; masked values get no share, masked queries get 0.

    Source: Luong et al. 2015, section 3.1 ("dot").

    Args:
        use_scale: whether scores are multiplied by a learned number.
        score_mode: ``"dot"``: the product of query and key; ``"concat"``: a learned number times the sum of tanh(query
            + key).
        dropout: share of the shares that training sets to 0.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `score_mode` is neither, or `dropout` is outside [0, 1).
        ShapeError: the inputs are no list of two or three tensors that fit.
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.score_mode = checks.one_of(self, "score_mode", score_mode, ("dot", "concat"))
        self.dropout = checks.share(self, "dropout", dropout)
        self.seed = seed
        if self.dropout > 0:
            self.seed_generator = SeedGenerator(seed)
        self.supports_masking = True
        self.scale: Variable | None = None
        self.concat_score_weight: Variable | None = None

    def build(self, input_shape: Sequence[Shape]) -> None:
        self._check_shapes(input_shape)
        if self.use_scale:
            self.scale = self.add_weight((), name="scale", role=roles.SCALE, initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                (), name="concat_score_weight", role=roles.SCORE_WEIGHT, initializer="ones"
            )

    def _check_shapes(self, shapes: Any) -> None:
        several = isinstance(shapes, (list, tuple)) and len(shapes) in (2, 3) and isinstance(shapes[0], (list, tuple))
        if not several:
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) takes a list of a query and a value, and a key where it "
                f"is not the value, but got one of shape {shapes}. Call it on a list: layer([query, value])."
            )
        query, value, key = shapes[0], shapes[1], shapes[-1]
        unlike = query[-1] is not None and key[-1] is not None and query[-1] != key[-1]
        if min(map(len, shapes)) < 2 or unlike or (None not in (value[-2], key[-2]) and value[-2] != key[-2]):
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) compares queries with keys of as many features, and "
                f"needs a value for each key, but got shapes {list(shapes)}: (batch, targets, features), (batch, "
                "sources, width) and (batch, sources, features) would fit."
            )

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self,
        inputs: Any,
        mask: Any = None,
        return_attention_scores: bool = False,
        training: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        shapes = [tensor.shape for tensor in inputs]
        output = self.tensor_type(self.compute_output_shape(shapes), self.compute_dtype)
        if not return_attention_scores:
            return output
        return output, self.tensor_type((*shapes[0][:-1], shapes[-1][-2]), self.compute_dtype)

    def compute_cost(self, input_shape: Sequence[Shape]) -> Cost:
        query, value, key = input_shape[0], input_shape[1], input_shape[-1]
        pairs = product((*query[:-1], key[-2]))
        summed = pairs * product(query[-1:])
        mixed = pairs * product(value[-1:])
        if self.score_mode == "dot":
            return Cost(int(summed) + int(mixed), int(pairs) * (5 + self.use_scale))
        return Cost(int(mixed), int(summed) * (3 + self.use_scale) + int(pairs) * 6)

    def _scores(self, query: Array, key: Array) -> Array:
        if self.score_mode == "dot":
            scores = query @ jax.numpy.swapaxes(key, -1, -2)
            return scores if self.scale is None else scores * self.scale
        sums = query[..., :, None, :] + key[..., None, :, :]
        sums = sums if self.scale is None else self.scale * sums
        scores = jax.numpy.sum(jax.numpy.tanh(sums), axis=-1)
        return scores if self.concat_score_weight is None else self.concat_score_weight * scores

    def call(
        self,
        inputs: Sequence[Array],
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        query, value, key = inputs[0], inputs[1], inputs[-1]
        of_query, of_value = self._checked_masks(mask, inputs)
        scores = self._scores(query, key)
        hidden = scoring.causal(*scores.shape[-2:]) if use_causal_mask else None
        allowed = scoring.joined([None if of_value is None else of_value[..., None, :], hidden])
        shares = scoring.shares(scores, allowed).astype(self.compute_dtype)
        used = shares
        if training and self.dropout > 0:
            used = dropout(shares, self.dropout, None, self.seed_generator.next())
        outputs = used @ value
        if of_query is not None:
            outputs = jax.numpy.where(of_query[..., None].astype(bool), outputs, jax.numpy.zeros((), outputs.dtype))
        return (outputs, shares) if return_attention_scores else outputs

    def _checked_masks(self, mask: Any, inputs: Sequence[Array]) -> tuple[Array | None, Array | None]:
        """Return the masks of query and value.

        Raises:
            ShapeError: they are no list, or one has another shape than its input without the last axis.
        """
        if mask is None:
            return None, None
        if not isinstance(mask, (list, tuple)) or len(mask) not in (2, 3):
            raise ShapeError(
                f"Layer {self.name!r} ({type(self).__name__}) takes `mask` as a list, [of the query, of the value], "
                f"but got {mask!r}."
            )
        for one, array, what in zip(mask, inputs, ("a mask of the query", "a mask of the value", ""), strict=False):
            if one is not None and what:
                scoring.check_mask(self, one, array.shape[:-1], what)
        return mask[0], mask[1]

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return previous_mask[0] if isinstance(previous_mask, (list, tuple)) else None


class AdditiveAttention(Attention):
    """Gives each query the mean of the values, each counted by the sum of tanh(query + key).

    Input and output shapes, masks and what the call takes: as of Attention.

    Source: Bahdanau et al. 2015, appendix A.1.2.

    Args:
        use_scale: whether the sum is weighted, with a learned number for each feature.
        dropout: share of the shares that training sets to 0.
        seed: where its random stream starts.

    Raises:
        ArgumentError: `dropout` is outside [0, 1).
        ShapeError: the inputs are no list of two or three tensors that fit.
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(use_scale, "dot", dropout, seed, **kwargs)

    def build(self, input_shape: Sequence[Shape]) -> None:
        self._check_shapes(input_shape)
        if self.use_scale:
            features = checks.known_size(self, input_shape[0], -1)
            self.scale = self.add_weight((features,), name="scale", role=roles.SCALE, initializer="glorot_uniform")

    def compute_cost(self, input_shape: Sequence[Shape]) -> Cost:
        query, value, key = input_shape[0], input_shape[1], input_shape[-1]
        pairs = int(product((*query[:-1], key[-2])))
        return Cost(pairs * int(value[-1] or 0), pairs * (int(query[-1] or 0) * (3 + self.use_scale) + 5))

    def _scores(self, query: Array, key: Array) -> Array:
        bent = jax.numpy.tanh(query[..., :, None, :] + key[..., None, :, :])
        return jax.numpy.sum(bent if self.scale is None else self.scale * bent, axis=-1)

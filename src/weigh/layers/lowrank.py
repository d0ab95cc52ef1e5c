"""Low-rank adaptation: a large weight stays as it is, and the product of two small ones is learned in its place."""

from __future__ import annotations

from typing import Any, ClassVar

from weigh.account import roles
from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare.cost import Cost
from weigh.declare.dim import product
from weigh.errors import ArgumentError, NotBuiltError, StateError
from weigh.layers import checks
from weigh.layers.base import Layer


class LowRankAdapted(Layer):
    """The base of layers whose largest weight can be adapted: W + α / r · A B, of which A and B alone are learned.

    Files hold the sum in place of W, as Keras writes it, and reading one begins with A B = 0.

    Source: Hu et al. 2021, section 4.1, equation 3.

    Args:
        lora_rank: r; ``None`` for no adaptation.
        lora_alpha: α; by default r.

    Attributes:
        main: the name of the weight, W.
        lora_enabled: whether it is adapted.
    """

    main: ClassVar[str] = "kernel"

    def __init__(self, lora_rank: int | None, lora_alpha: float | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lora_rank = None if lora_rank is None else checks.positive(self, "lora_rank", lora_rank)
        self.lora_alpha = self.lora_rank if lora_alpha is None else lora_alpha
        self.lora_enabled = False

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freeze the weight and declare A and B, both float32.

        Raises:
            NotBuiltError: the layer is not built.
            StateError: it is adapted already.
            ArgumentError: the weight has a constraint, or `rank` is not a whole number above 0.
        """
        if not self.built:
            raise NotBuiltError(f"Layer {self.name!r} is not built: there is no `{self.main}` to adapt. Call it first.")
        if self.lora_enabled:
            raise StateError(f"Layer {self.name!r} is adapted already, with rank {self.lora_rank}.")
        self.lora_rank = checks.positive(self, "rank", rank)
        self.lora_alpha = self.lora_rank if lora_alpha is None else lora_alpha
        self._adapt(a_initializer, b_initializer)

    def _adapt_if_asked(self) -> None:
        """Declare A and B at the end of `build`, where the constructor was given a rank."""
        if self.lora_rank is not None:
            self._adapt("he_uniform", "zeros")

    def _adapt(self, a_initializer: Any, b_initializer: Any) -> None:
        if getattr(self, f"{self.main}_constraint") is not None:
            raise ArgumentError(
                f"Layer {self.name!r} ({type(self).__name__}) cannot adapt its {self.main}, which has a constraint: "
                f"nothing would keep the sum inside of it. Leave out `{self.main}_constraint` or `lora_rank`."
            )
        main, rank = getattr(self, self.main), self.dim("lora_rank")
        regularizer = getattr(self, f"{self.main}_regularizer")
        self._lora_a, self._lora_b = (
            self.add_weight(
                shape, initializer, "float32", name=f"lora_{self.main}_{letter}", role=role, regularizer=regularizer
            )
            for letter, role, shape, initializer in (
                ("a", roles.LOW_RANK_A, (*main.shape[:-1], rank), a_initializer),
                ("b", roles.LOW_RANK_B, (rank, main.shape[-1]), b_initializer),
            )
        )
        main.trainable = False
        self.lora_enabled = True
        # only now: the keeper of files takes a layer that has these as one that checks what it reads by itself
        self.save_own_variables = self._save_sum
        self.load_own_variables = self._load_sum

    def adapted(self, main: Any) -> Array:
        """Return W, with what is learned added."""
        if not self.lora_enabled:
            return main.value
        return (main.raw + self.lora_factor * (self._lora_a.raw @ self._lora_b.raw)).astype(self.compute_dtype)

    @property
    def lora_factor(self) -> float:
        """What A B is multiplied by: α / r; 0 where nothing is adapted."""
        return (self.lora_alpha or 0) / (self.lora_rank or 1)

    def with_adapting(self, cost: Cost) -> Cost:
        """Return the cost of a call together with that of the product A B, once a call."""
        if self.lora_rank is None:
            return cost
        main = getattr(self, self.main)
        return cost + Cost(int(product((*main.shape, self.dim("lora_rank")))), 2 * main.count)

    def _save_sum(self, store: dict[str, Any]) -> None:
        main = getattr(self, self.main)
        for index, weight in enumerate(self._filed()):
            summed = weight is main
            store[str(index)] = self.adapted(main).astype(main.dtype) if summed else weight.raw

    def _load_sum(self, store: dict[str, Any]) -> None:
        for index, weight in enumerate(self._filed()):
            weight.assign(store[str(index)])
        for weight in (self._lora_a, self._lora_b):
            weight.assign(jax.numpy.zeros(weight.shape, weight.dtype))

    def _filed(self) -> list[Any]:
        return [weight for weight in self.own_weights if weight not in (self._lora_a, self._lora_b)]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        unset = () if self.lora_rank is not None else ("lora_rank", "lora_alpha")  # older Keras 3 refuses them
        return {name: value for name, value in config.items() if name not in unset}

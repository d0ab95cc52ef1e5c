"""``keras.layers.normalization`` of Keras 2."""

from __future__ import annotations

from typing import Any

from weigh.compat.keras2.layers.topology import OfKeras2, door

__all__ = [
    "BatchNormalization",
    "GroupNormalization",
    "LayerNormalization",
    "SyncBatchNormalization",
    "UnitNormalization",
]


class _BatchNormalization(OfKeras2):
    def translate(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return our arguments: it computed in half precision, but never kept its weights in it."""
        arguments = super().translate(args, kwargs)
        if arguments.get("dtype") in ("float16", "bfloat16"):
            arguments["dtype"] = f"mixed_{arguments['dtype']}"
        return arguments


_ARGUMENTS = (
    *("axis", "momentum", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer"),
    *("moving_mean_initializer", "moving_variance_initializer", "beta_regularizer", "gamma_regularizer"),
    *("beta_constraint", "gamma_constraint"),
)
_BY_NAME = ("*", "renorm", "renorm_clipping", "renorm_momentum", "fused:")

BatchNormalization = door("BatchNormalization", *_ARGUMENTS, "synchronized", *_BY_NAME, kind=_BatchNormalization)
SyncBatchNormalization = door(
    "BatchNormalization",
    *(*_ARGUMENTS, *_BY_NAME),
    called="SyncBatchNormalization",
    defaults={"synchronized": True},
    kind=_BatchNormalization,
)
LayerNormalization = door("LayerNormalization")
GroupNormalization = door("GroupNormalization")
UnitNormalization = door("UnitNormalization")

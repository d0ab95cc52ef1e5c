"""``keras.layers.normalization`` of Keras 1."""

from __future__ import annotations

from typing import Any

from weigh.compat.keras1.layers.topology import OfKeras1, door
from weigh.errors import ArgumentError

__all__ = ["BatchNormalization"]

_ARGUMENTS = (
    *("epsilon", "mode", "axis", "momentum", "weights", "beta_init:beta_initializer", "gamma_init:gamma_initializer"),
    *("gamma_regularizer", "beta_regularizer"),
)


class _BatchNormalization(OfKeras1):
    """Gives one of three layers of ours, as `mode` says."""

    later = (*OfKeras1.later, "mode")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        mode = self.translate(args, kwargs).get("mode", 0)
        if mode == 0:
            return super().__call__(*args, **kwargs)
        if mode not in _OTHERS:
            raise ArgumentError(
                f"BatchNormalization: `mode` must be 0 (statistics of each feature, moving ones at inference), 1 (of "
                f"each example) or 2 (of each batch), not {mode!r}."
            )
        return _OTHERS[mode](*args, **kwargs)


class _OfMode(OfKeras1):
    later = (*OfKeras1.later, "mode")


BatchNormalization = door("BatchNormalization", *_ARGUMENTS, kind=_BatchNormalization)
_OTHERS = {
    1: door("SamplewiseBatchNormalization", *_ARGUMENTS, called="BatchNormalization", kind=_OfMode),
    2: door("StatelessBatchNormalization", *_ARGUMENTS, called="BatchNormalization", kind=_OfMode),
}

"""What goes with tensors from layer to layer while a network computes: the training flag, masks, logits, losses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array


class _Attached:
    """Something remembered for an array as long as the array lives."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}

    def set(self, array: Array, thing: Any) -> None:
        import weakref

        key = id(array)
        self._known[key] = (weakref.ref(array, lambda _: self._known.pop(key, None)), thing)

    def get(self, array: Any) -> Any:
        if not self._known:
            return None
        reference, thing = self._known.get(id(array), (None, None))
        return thing if reference is not None and reference() is array else None


class _Masks(_Attached):
    """Masks, which Keras keeps as an attribute of the array; tracers have no room for one."""

    def set(self, array: Array, thing: Any) -> None:
        try:
            array._keras_mask = thing
        except AttributeError:
            super().set(array, thing)

    def get(self, array: Any) -> Any:
        mask = getattr(array, "_keras_mask", None)
        return super().get(array) if mask is None else mask


masks = _Masks()
"""Masks of arrays: booleans, False where a step of a sequence is padding."""

logits = _Attached()
"""For what came out of a sigmoid or softmax: the activation's name and what went in."""


class _Calls(threading.local):
    def __init__(self) -> None:
        self.depth = 0
        self.training: bool | None = None
        self.rematerialising = False


_calls = _Calls()


@contextmanager
def call(training: Any) -> Iterator[bool]:
    """Enter a layer's call; `training` holds for the layers inside that are not told otherwise.

    Yields:
        Whether this is the outermost call.
    """
    before = _calls.training
    _calls.training = training
    _calls.depth += 1
    try:
        yield _calls.depth == 1
    finally:
        _calls.depth -= 1
        _calls.training = before


def training() -> Any:
    """Return the training flag of the call that is running, ``None`` outside of any."""
    return _calls.training


def rematerialising_activations(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` so that activations inside are computed again on the way back, and nothing else is."""

    def call(*args: Any, **kwargs: Any) -> Any:
        before, _calls.rematerialising = _calls.rematerialising, True
        try:
            return function(*args, **kwargs)
        finally:
            _calls.rematerialising = before

    return call


def activated(activation: Any, x: Array) -> Array:
    """Return ``activation(x)``, ``x`` itself for ``None``, and remember what went into a sigmoid or softmax.

    A loss that knows the logits need not take the logarithm of a probability that rounds to 0 or 1.
    """
    if activation is None:
        return x
    y = jax.checkpoint(activation)(x) if _calls.rematerialising else activation(x)
    name = getattr(activation, "__name__", "")
    if name in ("sigmoid", "softmax") and activation.__module__.startswith("weigh."):
        logits.set(y, (name, x))
    return y

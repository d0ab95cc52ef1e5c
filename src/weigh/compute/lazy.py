"""JAX and NumPy, imported when an attribute of theirs is first read.

``from weigh.compute.lazy import jax, numpy`` costs nothing; ``jax.numpy.add`` imports JAX. `lazy_loader.load` is not
used here because it puts an unloaded stand-in into ``sys.modules``, where others take it for the real module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jax as jax
    import numpy as numpy
else:

    class _Lazy:
        def __init__(self, name: str) -> None:
            self._name = name

        def __getattr__(self, attribute: str) -> Any:
            from importlib import import_module

            value = getattr(import_module(self._name), attribute)
            setattr(self, attribute, value)
            return value

    jax = _Lazy("jax")
    numpy = _Lazy("numpy")

__all__ = ["jax", "numpy"]

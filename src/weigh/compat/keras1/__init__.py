"""The spelling of Keras 1.2: ``import weigh.compat.keras1 as keras``."""

from __future__ import annotations

from weigh.compat.rooms import lazily

__version__ = "1.2.2"

ELSEWHERE = {
    "engine": "layers",
    "engine.topology": "layers",
    "engine.training": "models",
    "utils.np_utils": "utils",
} | {f"layers.{family}": "layers" for family in ("core", "noise", "normalization")}
"""Modules of that Keras whose names are found in others here."""

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "activations": "weigh.compat.activations",
        "backend": "weigh.compat.backend",
        "callbacks": "weigh.training.callbacks",
        "constraints": "weigh.compat.keras1.constraints",
        "initializations": "weigh.compat.keras1.initializations",
        "layers": "weigh.compat.keras1.layers",
        "losses": "weigh.training.losses",
        "metrics": "weigh.training.metrics",
        "models": "weigh.compat.keras1.models",
        "objectives": "weigh.training.losses",
        "optimizers": "weigh.compat.keras1.optimizers",
        "regularizers": "weigh.compat.keras1.regularizers",
        "utils": "weigh.utils",
    },
)

"""The spelling of Keras 2, up to 2.15 and ``tensorflow.keras``: ``import weigh.compat.keras2 as keras``."""

from __future__ import annotations

from weigh.compat.rooms import lazily

__version__ = "2.15.0"

ELSEWHERE = {
    "engine": "layers",
    "engine.topology": "layers",
    "engine.training": "models",
    "utils.np_utils": "utils",
} | {f"layers.{family}": "layers" for family in ("core", "merge", "noise", "normalization")}
"""Modules of that Keras whose names are found in others here."""

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "Input": "weigh.compat.keras2.layers:Input",
        "Model": "weigh.compat.keras2.networks:Model",
        "Sequential": "weigh.compat.keras2.sequential:Sequential",
        "activations": "weigh.compat.activations",
        "backend": "weigh.compat.backend",
        "callbacks": "weigh.training.callbacks",
        "constraints": "weigh.parts.constraints",
        "initializers": "weigh.parts.initializers",
        "layers": "weigh.compat.keras2.layers",
        "losses": "weigh.training.losses",
        "metrics": "weigh.training.metrics",
        "models": "weigh.compat.keras2.models",
        "optimizers": "weigh.compat.keras2.optimizers",
        "regularizers": "weigh.compat.keras2.regularizers",
        "saving": "weigh.models.saving",
        "utils": "weigh.utils",
    },
)

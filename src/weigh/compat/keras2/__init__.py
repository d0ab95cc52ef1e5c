"""The spelling of Keras 2, up to 2.15 and ``tensorflow.keras``: ``import weigh.compat.keras2 as keras``."""

from __future__ import annotations

from weigh.compat.rooms import lazily, open_to_imports

__version__ = "2.15.0"

ROOMS = {
    "Input": "weigh.compat.keras2.layers:Input",
    "Model": "weigh.compat.keras2.networks:Model",
    "Sequential": "weigh.compat.keras2.sequential:Sequential",
    "activations": "weigh.compat.activations",
    "applications": "weigh.applications",
    "backend": "weigh.compat.backend",
    "callbacks": "weigh.training.callbacks",
    "constraints": "weigh.parts.constraints",
    "engine": "weigh.compat.keras2.engine",
    "engine.base_layer": "weigh.compat.keras2.engine",
    "engine.input_layer": "weigh.compat.keras2.engine",
    "engine.topology": "weigh.compat.keras2.engine",
    "engine.training": "weigh.compat.keras2.engine",
    "initializers": "weigh.parts.initializers",
    "layers": "weigh.compat.keras2.layers",
    "layers.experimental": "weigh.compat.keras2.layers",
    "layers.experimental.preprocessing": "weigh.compat.keras2.layers.preprocessing",
    "losses": "weigh.training.losses",
    "metrics": "weigh.training.metrics",
    "mixed_precision": "weigh.surface.mixed_precision",
    "models": "weigh.compat.keras2.models",
    "objectives": "weigh.training.losses",
    "optimizers": "weigh.compat.keras2.optimizers",
    "optimizers.legacy": "weigh.compat.keras2.optimizers",
    "preprocessing": "weigh.compat.preprocessing",
    "regularizers": "weigh.compat.keras2.regularizers",
    "saving": "weigh.models.saving",
    "utils": "weigh.utils",
    "utils.generic_utils": "weigh.utils",
    "utils.np_utils": "weigh.utils",
}
"""Modules and names of that Keras, and where they are here."""

ABSENT = {
    "datasets": "load the data yourself, with NumPy or another library",
    "utils.vis_utils": "call `model.summary()` or `weigh.explain(model)` instead",
    "wrappers": "scikit-learn's own interface is a few lines around `fit` and `predict`",
}
"""Modules of that Keras that are not here, and what to do instead."""

__getattr__, __dir__, __all__ = lazily(__name__, ROOMS)
open_to_imports(__name__)

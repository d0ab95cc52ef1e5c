"""The spelling of Keras 1.2: ``import weigh.compat.keras1 as keras``."""

from __future__ import annotations

from weigh.compat.rooms import lazily, open_to_imports

__version__ = "1.2.2"

ROOMS = {
    "activations": "weigh.compat.activations",
    "applications": "weigh.applications",
    "backend": "weigh.compat.keras1.backend",
    "callbacks": "weigh.training.callbacks",
    "constraints": "weigh.compat.keras1.constraints",
    "engine": "weigh.compat.keras1.engine",
    "engine.topology": "weigh.compat.keras1.engine",
    "engine.training": "weigh.compat.keras1.engine",
    "initializations": "weigh.compat.keras1.initializations",
    "layers": "weigh.compat.keras1.layers",
    "losses": "weigh.training.losses",
    "metrics": "weigh.training.metrics",
    "models": "weigh.compat.keras1.models",
    "objectives": "weigh.training.losses",
    "optimizers": "weigh.compat.keras1.optimizers",
    "preprocessing": "weigh.compat.keras1.preprocessing",
    "preprocessing.sequence": "weigh.compat.preprocessing.sequence",
    "regularizers": "weigh.compat.keras1.regularizers",
    "utils": "weigh.utils",
    "utils.generic_utils": "weigh.utils",
    "utils.np_utils": "weigh.compat.keras1.np_utils",
}
"""Modules of that Keras, and where they are here."""

ABSENT = {
    "datasets": "load the data yourself, with NumPy or another library",
    "utils.visualize_util": "call `model.summary()` or `weigh.explain(model)` instead",
    "wrappers": "scikit-learn's own interface is a few lines around `fit` and `predict`",
}
"""Modules of that Keras that are not here, and what to do instead."""

__getattr__, __dir__, __all__ = lazily(__name__, ROOMS)
open_to_imports(__name__)

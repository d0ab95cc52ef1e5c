"""``keras.models`` of Keras 2."""

from __future__ import annotations

from weigh.compat.rooms import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "Model": "weigh.compat.keras2.networks:Model",
        "Sequential": "weigh.compat.keras2.sequential:Sequential",
        "load_model": "weigh.compat.keras2.saving:load_model",
        "model_from_json": "weigh.compat.keras2.saving:model_from_json",
        "save_model": "weigh.compat.keras2.saving:save_model",
    },
)

"""``keras.engine`` of Keras 2, and its modules."""

from __future__ import annotations

from weigh.compat.rooms import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "Input": "weigh.compat.keras2.layers:Input",
        "InputLayer": "weigh.compat.keras2.layers:InputLayer",
        "InputSpec": "weigh.compat.keras2.layers:InputSpec",
        "Layer": "weigh.compat.keras2.layers:Layer",
        "Model": "weigh.compat.keras2.networks:Model",
        "Sequential": "weigh.compat.keras2.sequential:Sequential",
        "get_source_inputs": "weigh.utils:get_source_inputs",
    },
)

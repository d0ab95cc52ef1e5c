"""``keras.engine`` of Keras 1, and its modules `topology` and `training`."""

from __future__ import annotations

from weigh.compat.rooms import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "Input": "weigh.compat.keras1.layers:Input",
        "InputLayer": "weigh.compat.keras1.layers:InputLayer",
        "InputSpec": "weigh.compat.keras1.layers:InputSpec",
        "Layer": "weigh.compat.keras1.layers:Layer",
        "Merge": "weigh.compat.keras1.layers:Merge",
        "Model": "weigh.compat.keras1.networks:Model",
        "get_source_inputs": "weigh.utils:get_source_inputs",
        "merge": "weigh.compat.keras1.layers:merge",
    },
)

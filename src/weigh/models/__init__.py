"""Networks made of layers: functional, sequential and subclassed models."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "functional": ["Functional"],
        "model": ["Model"],
        "saving": ["load_model", "model_from_json", "save_model"],
        "sequential": ["Sequential"],
    },
)

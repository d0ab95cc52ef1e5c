"""Neural networks that show their working.

``import weigh as keras`` runs Keras 3 code that stays inside what there is here. Public names are resolved on first
use: importing weigh imports neither NumPy nor JAX.
"""

import lazy_loader

__version__ = "0.1.0"

_attribute, _directory, __all__ = lazy_loader.attach(
    __name__,
    submodules={"datasets", "errors", "layers", "models", "utils"},
    submod_attrs={
        "account.account": ["Account"],
        "compute.values": ["Variable"],
        "declare.graph": ["Tensor"],
        "layers.base": ["Layer"],
        "layers.core": ["Input"],
        "models.model": ["Model"],
        "models.saving": ["load_model"],
        "models.sequential": ["Sequential"],
        "report.explain": ["explain"],
    },
)
_ALIASES = {
    "activations": "weigh.parts.activations",
    "callbacks": "weigh.training.callbacks",
    "constraints": "weigh.parts.constraints",
    "initializers": "weigh.parts.initializers",
    "losses": "weigh.training.losses",
    "metrics": "weigh.training.metrics",
    "optimizers": "weigh.training.optimizers",
    "regularizers": "weigh.parts.regularizers",
    "saving": "weigh.models.saving",
}


def __getattr__(name: str) -> object:
    """Resolve a public name of Keras' to where it lives here."""
    if name in _ALIASES:
        from importlib import import_module

        return import_module(_ALIASES[name])
    return _attribute(name)


def __dir__() -> list[str]:
    return sorted([*_directory(), *_ALIASES])

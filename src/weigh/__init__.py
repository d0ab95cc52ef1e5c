"""Neural networks that show their working.

``import weigh as keras`` runs Keras 3 code that stays inside what there is here. Public names are resolved on first
use: importing weigh imports neither NumPy nor JAX.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import lazy_loader

from weigh import account

if TYPE_CHECKING:
    from weigh.account.account import Account

__version__ = "0.1.0"

__getattr__, _directory, __all__ = lazy_loader.attach(
    __name__,
    submodules={"applications", "datasets", "errors", "layers", "models", "ops", "utils"},
    submod_attrs={
        "account.account": ["Account"],
        "declare.graph": ["Tensor"],
        "compute.rematerialisation": ["RematScope", "remat"],
        "declare.dtypes": ["DTypePolicy"],
        "declare.spec": ["InputSpec"],
        "layers.base": ["Layer"],
        "layers.core.inputs": ["Input"],
        "models.model": ["Model"],
        "models.saving": ["load_model"],
        "models.sequential": ["Sequential"],
        "ops.operation": ["Operation"],
        "ops.tensor": ["KerasTensor"],
        "parts.initializers": ["Initializer"],
        "parts.regularizers": ["Regularizer"],
        "parts.variable": ["StatelessScope", "Variable"],
        "report.explain": ["explain"],
        "surface.config": ["name_scope", "version"],
        "surface.dtype_policies": ["FloatDTypePolicy"],
        "training.losses": ["Loss"],
        "training.metrics": ["Metric"],
        "training.optimizers": ["Optimizer"],
    },
)
_ROOMS = {
    "activations": "weigh.parts.activations",
    "backend": "weigh.surface.backend",
    "callbacks": "weigh.training.callbacks",
    "config": "weigh.surface.config",
    "constraints": "weigh.parts.constraints",
    "dtype_policies": "weigh.surface.dtype_policies",
    "initializers": "weigh.parts.initializers",
    "losses": "weigh.training.losses",
    "metrics": "weigh.training.metrics",
    "mixed_precision": "weigh.surface.mixed_precision",
    "optimizers": "weigh.training.optimizers",
    "random": "weigh.ops.random",
    "regularizers": "weigh.parts.regularizers",
    "saving": "weigh.models.saving",
    "tree": "weigh.surface.tree",
}
"""Modules of Keras', and where they are here."""


class _Room(ModuleType):
    """A module of Keras' by its name there; what is in it is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> object:
        if name == "__path__":  # it is no package: its modules have one name only, that of where they are
            raise AttributeError(name)
        home = import_module(_ROOMS[self.__name__.partition(".")[2]])
        if name == "__all__" and not hasattr(home, name):
            return [public for public in dir(home) if not public.startswith("_")]
        return getattr(home, name)

    def __dir__(self) -> list[str]:
        return dir(import_module(_ROOMS[self.__name__.partition(".")[2]]))


for _name in _ROOMS:
    globals()[_name] = sys.modules[f"{__name__}.{_name}"] = _Room(f"{__name__}.{_name}")


class _Account(ModuleType):
    """The package `weigh.account`, which can be called: ``weigh.account(x)``, see `weigh.account_of.account`."""

    def __call__(self, x: object, optimizer: object = None, *, name: str | None = None) -> "Account":
        from weigh.account_of import account as account_of

        return account_of(x, optimizer, name=name)


account.__class__ = _Account


def __dir__() -> list[str]:
    return sorted([*_directory(), *_ROOMS])

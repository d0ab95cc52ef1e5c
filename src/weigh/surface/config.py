"""``weigh.config``: what holds for everything that does not say otherwise; the names of ``keras.config``."""

from __future__ import annotations

from weigh.declare.dtypes import dtype_policy, floatx, set_dtype_policy, set_floatx
from weigh.declare.naming import scope as name_scope
from weigh.declare.settings import (
    disable_flash_attention,
    enable_flash_attention,
    epsilon,
    image_data_format,
    is_flash_attention_enabled,
    max_epochs,
    max_steps_per_epoch,
    set_epsilon,
    set_image_data_format,
    set_max_epochs,
    set_max_steps_per_epoch,
)
from weigh.errors import ArgumentError, UnsafeFileError

__all__ = [
    "backend",
    "disable_flash_attention",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "name_scope",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
    "version",
]


def version() -> str:
    """Return the version of weigh."""
    import weigh

    return weigh.__version__


def backend() -> str:
    """Return what everything is computed with: always ``"jax"``."""
    return "jax"


def set_backend(backend: str) -> None:
    """Accept ``"jax"``.

    Raises:
        ArgumentError: it is another one.
    """
    if backend != "jax":
        raise ArgumentError(f"weigh computes with JAX; the backend {backend!r} is not to be had.")


def enable_unsafe_deserialization() -> None:
    """Refuse: what a file holds is never run.

    Raises:
        UnsafeFileError: always.
    """
    raise UnsafeFileError(
        "Code from files is never run, so it cannot be enabled. Write a layer class for what the file's lambda does, "
        "register it with `weigh.saving.register_keras_serializable()`, and save the network anew."
    )


def is_nnx_enabled() -> bool:
    """Return whether variables are Flax NNX's: never."""
    return False


def enable_traceback_filtering() -> None:
    """Accept: tracebacks are shown whole either way."""


def disable_traceback_filtering() -> None:
    """Accept: tracebacks are shown whole either way."""


def is_traceback_filtering_enabled() -> bool:
    """Return whether parts of tracebacks are left out: never."""
    return False

"""The weights of Keras 1 and 2 into a network: layer after layer in order, whatever the layers are called.

Source: Keras 3.15, ``keras/src/legacy/saving/legacy_h5_format.py`` (`load_weights_from_hdf5_group`).
"""

from __future__ import annotations

from typing import Any

from weigh.declare.layer import Layer
from weigh.errors import FormatError
from weigh.formats.keras_h5 import LayerFile
from weigh.models.model import Model


def restore(network: Model, file: LayerFile, name: str, skip_mismatch: bool = False) -> None:
    """Give a network's weights the values that a file has for them: all or none.

    The n-th layer that has weights gets those of the file's n-th.

    Args:
        network: the network; its weights are declared.
        file: the open file.
        name: what the file is called in messages.
        skip_mismatch: whether weights of other shapes than the file's keep their values, with a warning.

    Raises:
        FormatError: the file is damaged, or does not fit the network; nothing was changed.
    """
    import warnings

    own = [(layer, in_file_order(layer)) for layer in network.layers if layer.weights]
    if len(own) != len(file.layers):
        raise FormatError(
            f"{name} has weights for {len(file.layers)} layers, but the network {network.name!r} has {len(own)} layers "
            "with weights. No weight was changed. Was it declared with the same arguments?"
        )
    fitting: list[tuple[Any, str]] = []
    problems: list[str] = []
    for number, ((layer, variables), saved) in enumerate(zip(own, file.layers, strict=True)):
        where = f"layer {number}, {layer.name!r} here and {saved.name!r} in the file"
        if len(variables) != len(saved.arrays):
            raise FormatError(
                f"{name}: {where}, has {len(variables)} weights here and {len(saved.arrays)} in the file. "
                "No weight was changed."
            )
        for variable, path in zip(variables, saved.arrays, strict=True):
            shape = file.shape(path)
            if shape == variable.shape:
                fitting.append((variable, path))
            else:
                problems.append(f"{where}: {variable.path!r} has shape {variable.shape}, but the file has {shape}")
    if problems:
        message = f"{name} does not fit the network {network.name!r}: " + "; ".join(problems[:5])
        message += f"; and {len(problems) - 5} more." if len(problems) > 5 else "."
        if not skip_mismatch:
            raise FormatError(f"{message} No weight was changed.")
        warnings.warn(f"{message} These keep their values.", stacklevel=4)
    before = [variable.raw if variable.materialised else None for variable, _ in fitting]
    try:
        for variable, path in fitting:
            variable.assign(file.array(path))
    except BaseException:
        for (variable, _), value in zip(fitting, before, strict=True):
            variable.store(value)
        raise


def in_file_order(layer: Layer) -> list[Any]:
    """Return a layer's weights as these files number them: all that are trained, then all others."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]

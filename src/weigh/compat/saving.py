"""Networks from files with the methods of an older Keras."""

from __future__ import annotations

from typing import Any

from weigh.compat import old_files
from weigh.formats import keras_h5
from weigh.models import saving


class Reader:
    """Reads networks as classes that have those methods.

    Args:
        door: the package with the spelling of that Keras.
        networks: these classes, which have the names of ours.
    """

    def __init__(self, door: str, *networks: type) -> None:
        self._door = door
        self._networks = {network.__name__: network for network in networks}

    def load_model(
        self,
        filepath: Any,
        custom_objects: dict[str, Any] | None = None,
        compile: bool = True,
        safe_mode: bool = True,
    ) -> Any:
        """Return the network in a ``.keras`` or ``.h5`` file; raises as `weigh.saving.load_model`."""
        if keras_h5.is_of(saving._path(filepath)):
            return old_files.load_model(filepath, custom_objects, self._door, safe_mode)
        return saving.load_model(filepath, self._known(custom_objects), compile, safe_mode)

    def model_from_json(self, json_string: str, custom_objects: dict[str, Any] | None = None) -> Any:
        """Return the network that ``to_json`` described; raises as `weigh.saving.model_from_json`."""
        record = old_files.parsed(json_string)
        if old_files.is_old(record):
            return old_files.declared(record, None, custom_objects, self._door)
        return saving.model_from_json(json_string, self._known(custom_objects))

    def _known(self, custom_objects: dict[str, Any] | None) -> dict[str, Any]:
        return {**self._networks, **(custom_objects or {})}

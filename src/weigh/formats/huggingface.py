"""A folder as the Hugging Face libraries write it: a network's files, in shards or whole, beside its configuration.

The files that hold the network are those that `transformers`, `diffusers` and `peft` would load: those that an index
lists, else those of the conventional name, in the order of their preference. Others of the same folder, which hold the
same network in another format as a rule, are named in the receipt and not counted.

Sources: ``transformers/utils/__init__.py`` (names of files), ``transformers/modeling_utils.py``
(``_get_resolved_checkpoint_files``); ``diffusers/utils/constants.py``; ``peft/utils/constants.py``.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

from weigh.account.account import Account
from weigh.account.receipt import Receipt
from weigh.account.stored import Stored
from weigh.errors import FormatError
from weigh.formats import detect, packing, parts, plain_json, safetensors
from weigh.formats.parts import Index
from weigh.formats.source import Limits, opened

CONFIG, ADAPTER_CONFIG = "config.json", "adapter_config.json"
_MARKS = (CONFIG, ADAPTER_CONFIG, "model.safetensors.index.json", "pytorch_model.bin.index.json")
_PREFERRED = (".safetensors", ".bin", ".pt", ".pth", ".h5", ".msgpack", ".keras", ".gguf", ".onnx", ".tflite", ".npz")
_STEMS = ("model", "adapter_model", "diffusion_pytorch_model", "pytorch_model", "tf_model", "flax_model")
_NOT_THE_NETWORK = ("training_args", "optimizer", "scheduler", "rng_state", "scaler", "random_states")
_QUANTISATION = ("quantize_config.json", "quantization_config.json", "quant_config.json")
_LONGEST_CONFIG = 1 << 26


def recognises_folder(path: str | os.PathLike[str]) -> bool:
    """Return whether a folder is one: whether it holds a configuration, or an index of shards."""
    return any(os.path.isfile(os.path.join(path, mark)) for mark in _MARKS)


def read_folder(path: str | os.PathLike[str], limits: Limits | None = None) -> Account:
    """Return the account of the network in a folder; its configuration is kept as `Account.config`.

    Raises:
        FormatError: there is no file of a network in it, or one of them cannot be read.
    """
    folder = os.fsdecode(path)
    names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
    whole = _Whole(folder, limits)
    config = whole.config(names)
    weights = [name for name in names if name.lower().endswith(_PREFERRED) and not name.startswith(_NOT_THE_NETWORK)]
    indexes = sorted((name for name in names if name.endswith(parts.INDEX)), key=_preference)
    if indexes:
        chosen = whole.indexed(indexes[0], names)
    else:
        chosen = whole.sets(weights)
    if not chosen:
        raise FormatError(f"{folder}: there is no file of a network beside its configuration.")
    left = [name for name in weights if name not in chosen]
    if left:
        whole.receipt.notes.append(
            f"Not counted, since {chosen[0]!a} holds the network: {', '.join(map(ascii, left[:20]))}."
        )
    return whole.account(config)


def read_index(path: str | os.PathLike[str], limits: Limits | None = None) -> Account:
    """Return the account of the shards that an index lists and that lie beside it.

    Raises:
        FormatError: it is no index, it names a file elsewhere, or no shard is there.
    """
    folder, index = os.path.split(os.fsdecode(path))
    folder = folder or "."
    whole = _Whole(folder, limits)
    names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
    whole.indexed(index, names)
    return whole.account(whole.config(names))


def _preference(name: str) -> tuple[int, int, str]:
    stem, suffix = os.path.splitext(name.removesuffix(parts.INDEX).lower())
    return (
        _PREFERRED.index(suffix) if suffix in _PREFERRED else len(_PREFERRED),
        _STEMS.index(stem) if stem in _STEMS else len(_STEMS),
        name,
    )


class _Whole:
    """The account of a folder while its files are read."""

    def __init__(self, folder: str, limits: Limits | None) -> None:
        self.folder = folder
        self.name = os.path.basename(os.path.abspath(folder))
        self.limits = limits
        self.receipt = Receipt(folder, 0, (limits or Limits()).to_dict())
        self.parts: list[tuple[str, list[Stored]]] = []
        self.formats: dict[str, None] = {}
        self._places: dict[str, tuple[str, int, int]] = {}
        self._accounts: list[tuple[str, Account]] = []

    def config(self, names: Collection[str]) -> dict[str, Any]:
        """Return what the folder says of the network; a quantisation's own file as part of it."""
        config = self._json(CONFIG) if CONFIG in names else {}
        if ADAPTER_CONFIG in names:
            config["adapter_config"] = self._json(ADAPTER_CONFIG)
        for name in _QUANTISATION:
            if name in names and "quantization_config" not in config:
                config["quantization_config"] = self._json(name)
        return config

    def indexed(self, index: str, names: Collection[str]) -> list[str]:
        """Read the shards that an index lists; return their names."""
        with opened(os.path.join(self.folder, index), self.limits) as source:
            said = Index(source)
            self.receipt.add(source.receipt)
        there = [name for name in names if name in said.shards]  # of the folder's own names: none leads elsewhere
        if not there:
            raise FormatError(f"{self.folder}: of {len(said.shards):,} shards that {index!a} lists, none is here.")
        for name in there:
            self._read(name)
        found = {name: [array.path for array in arrays] for name, arrays in self.parts}
        total = sum(array.bytes for _, arrays in self.parts for array in arrays)
        self.receipt.notes += said.differences(found, total)
        self.parts = [
            (name, [array for array in arrays if self._is_placed(array.path, name, said)])
            for name, arrays in self.parts
        ]
        return there

    def sets(self, weights: list[str]) -> list[str]:
        """Read the preferred file or set of shards; where no name is conventional, all of the preferred format."""
        ranked = sorted(weights, key=_preference)
        if not ranked:
            return []
        suffix = os.path.splitext(ranked[0])[1]
        sets = parts.sets(name for name in ranked if name.endswith(suffix))
        conventional = [of for of in sets if os.path.splitext(of.split(" of ")[0])[0].lower() in _STEMS]
        if conventional or len(sets) == 1:
            chosen = sets[min(conventional, key=_preference) if conventional else next(iter(sets))]
            for name in chosen:
                self._read(name)
        else:
            chosen = [name for members in sets.values() for name in members]
            for of, members in sets.items():
                one = _Whole(self.folder, self.limits)
                for name in members:
                    one._read(name)
                self._accounts.append((of.split(" of ")[0], one.account({})))
        self.receipt.notes += parts.missing(chosen)
        return chosen

    def account(self, config: dict[str, Any]) -> Account:
        """Return the account of all that was read."""
        if self._accounts:
            account = parts.joined(self.name, self._accounts, self.receipt)
        else:
            every = [array for _, arrays in self.parts for array in arrays]
            paths: set[str] = set()
            for array in every:
                if array.path in paths:
                    raise FormatError(f"{self.folder}: {array.path[:200]!a} stands in two of its files.")
                paths.add(array.path)
            told = packing.unpacked(every, config, self._content, self.receipt.notes)
            account = Account.stored(self.name, told, " + ".join(self.formats), self.receipt)
        account.config = config | account.config
        return account

    def _read(self, name: str) -> None:
        with opened(os.path.join(self.folder, name), self.limits) as source:
            if detect.is_of(source, "safetensors"):
                # Scales may stand in another shard than what they scale: packing is told of the whole.
                header, format_ = safetensors.Header(source), "safetensors"
                arrays = header.arrays()
                for array in arrays:
                    array.key = array.key and (name, array.key)
                    if array.bytes <= packing.LONGEST and (place := header.place(array.path)):
                        self._places[array.path] = (name, *place)
            else:
                account = detect.read_source(source)
                arrays, format_ = parts.arrays(account, name), account.format
            self.parts.append((name, arrays))
            self.formats[format_] = None
            self.receipt.add(source.receipt)

    def _content(self, path: str, most: int) -> bytes | None:
        """Return the bytes of a small array of one of the shards."""
        name, offset, count = self._places.get(path, ("", 0, most + 1))
        if count > most:
            return None
        with opened(os.path.join(self.folder, name), self.limits) as source:
            self.receipt.bytes_read += count
            return source.read(offset, count, f"tensor {path!a}")

    def _is_placed(self, path: str, name: str, index: Index) -> bool:
        """Whether the index does not place a tensor in another file that has been read."""
        return index.places.get(path, name) in (name, None) or index.places[path] not in dict(self.parts)

    def _json(self, name: str) -> dict[str, Any]:
        with opened(os.path.join(self.folder, name), self.limits) as source:
            if source.size > _LONGEST_CONFIG:
                raise FormatError(f"{source.name} has {source.size:,} bytes; at most {_LONGEST_CONFIG:,} make sense.")
            data = source.read(0, source.size, "the configuration")
            said = plain_json.parsed(data, source.name, depth=source.limits.depth)
            if not isinstance(said, dict):
                raise FormatError(f"{source.name}: a configuration should be a JSON object.")
            self.receipt.add(source.receipt)
            return said

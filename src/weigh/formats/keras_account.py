"""The account of a network in a file of Keras: of Keras 1 and 2, and of Keras 3 with or without its configuration.

Every dataset is told by its description. What the configuration in the same file declares of its layer, that is,
whether it is trained, and which of batch normalisation's weights are statistics, is told as declared; what the classes
of all other layers know of their weights, `weigh.models.declared_file` adds.

Sources: Keras 3.15, ``keras/src/legacy/saving/legacy_h5_format.py`` and ``keras/src/saving/saving_lib.py``; Keras
1.2.2, ``keras/engine/topology.py``, ``save_weights_to_hdf5_group``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from weigh.account import roles
from weigh.account.account import Account
from weigh.account.stored import Stored
from weigh.formats import keras_config
from weigh.formats.hdf5_walk import Dataset, Walk
from weigh.formats.keras_config import LayerRecord
from weigh.formats.source import Source

DECLARED = "declared"
MODEL, TRAINING, VERSION, BACKEND = "model_config", "training_config", "keras_version", "backend"
"""What stands in `Account.config`, parsed where it is JSON."""

_WHOLE = "model_weights"
_BESIDE = {"optimizer_weights": roles.SLOT, "optimizer": roles.SLOT, "_optimizer": roles.SLOT, "metrics": roles.METRIC}
_VARIABLE = re.compile(r"(?:(?P<part>.+)/)?vars/(?P<number>[0-9]+)", re.DOTALL)
_SEEDS = re.compile(r"(.*_)?seed_generator(_[0-9]+)?|_?seed_generators?")
_NORMALISATION = ("BatchNormalization", "SyncBatchNormalization", "BatchNormalizationV1", "BatchNormalizationV2")
_ROLES = {
    "gamma": roles.SCALE,
    "beta": roles.OFFSET,
    "moving_mean": roles.RUNNING_MEAN,
    "moving_variance": roles.RUNNING_VARIANCE,
    "running_mean": roles.RUNNING_MEAN,
    "running_std": roles.RUNNING_VARIANCE,  # so it is called in Keras 1, where it is a variance all the same
}
_STATISTICS = (roles.RUNNING_MEAN, roles.RUNNING_VARIANCE)


def read_hdf5(source: Source, config: dict[str, Any] | None = None, format: str = "") -> Account:
    """Return the account of an HDF5 file.

    Args:
        source: the file.
        config: what stands beside it, as in `Account.config`; by default the file's own attributes.
        format: what it is called; by default by what is found.

    Raises:
        FormatError: it is no HDF5 file, is damaged, or its configuration is no JSON.
    """
    with Walk(source) as walk:
        config = dict(_config(walk, source) if config is None else config)
        source.receipt.refused += keras_config.refusals(list(config.values()), source.name)
        records = keras_config.layers(config.get(MODEL))
        root = next((root for root in ("", _WHOLE) if walk.has(root, "layer_names")), None)
        is_listed = root is not None
        arrays = list(_numbered(walk, records) if root is None else _listed(walk, records, f"{root}/".lstrip("/")))
        named = format or ("keras hdf5" if is_listed or config or _is_numbered(walk) else "hdf5")
    account = Account.stored(source.name, arrays, named, source.receipt)
    account.config.update(config)
    return account


def _config(walk: Walk, source: Source) -> dict[str, Any]:
    """Return what the attributes of the file say of the network."""
    said: dict[str, Any] = {}
    for attribute in (MODEL, TRAINING):
        text = walk.text("", attribute)
        if text is not None:
            said[attribute] = keras_config.parsed(text, source, f"the attribute {attribute!r}")
    for attribute in (VERSION, BACKEND):
        for path in ("", _WHOLE):
            if attribute not in said and (text := walk.text(path, attribute)) is not None:
                said[attribute] = text
    return said


# Keras 1 and 2: layers and weights are listed by name ----------------------------------------------------------------


def _listed(walk: Walk, records: list[LayerRecord], root: str) -> Iterator[Stored]:
    """Yield the weights in the order of the lists, then whatever else there is."""
    known = {record.name: record for record in records}
    left = dict(walk.datasets)
    for layer in walk.texts(root.rstrip("/"), "layer_names") or ():
        inner = keras_config.by_name([known[layer]] if layer in known else [])
        for weight in walk.texts(f"{root}{layer}", "weight_names") or ():
            dataset = left.pop(f"{root}{layer}/{weight}", None)
            if dataset is not None:
                yield _named(dataset, layer, weight, inner)
            elif f"{root}{layer}/{weight}" not in walk.datasets:
                walk.note(f"{layer!a} lists {weight!a}, which is not there or was refused.")
    listed = walk.texts("optimizer_weights", "weight_names") or ()
    for weight in (*(f"optimizer_weights/{name}" for name in listed), *left):
        if weight in left:
            yield _beside(left.pop(weight)) or _plain(walk.datasets[weight])


def _named(dataset: Dataset, layer: str, weight: str, inner: dict[str, LayerRecord]) -> Stored:
    """Return a weight by the name that its layer gave it."""
    *parts, name = weight.split("/")
    name = name.partition(":")[0]
    record = next((inner[part] for part in reversed(parts) if part in inner), None)
    if record is None:  # Keras 1 writes the layer's name before an underscore
        known = [candidate for candidate in inner if candidate and weight.startswith(f"{candidate}_")]
        record = inner[max(known, key=len)] if known else inner.get(layer)
        prefix = f"{max(known, key=len) if known else layer}_"
        name = name.removeprefix(prefix) if not parts else name
    return _stored(dataset, record.path if record else layer, record, name)


# Keras 3: variables of a part are numbered ---------------------------------------------------------------------------


def _is_numbered(walk: Walk) -> bool:
    return any(_VARIABLE.fullmatch(path) for path in walk.datasets)


def _numbered(walk: Walk, records: list[LayerRecord]) -> Iterator[Stored]:
    """Yield the variables of all parts, in the order of the configuration as far as it goes."""
    places = dict(keras_config.by_place(records))
    groups: dict[str, list[Dataset]] = {}
    for path, dataset in walk.datasets.items():
        match = _VARIABLE.fullmatch(path)
        groups.setdefault(match["part"] or "" if match else "\0", []).append(dataset)
    order = {place: number for number, place in enumerate(places)}
    for part in sorted(groups, key=lambda part: order.get(_inside(part, places), len(order))):
        place = _inside(part, places)
        record = places.get(place)
        for dataset in groups[part]:
            beside = _beside(dataset)
            if beside is not None:
                yield beside
            elif record is None:
                yield _plain(dataset)
            else:
                name = _variable(record, dataset) if part == place else dataset.path.removeprefix(f"{place}/")
                yield _stored(dataset, record.path, record, name)


def _inside(part: str, places: dict[str, LayerRecord]) -> str:
    """Return the layer that a part is, or is inside of; the part itself where none is known."""
    place = part
    while place not in places:
        place, slash, _ = place.rpartition("/")
        if not slash:
            return part
    return place


def _variable(record: LayerRecord, dataset: Dataset) -> str:
    """Return the name of a numbered variable, where the configuration of its class tells it; else the number."""
    number = dataset.path.rpartition("/")[2]
    if record.type not in _NORMALISATION:
        return number
    options = [("gamma", "scale"), ("beta", "center")]
    names = [name for name, option in options if record.config.get(option, True)]
    names += [] if record.config.get("renorm") else ["moving_mean", "moving_variance"]
    return names[int(number)] if int(number) < len(names) else number


# Rows -----------------------------------------------------------------------------------------------------------------


def _stored(dataset: Dataset, layer: str, record: LayerRecord | None, name: str) -> Stored:
    """Return a weight, with what the configuration declares of its layer."""
    kind = record.type if record is not None else ""
    role = _ROLES.get(name, "") if kind in _NORMALISATION else ""
    trainable: bool | None = None
    learnable: bool | None = None
    if role:
        learnable = role not in _STATISTICS
        trainable = learnable and record is not None and record.trainable
    elif record is not None and not record.trainable:
        trainable, learnable = False, None
    array = Stored(
        dataset.path,
        dataset.shape,
        dataset.dtype,
        bytes=dataset.bytes,
        trainable=trainable,
        learnable=learnable,
        role=role,
        kind=roles.FROZEN if trainable is False and not role else "",
        evidence=DECLARED if trainable is not None else "",
        key=dataset.address,
        layer=layer,
        layer_type=kind,
    )
    array.name = name
    return array


def _plain(dataset: Dataset) -> Stored:
    """Return an array of which the file says no more."""
    match = _VARIABLE.fullmatch(dataset.path)
    layer = match["part"] or "" if match else None
    return Stored(dataset.path, dataset.shape, dataset.dtype, bytes=dataset.bytes, key=dataset.address, layer=layer)


def _beside(dataset: Dataset) -> Stored | None:
    """Return what is no weight by its place in the file: slots, metrics and states of random generators."""
    first, _, rest = dataset.path.partition("/")
    role = _BESIDE.get(first) if rest else None
    if role is None and any(_SEEDS.fullmatch(part) for part in dataset.path.split("/")[:-1]):
        role = roles.RANDOM_STATE
    if role is None:
        return None
    return Stored(
        dataset.path,
        dataset.shape,
        dataset.dtype,
        bytes=dataset.bytes,
        trainable=False,
        role=role,
        evidence=DECLARED,
        key=dataset.address,
        layer=first if role != roles.RANDOM_STATE else dataset.path.rpartition("/vars/")[0],
    )

"""What the texts about layers that prepare data use beside arguments and shapes."""

from __future__ import annotations

from typing import Any

from weigh.report.explanation import Joined
from weigh.report.place import Place

_MANY = 7


def _normalization(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    shape = place.input_shapes[0]
    kept = sorted({axis % len(shape) for axis in layer.axis})
    return {
        "axes": Joined(kept) if kept else None,
        "means": place.own[0].count if place.own else None,
        "given": layer.input_mean is not None,
        "positions": [axis for axis in range(len(shape)) if axis not in kept] != [0] and bool(kept),
    }


def _discretization(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    known = layer.bin_boundaries
    shown = None if known is None else Joined([*known[:_MANY], *(["…"] if len(known) > _MANY else [])], ",")
    return {
        "bins": layer.num_bins if known is None else len(known) + 1,
        "known": shown,
        "adapted": known is not None and layer.num_bins is not None,
        **_mode(place),
    }


def _category_encoding(place: Place) -> dict[str, Any]:
    return _mode(place)


def _hashing(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    salt = getattr(layer, "salt", None)
    masked = getattr(layer, "mask_value", None) is not None and layer.num_bins > 1
    return {
        "salt": None if salt is None else Joined(salt, ","),
        "inputs": len(place.input_shapes),
        "masked": repr(layer.mask_value) if masked else None,
        "hashed": layer.num_bins - masked,
        **_mode(place),
    }


def _lookup(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    vocabulary = layer.get_vocabulary(include_special_tokens=False)
    special = layer.vocabulary_size() - len(vocabulary)
    return {
        "tokens": len(vocabulary) or None,
        "special": special or None,
        "numbers": layer.vocabulary_size(),
        "first": Joined([*map(repr, vocabulary[:3]), *(["…"] if len(vocabulary) > 3 else [])], ","),
        "masked": layer.mask_token is not None,
        "mask_token": repr(layer.mask_token),
        **_mode(place),
    }


def _text_vectorization(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    inner = Place(layer._lookup_layer, place.path, [], [], [], [])
    return {
        **_lookup(inner),
        "words": layer.split == "whitespace",
        "characters": layer.split == "character",
        "length": layer.output_sequence_length,
        **_mode(place),
    }


def _mode(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    return {mode: layer.output_mode == mode for mode in ("int", "one_hot", "multi_hot", "count", "tf_idf")}


def _stft(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    kernel = place.own[0].shape
    return {
        "length": kernel[0],
        "frequencies": kernel[2],
        "step": layer._step,
        "both": len(place.own) > 1,
        f"shows_{layer.mode}": True,
    }


def _mel(place: Place) -> dict[str, Any]:
    layer: Any = place.layer
    return {"frequencies": layer.fft_length // 2 + 1, "highest": layer.max_freq, "lowest": layer.min_freq}


FACTS = {
    "Normalization": _normalization,
    "Discretization": _discretization,
    "CategoryEncoding": _category_encoding,
    "Hashing": _hashing,
    "HashedCrossing": _hashing,
    "IntegerLookup": _lookup,
    "StringLookup": _lookup,
    "TextVectorization": _text_vectorization,
    "STFTSpectrogram": _stft,
    "MelSpectrogram": _mel,
}

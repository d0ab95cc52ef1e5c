"""``keras.layers.preprocessing`` of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = [
    "CategoryEncoding",
    "CenterCrop",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "Normalization",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "Rescaling",
    "Resizing",
    "StringLookup",
    "TextVectorization",
]

CategoryEncoding = door("CategoryEncoding")
CenterCrop = door("CenterCrop")
Discretization = door("Discretization")
HashedCrossing = door("HashedCrossing")
Hashing = door("Hashing")
IntegerLookup = door("IntegerLookup")
Normalization = door("Normalization")
RandomBrightness = door("RandomBrightness")
RandomContrast = door("RandomContrast", "factor", "seed")
RandomCrop = door("RandomCrop")
RandomFlip = door("RandomFlip")
RandomRotation = door("RandomRotation")
RandomTranslation = door("RandomTranslation")
RandomZoom = door("RandomZoom")
Rescaling = door("Rescaling")
Resizing = door("Resizing")
StringLookup = door(
    "StringLookup",
    *("max_tokens", "num_oov_indices", "mask_token", "oov_token", "vocabulary", "idf_weights", "encoding", "invert"),
    *("output_mode", "sparse", "pad_to_max_tokens"),
)
TextVectorization = door("TextVectorization")

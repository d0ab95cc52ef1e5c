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
RandomContrast = door("RandomContrast")
RandomCrop = door("RandomCrop")
RandomFlip = door("RandomFlip")
RandomRotation = door("RandomRotation")
RandomTranslation = door("RandomTranslation")
RandomZoom = door("RandomZoom")
Rescaling = door("Rescaling")
Resizing = door("Resizing")
StringLookup = door("StringLookup")
TextVectorization = door("TextVectorization")

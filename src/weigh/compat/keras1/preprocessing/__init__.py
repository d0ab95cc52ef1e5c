"""``keras.preprocessing`` of Keras 1: text, sequences and pictures as arrays."""

from __future__ import annotations

from weigh.compat.rooms import lazily

__getattr__, __dir__, __all__ = lazily(
    __name__,
    {
        "image": "weigh.compat.keras1.preprocessing.image",
        "sequence": "weigh.compat.preprocessing.sequence",
        "text": "weigh.compat.keras1.preprocessing.text",
    },
)

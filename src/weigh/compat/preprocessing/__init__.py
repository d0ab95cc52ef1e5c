"""``keras.preprocessing`` of Keras 2: text, sequences and pictures as arrays."""

from __future__ import annotations

from weigh.compat.rooms import lazily

__getattr__, __dir__, __all__ = lazily(__name__, {name: f"{__name__}.{name}" for name in ("image", "sequence", "text")})

"""Networks from files with the methods of Keras 1."""

from __future__ import annotations

from weigh.compat.keras1.networks import Functional
from weigh.compat.keras1.sequential import Sequential
from weigh.compat.saving import Reader
from weigh.models.saving import save_model

__all__ = ["load_model", "model_from_json", "save_model"]

_reader = Reader("weigh.compat.keras1", Functional, Sequential)
load_model = _reader.load_model
model_from_json = _reader.model_from_json

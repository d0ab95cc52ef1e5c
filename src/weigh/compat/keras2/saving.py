"""Networks from files with the methods of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.networks import Functional
from weigh.compat.keras2.sequential import Sequential
from weigh.compat.saving import Reader
from weigh.models.saving import save_model

__all__ = ["load_model", "model_from_json", "save_model"]

_reader = Reader("weigh.compat.keras2", Functional, Sequential)
load_model = _reader.load_model
model_from_json = _reader.model_from_json

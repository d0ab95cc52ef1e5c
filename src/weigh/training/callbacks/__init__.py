"""Callbacks: what is called on the way through training, evaluation and prediction. As in Keras 3."""

from __future__ import annotations

from weigh.training.callbacks.base import Callback, CallbackList, History
from weigh.training.callbacks.checkpoint import ModelCheckpoint
from weigh.training.callbacks.csv_logger import CSVLogger
from weigh.training.callbacks.monitor import EarlyStopping, MonitorCallback
from weigh.training.callbacks.progress import ProgbarLogger

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "ModelCheckpoint",
    "MonitorCallback",
    "ProgbarLogger",
]

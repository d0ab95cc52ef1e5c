"""What the classifiers of ImageNet share: how images are prepared for them, and what their classes are called."""

from __future__ import annotations

from typing import Any

from weigh.applications.frame import CLASSES, channels_first, official_file
from weigh.compute.lazy import jax, numpy
from weigh.declare.graph import Tensor
from weigh.errors import ArgumentError, ShapeError

__all__ = ["decode_predictions", "preprocess_input"]

INDEX = "imagenet_class_index.json"
MEAN = (0.485, 0.456, 0.406)
"""Of red, green and blue over ImageNet, of pixels between 0 and 1."""
DEVIATION = (0.229, 0.224, 0.225)
"""Standard deviations of the same."""
CAFFE_MEAN = (103.939, 116.779, 123.68)
"""Of blue, green and red, of pixels between 0 and 255."""


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Return images as a network wants them that was trained in the way of `mode`.

    Unlike in Keras, `x` is never overwritten.

    Args:
        x: (batch, rows, columns, 3) or (rows, columns, 3), red, green, blue, from 0 to 255; with `data_format`
            ``"channels_first"`` the channels come before the rows. An array, or a symbolic tensor.
        data_format: where the channels' axis is; the default's where ``None``.
        mode: ``"caffe"``: blue, green, red, minus the mean of ImageNet; ``"tf"``: from −1 to 1; ``"torch"``: from 0 to
            1, minus the mean of ImageNet, divided by its standard deviation.

    Raises:
        ArgumentError: `mode` or `data_format` is none of these.
    """
    if mode not in ("caffe", "tf", "torch"):
        raise ArgumentError(f"`mode` must be 'caffe', 'tf' or 'torch', not {mode!r}.")
    if data_format not in (None, "channels_first", "channels_last"):
        raise ArgumentError(f"`data_format` must be 'channels_first' or 'channels_last', not {data_format!r}.")
    first = channels_first() if data_format is None else data_format == "channels_first"
    if not isinstance(x, Tensor):
        x = _floating(x)
    if mode == "tf":
        return x / 127.5 - 1.0
    axis = len(x.shape) - 3 if first else len(x.shape) - 1

    def aligned(values: tuple[float, ...]) -> Any:
        shape = [1] * len(x.shape)
        shape[axis] = 3
        dtype = x.dtype
        return numpy.asarray(values, dtype="float32" if isinstance(x, Tensor) else dtype).reshape(shape)

    if mode == "torch":
        return (x / 255.0 - aligned(MEAN)) / aligned(DEVIATION)
    backwards = (*(slice(None),) * axis, slice(None, None, -1))
    return x[backwards] - aligned(CAFFE_MEAN)


def _floating(x: Any) -> Any:
    if isinstance(x, (list, tuple)):
        x = numpy.asarray(x)
    return x if jax.numpy.issubdtype(x.dtype, jax.numpy.floating) else x.astype("float32")


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, float]]]:
    """Return the `top` likeliest classes of each image: identifier, name and score, likeliest first.

    Args:
        preds: (batch, 1000), what a classifier of ImageNet gave.
        top: how many.

    Raises:
        ShapeError: `preds` has another shape.
        FormatError: the list of names, which Keras keeps beside the weights, is not on this machine.
    """
    scores = numpy.asarray(preds)
    if scores.ndim != 2 or scores.shape[1] != CLASSES:
        raise ShapeError(f"`decode_predictions` takes scores of shape (batch, {CLASSES}), not {scores.shape}.")
    names = _names()
    return [[(*names[str(place)], row[place]) for place in row.argsort()[::-1][:top]] for row in scores]


def _names() -> dict[str, tuple[str, str]]:
    import json

    with open(official_file("decode_predictions", INDEX), encoding="utf-8") as file:
        return {place: (entry[0], entry[1]) for place, entry in json.load(file).items()}

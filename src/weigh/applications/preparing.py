"""How images are prepared for each family: `preprocess_input` of its module."""

from __future__ import annotations

from typing import Any

from weigh.applications import imagenet_utils


def caffe(x: Any, data_format: str | None = None) -> Any:
    """Return images blue first, minus the mean of ImageNet; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, "caffe")


def tf(x: Any, data_format: str | None = None) -> Any:
    """Return images from −1 to 1; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, "tf")


def torch(x: Any, data_format: str | None = None) -> Any:
    """Return images by ImageNet's mean and deviation; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, "torch")


def inside(x: Any, data_format: str | None = None) -> Any:
    """Return `x` as it is: these networks prepare images themselves."""
    return x

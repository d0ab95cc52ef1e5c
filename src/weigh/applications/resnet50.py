"""Keras' module of ResNet50; the network is in `weigh.applications.resnet`."""

from weigh.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]

"""Keras' module of VGG16; the network is in `weigh.applications.vgg`."""

from weigh.applications.vgg import VGG16, decode_predictions, preprocess_input

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

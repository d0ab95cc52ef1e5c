"""Keras' module of VGG19; the network is in `weigh.applications.vgg`."""

from weigh.applications.vgg import VGG19, decode_predictions, preprocess_input

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

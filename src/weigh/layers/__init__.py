"""Layers, one file a family. Names are resolved on first use."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "activation": ["Activation"],
        "base": ["Layer"],
        "core": ["Dense", "Input", "InputLayer"],
        "image.scaling": ["Rescaling"],
        "merging": ["Add", "Concatenate", "add", "concatenate"],
        "normalization": ["BatchNormalization"],
        "regularization": ["Dropout"],
        "reshaping": ["Flatten", "Reshape"],
        "wrappers": ["Wrapper"],
    },
)

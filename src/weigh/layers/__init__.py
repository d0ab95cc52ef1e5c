"""Layers, one file a family. Names are resolved on first use."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "activation": ["ELU", "Activation", "LeakyReLU", "PReLU", "ReLU", "Softmax"],
        "base": ["Layer"],
        "core": ["Dense", "Input", "InputLayer"],
        "image.scaling": ["Rescaling"],
        "merging": [
            *("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"),
            *("add", "average", "concatenate", "dot", "maximum", "minimum", "multiply", "subtract"),
        ],
        "normalization": [
            "BatchNormalization",
            "GroupNormalization",
            "LayerNormalization",
            "RMSNormalization",
            "SamplewiseBatchNormalization",
            "SpectralNormalization",
            "StatelessBatchNormalization",
            "UnitNormalization",
        ],
        "regularization": ["Dropout"],
        "reshaping": [
            *("Cropping1D", "Cropping2D", "Cropping3D", "Flatten", "Permute", "RepeatVector", "Reshape"),
            *("UpSampling1D", "UpSampling2D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"),
        ],
        "wrappers": ["Wrapper"],
    },
)

"""Layers, one file a family. Names are resolved on first use."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "activation": ["ELU", "Activation", "LeakyReLU", "PReLU", "ReLU", "Softmax"],
        "base": ["Layer"],
        "convolution.depthwise": ["DepthwiseConv1D", "DepthwiseConv2D"],
        "convolution.local": ["LocallyConnected1D", "LocallyConnected2D"],
        "convolution.regular": ["Conv1D", "Conv2D", "Conv3D", "Convolution1D", "Convolution2D", "Convolution3D"],
        "convolution.separable": [
            *("SeparableConv1D", "SeparableConv2D", "SeparableConvolution1D", "SeparableConvolution2D"),
        ],
        "convolution.transposed": [
            *("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
            *("Convolution1DTranspose", "Convolution2DTranspose", "Convolution3DTranspose"),
        ],
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
        "pooling.adaptive": [
            "AdaptiveAveragePooling1D",
            "AdaptiveAveragePooling2D",
            "AdaptiveAveragePooling3D",
            "AdaptiveMaxPooling1D",
            "AdaptiveMaxPooling2D",
            "AdaptiveMaxPooling3D",
        ],
        "pooling.whole": [
            "GlobalAveragePooling1D",
            "GlobalAveragePooling2D",
            "GlobalAveragePooling3D",
            "GlobalAvgPool1D",
            "GlobalAvgPool2D",
            "GlobalAvgPool3D",
            "GlobalMaxPool1D",
            "GlobalMaxPool2D",
            "GlobalMaxPool3D",
            "GlobalMaxPooling1D",
            "GlobalMaxPooling2D",
            "GlobalMaxPooling3D",
        ],
        "pooling.windows": [
            "AveragePooling1D",
            "AveragePooling2D",
            "AveragePooling3D",
            "AvgPool1D",
            "AvgPool2D",
            "AvgPool3D",
            "MaxPool1D",
            "MaxPool2D",
            "MaxPool3D",
            "MaxPooling1D",
            "MaxPooling2D",
            "MaxPooling3D",
        ],
        "older": ["Highway", "MaxoutDense", "ParametricSoftplus", "SReLU", "ThresholdedReLU"],
        "regularization": [
            *("ActivityRegularization", "AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise"),
            *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
        ],
        "reshaping": [
            *("Cropping1D", "Cropping2D", "Cropping3D", "Flatten", "Permute", "RepeatVector", "Reshape"),
            *("UpSampling1D", "UpSampling2D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"),
        ],
        "wrappers": ["Wrapper"],
    },
)

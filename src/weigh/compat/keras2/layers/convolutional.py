"""``keras.layers.convolutional`` of Keras 2."""

from __future__ import annotations

from weigh.compat.keras2.layers.topology import door

__all__ = [
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Deconv2D",
    "Deconv3D",
    "Deconvolution2D",
    "Deconvolution3D",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
]

_UNUSED = ("kernel_initializer:", "kernel_regularizer:", "kernel_constraint:")
"""What layers with other kernels took from the class that they were made of, and never used."""

Conv1D = door("Conv1D")
Conv2D = door("Conv2D")
Conv3D = door("Conv3D")
Conv1DTranspose = door("Conv1DTranspose")
Conv2DTranspose = door("Conv2DTranspose")
Conv3DTranspose = door("Conv3DTranspose")
SeparableConv1D = door("SeparableConv1D", everywhere=_UNUSED)
SeparableConv2D = door("SeparableConv2D", everywhere=_UNUSED)
DepthwiseConv1D = door("DepthwiseConv1D", everywhere=_UNUSED)
DepthwiseConv2D = door("DepthwiseConv2D", everywhere=_UNUSED)
UpSampling1D = door("UpSampling1D")
UpSampling2D = door("UpSampling2D")
UpSampling3D = door("UpSampling3D")
ZeroPadding1D = door("ZeroPadding1D")
ZeroPadding2D = door("ZeroPadding2D")
ZeroPadding3D = door("ZeroPadding3D")
Cropping1D = door("Cropping1D")
Cropping2D = door("Cropping2D")
Cropping3D = door("Cropping3D")

Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
Deconvolution2D = Convolution2DTranspose = Deconv2D = Conv2DTranspose
Deconvolution3D = Convolution3DTranspose = Deconv3D = Conv3DTranspose
Convolution1DTranspose = Conv1DTranspose

"""Networks that the field knows by name, as `keras.applications` has them: one file a family.

Names of layers, their order and their weights are those of Keras, so the official files fit. Nothing is downloaded.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={
        "convnext",
        "densenet",
        "efficientnet",
        "efficientnet_v2",
        "imagenet_utils",
        "inception_resnet_v2",
        "inception_v3",
        "mobilenet",
        "mobilenet_v2",
        "mobilenet_v3",
        "nasnet",
        "resnet",
        "resnet50",
        "resnet_v2",
        "text",
        "vgg16",
        "vgg19",
        "xception",
    },
    submod_attrs={
        "convnext": ["ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtSmall", "ConvNeXtTiny", "ConvNeXtXLarge"],
        "densenet": ["DenseNet121", "DenseNet169", "DenseNet201"],
        "efficientnet": [f"EfficientNetB{number}" for number in range(8)],
        "efficientnet_v2": [f"EfficientNetV2{which}" for which in ("B0", "B1", "B2", "B3", "L", "M", "S")],
        "inception_resnet_v2": ["InceptionResNetV2"],
        "inception_v3": ["InceptionV3"],
        "mobilenet": ["MobileNet"],
        "mobilenet_v2": ["MobileNetV2"],
        "mobilenet_v3": ["MobileNetV3Large", "MobileNetV3Small"],
        "nasnet": ["NASNetLarge", "NASNetMobile"],
        "resnet": ["ResNet101", "ResNet152", "ResNet50"],
        "resnet_v2": ["ResNet101V2", "ResNet152V2", "ResNet50V2"],
        "vgg": ["VGG16", "VGG19"],
        "xception": ["Xception"],
    },
)

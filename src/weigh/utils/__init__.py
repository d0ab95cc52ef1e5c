"""Small things around networks, as ``keras.utils`` has them. Names are resolved on first use."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"bounding_boxes"},
    submod_attrs={
        "arrays": [
            "get_source_inputs",
            "is_keras_tensor",
            "normalize",
            "pack_x_y_sample_weight",
            "pad_sequences",
            "to_categorical",
            "unpack_x_y_sample_weight",
        ],
        "configuration": ["Config"],
        "feature_space": ["FeatureSpace"],
        "images": ["array_to_img", "img_to_array", "load_img", "save_img"],
        "serialization": [
            "CustomObjectScope",
            "custom_object_scope",
            "deserialize_keras_object",
            "get_custom_objects",
            "get_registered_name",
            "get_registered_object",
            "register_keras_serializable",
            "serialize_keras_object",
            "standardize_dtype",
        ],
        "sessions": ["clear_session", "set_random_seed"],
    },
)

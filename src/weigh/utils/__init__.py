"""Small things around networks, as ``keras.utils`` has them. Names are resolved on first use."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "sessions": ["clear_session", "set_random_seed"],
    },
)

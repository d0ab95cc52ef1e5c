"""Functions of arrays as in ``keras.ops``; on symbolic tensors each call becomes part of a network.

A call computes at once on arrays. On symbolic tensors, such as `weigh.Input` and layers return, it says what comes out
without computing, and is recorded as an operation of the network, which is saved and loaded with it.
"""

import lazy_loader

from weigh.ops.names import members

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules={"image", "linalg", "nn", "numpy"},
    submod_attrs=members("numpy", "core", "math", "nn", "linalg", "einops"),
)

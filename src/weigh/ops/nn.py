"""The operations of ``keras.ops.nn``."""

import lazy_loader

from weigh.ops.names import members

__getattr__, __dir__, __all__ = lazy_loader.attach("weigh.ops", submod_attrs=members("nn"))

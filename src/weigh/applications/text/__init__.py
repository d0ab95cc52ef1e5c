"""Networks for text, written with the public layers alone: an encoder as BERT, a decoder as GPT-2."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={"bert": ["BERT"], "gpt": ["GPT", "generate"], "position": ["PositionEmbedding"]},
)

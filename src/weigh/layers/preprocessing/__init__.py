"""Layers that prepare data; what they know of the data, `adapt` measures, and no gradient trains."""

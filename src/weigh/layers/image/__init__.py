"""Layers that prepare and augment images. None has weights; what they draw comes from a random state beside them."""

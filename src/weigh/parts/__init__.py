"""What layers are put together from: activations, initializers, regularizers, constraints."""

EPSILON = 1e-7
"""What is added to a norm before something is divided by it; Keras' default ``epsilon()``."""

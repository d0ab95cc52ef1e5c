"""What a network is, before any array exists: dimensions, weights, layers, graphs. Imports neither NumPy nor JAX."""

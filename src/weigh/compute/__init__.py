"""The only door to JAX and NumPy for everything above; both are imported when first used."""

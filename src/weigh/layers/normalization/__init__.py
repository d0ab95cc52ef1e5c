"""Layers that bring their inputs to a known mean, variance or length."""

"""Layers that go over a sequence step by step and carry a state from each to the next."""

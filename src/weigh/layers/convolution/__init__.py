"""Convolutions: a small window of weights, moved over all positions of a sequence, a picture or a volume."""

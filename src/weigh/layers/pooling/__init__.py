"""Pooling: one number for several, taken over a window of positions, channel by channel."""

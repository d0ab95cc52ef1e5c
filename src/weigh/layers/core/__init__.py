"""Where a network begins, densely connected layers, and layers that compute nothing or whatever they are given."""

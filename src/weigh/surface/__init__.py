"""Modules of Keras 3 by their names there, where ours are put together differently: lists of what is elsewhere."""

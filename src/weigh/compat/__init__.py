"""Spellings of older Keras, translated to ours at the door: nothing behind it knows them."""

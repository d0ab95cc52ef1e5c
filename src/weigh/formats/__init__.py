"""Files as data, one file a format: what is read is checked first, and what is written is written whole."""

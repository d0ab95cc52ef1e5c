"""An account or a network made visible."""

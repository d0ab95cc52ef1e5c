"""Every number of a network, with its working. Needs only the declarations."""

"""How a network is trained: losses, metrics, optimizers, the compiled step and the loop around it."""

"""The seed's network and its training step as a careful person writes them by hand in JAX and optax.

The arithmetic is that of `weigh` and of Keras: the loss from the logits, batch statistics in two passes and their
moving averages, dropout by `jax.random.bernoulli`, Adam; even the random keys are the same, so the losses must be too,
up to the ε of Adam, which optax adds after the bias is corrected and Keras before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy
import optax

INPUTS, UNITS, LABELS = 4096, 512, 80
MOMENTUM, EPSILON, RATE = 0.99, 1e-3, 0.5

Weights = dict[str, jax.Array]
optimizer = optax.adam(1e-3, eps=1e-7)


class State(NamedTuple):
    """What a step reads and writes."""

    weights: Weights
    mean: jax.Array
    variance: jax.Array
    key: jax.Array
    slots: Any


def begin(weights: Sequence[Any], key: Any) -> State:
    """Return the state before the first step; `weights` in the order of Keras' ``get_weights``."""
    kernel, bias, gamma, beta, mean, variance, kernel_1, bias_1 = map(jnp.array, weights)
    trained = {"kernel": kernel, "bias": bias, "gamma": gamma, "beta": beta, "kernel_1": kernel_1, "bias_1": bias_1}
    return State(trained, mean, variance, jnp.array(key), optimizer.init(trained))


def initial(seed: int) -> State:
    """Return a state with random weights, made by NumPy: a new process waits for no compilation of random numbers."""
    generator = numpy.random.default_rng(seed)

    def glorot_uniform(rows: int, columns: int) -> Any:
        limit = (6 / (rows + columns)) ** 0.5
        return generator.uniform(-limit, limit, (rows, columns)).astype("float32")

    zeros, ones = numpy.zeros(UNITS, "float32"), numpy.ones(UNITS, "float32")
    hidden = [glorot_uniform(INPUTS, UNITS), zeros, ones, zeros, zeros, ones]
    return begin(
        [*hidden, glorot_uniform(UNITS, LABELS), numpy.zeros(LABELS, "float32")], numpy.array([seed, 0], "uint32")
    )


@partial(jax.jit, donate_argnums=0)
def step(state: State, x: Any, y: Any) -> tuple[State, jax.Array]:
    """Take a training step; return the loss before it. Shapes (batch, 4096) and (batch, 80)."""

    def loss_of(weights: Weights) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        hidden = jax.nn.relu(x @ weights["kernel"] + weights["bias"])
        mean = hidden.mean(0)
        variance = jnp.square(hidden - mean).mean(0)
        hidden = _normalized(hidden, mean, variance, weights)
        kept = jax.random.bernoulli(state.key, 1 - RATE, hidden.shape)
        hidden = jnp.where(kept, hidden / (1 - RATE), 0)
        logits = hidden @ weights["kernel_1"] + weights["bias_1"]
        losses = jnp.maximum(logits, 0) - logits * y + jnp.log1p(jnp.exp(-jnp.abs(logits)))
        return losses.mean(), (mean, variance)

    (loss, (mean, variance)), gradients = jax.value_and_grad(loss_of, has_aux=True)(state.weights)
    changes, slots = optimizer.update(gradients, state.slots)
    return State(
        optax.apply_updates(state.weights, changes),
        MOMENTUM * state.mean + (1 - MOMENTUM) * mean,
        MOMENTUM * state.variance + (1 - MOMENTUM) * variance,
        state.key + jnp.array([0, 1], jnp.uint32),
        slots,
    ), loss


@jax.jit
def predict(state: State, x: Any) -> jax.Array:
    """Return the probabilities of the labels: (batch, 4096) → (batch, 80)."""
    weights = state.weights
    hidden = jax.nn.relu(x @ weights["kernel"] + weights["bias"])
    hidden = _normalized(hidden, state.mean, state.variance, weights)
    return jax.nn.sigmoid(hidden @ weights["kernel_1"] + weights["bias_1"])


def _normalized(x: jax.Array, mean: jax.Array, variance: jax.Array, weights: Weights) -> jax.Array:
    return (x - mean) * (jax.lax.rsqrt(variance + EPSILON) * weights["gamma"]) + weights["beta"]

"""Loops over the steps of a sequence, and the arithmetic inside of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from weigh.compute import values
from weigh.compute.lazy import jax
from weigh.compute.values import Array

Step = Callable[[Any, Any], tuple[Array, Any]]
"""Called with what is given at one step and the states before it; returns its output and the states after it."""


def loop(
    step: Step,
    inputs: Any,
    states: Any,
    *,
    mask: Array | None = None,
    zero_masked: bool = False,
    previous: Callable[[Any], Array] = lambda states: states[0],
    whole: bool = True,
    unroll: bool = False,
    variables: Iterable[Any] = (),
) -> tuple[Array, Any]:
    """Return the outputs of all steps and the states after the last one.

    Args:
        step: what happens at a step.
        inputs: arrays of (steps, batch, …).
        states: before the first step, arrays of (batch, …).
        mask: (steps, batch), False where a step is padding: it leaves the states as they are.
        zero_masked: whether the output of a masked step is 0; else it is that of the step before.
        previous: finds the output of the step before among the states, for masked steps.
        whole: whether all outputs, (steps, batch, …), are wanted, or the last one alone, (batch, …).
        unroll: whether the steps are written out one after the other in the compiled program.
        variables: whose values a step may change, such as random states.
    """
    jnp = jax.numpy
    leaves, structure = jax.tree.flatten(states)

    def body(before: list[Array], given: tuple[Any, Array | None]) -> tuple[list[Array], Array]:
        now, kept = given
        carried = jax.tree.unflatten(structure, before)
        output, after = step(now, carried)
        new = [one.astype(old.dtype) for one, old in zip(jax.tree.leaves(after), before, strict=True)]
        if kept is not None:
            new = [jnp.where(_beside(kept, one), one, old) for one, old in zip(new, before, strict=True)]
            other = jnp.zeros_like(output) if zero_masked else previous(carried).astype(output.dtype)
            output = jnp.where(_beside(kept, output), output, other)
        return new, output

    after, outputs = scan(body, leaves, (inputs, mask), variables=variables, unroll=unroll)
    return outputs if whole else outputs[-1], jax.tree.unflatten(structure, after)


def _beside(mask: Array, array: Array) -> Array:
    """Return a mask of (batch,) with as many axes as an array of (batch, …)."""
    return mask.reshape(mask.shape[0], *(1,) * (array.ndim - 1))


def scan(
    body: Callable[[Any, Any], tuple[Any, Any]],
    carry: Any,
    inputs: Any,
    *,
    variables: Iterable[Any] = (),
    unroll: bool = False,
) -> tuple[Any, Any]:
    """Return what `jax.lax.scan` returns; what the body assigns to `variables` goes from step to step and is kept.

    Losses that layers add inside of the body are summed over the steps, and added to the computation around it.
    """
    moved = list(variables)

    def step(before: tuple[list[Array], Any], given: Any) -> tuple[tuple[list[Array], Any], tuple[Any, list[Array]]]:
        own, rest = before
        with values.bind(moved, own) as binding:
            rest, output = body(rest, given)
            return (binding.values(moved), rest), (output, binding.losses)

    start = [variable.raw for variable in moved]
    (own, rest), (outputs, losses) = jax.lax.scan(step, (start, carry), inputs, unroll=unroll)
    for variable, value in zip(moved, own, strict=True):
        variable.assign(value)
    outer = values.current_binding()
    if outer is not None:
        outer.losses.extend(jax.numpy.sum(loss, axis=0) for loss in losses)
    return rest, outputs


def gated(z: Array, carried: Array) -> tuple[Array, Array]:
    """Return the output and the new cell state of an LSTM, from the sums at its gates.

    The sigmoid of all four sums is taken at once, though that of the third is not needed, and the derivative is
    written out: slices of slices are what a compiler for processors vectorises worst.

    Args:
        z: sums of the input gate, the forget gate, the candidate and the output gate side by side, (…, 4 units).
        carried: the cell state, (…, units).

    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000.
    """
    result: tuple[Array, Array] = _gated()(z, carried)
    return result


@cache
def _gated() -> Any:
    jnp = jax.numpy

    def forward(z: Array, carried: Array) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
        units = carried.shape[-1]
        i, f, _, o = (jax.nn.sigmoid(z)[..., k * units : (k + 1) * units] for k in range(4))
        g = jnp.tanh(z[..., 2 * units : 3 * units])
        c = f * carried + i * g
        squashed = jnp.tanh(c)
        return o * squashed, c, i, f, g, o, squashed

    def gated(z: Array, carried: Array) -> tuple[Array, Array]:
        return forward(z, carried)[:2]

    def derivative(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Any, Any]:
        (z, carried), (dz, d_carried) = primals, tangents
        h, c, i, f, g, o, squashed = forward(z, carried)
        units = carried.shape[-1]
        di, df, dg, do = (dz[..., k * units : (k + 1) * units] for k in range(4))
        dc = f * d_carried + (g * i * (1 - i)) * di + (carried * f * (1 - f)) * df + (i * (1 - g * g)) * dg
        dh = (o * (1 - squashed * squashed)) * dc + (squashed * o * (1 - o)) * do
        return (h, c), (dh, dc)

    function = jax.custom_jvp(gated)
    function.defjvp(derivative)
    return function


def ahead(batch: int) -> bool:
    """Return whether products of the inputs are better computed for all steps before the loop than inside of it.

    One large product is quicker than many small ones, except on a CPU where a step is large enough to keep it busy:
    there the sums of all steps, which have to be written to memory and read again, cost more than is won (LSTM of 256
    units, batch 32: 0.85 of the speed; batch 4: 1.24).
    """
    return batch < _BUSY or jax.default_backend() != "cpu"


_BUSY = 16


def lstm(
    inputs: Array, h: Array, c: Array, kernel: Array, recurrent: Array, bias: Array | None
) -> tuple[Array, Array, Array]:
    """Return the outputs of an LSTM at all steps, (steps, batch, units), and its last two states.

    The gradient is written out: it goes back through the steps with one product each, and then takes the gradients of
    both kernels over all steps at once, where automatic differentiation adds up a whole kernel at every step. LSTM of
    256 units over 128 steps of 32 examples on one core: 1.28 times as fast. It cannot be differentiated forwards.

    Args:
        inputs: (steps, batch, features).
        h: output before the first step, (batch, units).
        c: cell state before the first step, (batch, units).
        kernel: (features, 4 units).
        recurrent: (units, 4 units).
        bias: (4 units,); ``None`` for 0.
    """
    bias = jax.numpy.zeros(kernel.shape[-1], kernel.dtype) if bias is None else bias
    result: tuple[Array, Array, Array] = _lstm()(inputs, h, c, kernel, recurrent, bias)
    return result


@cache
def _lstm() -> Any:
    jnp = jax.numpy

    def run(step: Callable[..., Any], x: Array, h: Array, c: Array, kernel: Array, recurrent: Array, b: Array) -> Any:
        early = ahead(x.shape[1])

        def body(before: tuple[Array, Array], given: Array) -> Any:
            h, c = before
            return step((given if early else given @ kernel + b) + h @ recurrent, c)

        return jax.lax.scan(body, (h, c), x @ kernel + b if early else x)

    def forward(x: Array, h: Array, c: Array, kernel: Array, recurrent: Array, b: Array) -> tuple[Array, Array, Array]:
        def step(z: Array, c: Array) -> tuple[tuple[Array, Array], Array]:
            h, c = gated(z, c)
            return (h, c), h

        (last, carried), outputs = run(step, x, h, c, kernel, recurrent, b)
        return outputs, last, carried

    def remembering(x: Array, h: Array, c: Array, kernel: Array, recurrent: Array, b: Array) -> tuple[Any, Any]:
        units = c.shape[-1]

        def step(z: Array, c: Array) -> tuple[tuple[Array, Array], Any]:
            gates, g = jax.nn.sigmoid(z), jnp.tanh(z[:, 2 * units : 3 * units])
            c = gates[:, units : 2 * units] * c + gates[:, :units] * g
            h = gates[:, 3 * units :] * jnp.tanh(c)
            return (h, c), (h, gates, g, c)

        (last, carried), (outputs, *kept) = run(step, x, h, c, kernel, recurrent, b)
        return (outputs, last, carried), (x, h, c, kernel, recurrent, outputs, kept)

    def backward(remembered: Any, change: tuple[Array, Array, Array]) -> tuple[Array, ...]:
        x, first, start, kernel, recurrent, outputs, (gates, candidates, cells) = remembered
        units = start.shape[-1]
        turned = jax.lax.optimization_barrier(recurrent.T)  # once, and not at every step

        def step(after: tuple[Array, Array], given: Any) -> tuple[tuple[Array, Array], Array]:
            (dh, dc), (dy, gates, g, c, before) = after, given
            i, f, o = gates[:, :units], gates[:, units : 2 * units], gates[:, 3 * units :]
            squashed, dh = jnp.tanh(c), dh + dy
            dc = dc + dh * o * (1 - squashed * squashed)
            parts = [dc * g * i * (1 - i), dc * before * f * (1 - f), dc * i * (1 - g * g), dh * squashed * o * (1 - o)]
            dz = jnp.concatenate(parts, -1)
            return (dz @ turned, dc * f), dz

        given = (change[0], gates, candidates, cells, jnp.concatenate([start[None], cells[:-1]]))
        (dh, dc), dz = jax.lax.scan(step, change[1:], given, reverse=True)
        rows = dz.reshape(-1, dz.shape[-1])
        states = jnp.concatenate([first[None], outputs[:-1]])
        d_kernel, d_recurrent = (one.reshape(-1, one.shape[-1]).T @ rows for one in (x, states))
        return dz @ kernel.T, dh, dc, d_kernel, d_recurrent, rows.sum(0)

    function = jax.custom_vjp(forward)
    function.defvjp(remembering, backward)
    return function

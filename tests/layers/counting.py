"""An independent count of multiply-adds: a walk over what JAX was told to compute."""

from math import prod

import jax


def multiply_adds(function, *arguments):
    """Return the products that are added up in matrix products and convolutions of `function`, loops counted out."""
    return _of(jax.make_jaxpr(function)(*arguments).jaxpr)


def _of(jaxpr):
    return sum(_of_equation(equation) for equation in jaxpr.eqns)


def _of_equation(equation):
    name, params = equation.primitive.name, equation.params
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        left = equation.invars[0].aval.shape
        return prod(equation.outvars[0].aval.shape) * prod(left[axis] for axis in contracted)
    if name == "conv_general_dilated":
        return _of_convolution(equation)
    if params.get("name") == "sum_of_shifted_products":
        return _of_products(params["jaxpr"].jaxpr)
    if name == "scan":
        return params["length"] * _of(params["jaxpr"].jaxpr)
    if name == "while":
        raise AssertionError("how often a `while` runs cannot be read off")
    if name == "cond":
        return max(_of(branch.jaxpr) for branch in params["branches"])
    inner = [value for value in params.values() if hasattr(value, "eqns") or hasattr(value, "jaxpr")]
    return sum(_of(getattr(value, "jaxpr", value)) for value in inner)


def _of_products(jaxpr):
    """Products of a sum that is written out term by term: as a depthwise convolution may be on a CPU."""
    inner = [value for one in jaxpr.eqns for value in one.params.values() if hasattr(value, "jaxpr")]
    own = sum(prod(one.outvars[0].aval.shape) for one in jaxpr.eqns if one.primitive.name == "mul")
    return own + sum(_of_products(value.jaxpr) for value in inner)


def _of_convolution(equation):
    """Products with zeros that a dilated input inserts are left out: they are never asked for."""
    params, numbers = equation.params, equation.params["dimension_numbers"]
    given, kernel, out = (one.aval.shape for one in (*equation.invars[:2], equation.outvars[0]))
    window = prod(kernel[axis] for axis in numbers.rhs_spec[2:])
    channels, features = kernel[numbers.rhs_spec[1]], kernel[numbers.rhs_spec[0]]
    dilated = any(step != 1 for step in params["lhs_dilation"])
    shape, spec = (given, numbers.lhs_spec) if dilated else (out, numbers.out_spec)
    positions = shape[spec[0]] * prod(shape[axis] for axis in spec[2:])
    return positions * window * channels * features // params["batch_group_count"]

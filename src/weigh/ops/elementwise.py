"""Functions of each element: of one array, and of two that are broadcast."""

from __future__ import annotations

from typing import Any

from weigh.compute.lazy import jax
from weigh.compute.values import Array
from weigh.declare import dtypes
from weigh.ops import shapes, specs
from weigh.ops.arrays import array
from weigh.ops.operation import operation
from weigh.ops.specs import Rule, boolean, floating, own, promoted

MODULE = "keras.src.ops.numpy"


def _unary(name: str, text: str, rule: Rule, class_name: str = "", jax_name: str = "") -> Any:
    """Return a function of each element, of NumPy's name."""

    def function(x: Any) -> Array:
        x = array(x)
        if rule is floating and not dtypes.is_inexact(str(x.dtype)):
            x = x.astype(floating(x))
        return getattr(jax.numpy, jax_name or name)(x)

    return _named(function, name, text, specs.like(rule), class_name)


def _binary(name: str, text: str, rule: Rule = promoted, class_name: str = "", jax_name: str = "") -> Any:
    """Return a function of two elements, of NumPy's name."""

    def function(x1: Any, x2: Any) -> Array:
        return getattr(jax.numpy, jax_name or name)(number(x1), number(x2))

    return _named(function, name, text, specs.broadcast(rule), class_name)


def _of_bits(name: str, text: str, jax_name: str = "") -> Any:
    """Return a function of the bits of two whole numbers, of NumPy's name."""

    def function(x: Any, y: Any) -> Array:
        return getattr(jax.numpy, jax_name or name)(number(x), number(y))

    spec = specs.broadcast()
    return _named(function, name, text, lambda x, y: spec(x, y), "")


def number(x: Any) -> Any:
    """Return a Python number as it is, so that it takes the other's format; anything else as an array."""
    return x if isinstance(x, (int, float)) else array(x)


def _named(function: Any, name: str, text: str, spec: specs.Spec, class_name: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Return {text}."
    class_name = class_name or "".join(part.capitalize() for part in name.split("_"))
    return operation(class_name, (), spec, specs.each(spec), MODULE)(function)


# One array ----------------------------------------------------------------------------------------------------------

absolute = _unary("absolute", "|x|", own)
abs = absolute
fabs = _unary("fabs", "|x| as a floating-point number", floating)
negative = _unary("negative", "−x", own)
sign = _unary("sign", "−1, 0 or 1: the sign of x", own)
signbit = _unary("signbit", "whether x is below 0, or −0", boolean)
square = _unary("square", "x²; of booleans as whole numbers", lambda x: "int32" if own(x) == "bool" else own(x))
sqrt = _unary("sqrt", "√x", floating)
cbrt = _unary("cbrt", "the third root of x", floating)
reciprocal = _unary("reciprocal", "1 ÷ x", floating)
exp = _unary("exp", "eˣ", floating)
exp2 = _unary("exp2", "2ˣ", floating)
expm1 = _unary("expm1", "eˣ − 1, also near 0", floating)
log = _unary("log", "the natural logarithm of x", floating)
log10 = _unary("log10", "the logarithm of x to base 10", floating)
log1p = _unary("log1p", "log(1 + x), also near 0", floating)
log2 = _unary("log2", "the logarithm of x to base 2", floating)
sin = _unary("sin", "the sine of x", floating)
cos = _unary("cos", "the cosine of x", floating)
tan = _unary("tan", "the tangent of x", floating)
arcsin = _unary("arcsin", "the angle whose sine is x", floating)
arccos = _unary("arccos", "the angle whose cosine is x", floating)
arctan = _unary("arctan", "the angle whose tangent is x", floating)
sinh = _unary("sinh", "(eˣ − e⁻ˣ) ÷ 2", floating)
cosh = _unary("cosh", "(eˣ + e⁻ˣ) ÷ 2", floating)
tanh = _unary("tanh", "(eˣ − e⁻ˣ) ÷ (eˣ + e⁻ˣ)", floating)
arcsinh = _unary("arcsinh", "the number whose hyperbolic sine is x", floating)
arccosh = _unary("arccosh", "the number whose hyperbolic cosine is x", floating)
arctanh = _unary("arctanh", "the number whose hyperbolic tangent is x", floating)
sinc = _unary("sinc", "sin(πx) ÷ πx", floating)
i0 = _unary("i0", "the modified Bessel function of order 0 at x", floating)
deg2rad = _unary("deg2rad", "degrees as radians", floating)
rad2deg = _unary("rad2deg", "radians as degrees", floating)
ceil = _unary("ceil", "the least whole number of at least x", floating)
floor = _unary("floor", "the greatest whole number of at most x", floating)
trunc = _unary("trunc", "x without its fraction", own)
isfinite = _unary("isfinite", "whether x is a number, and not infinite", boolean)
isinf = _unary("isinf", "whether x is infinite", boolean)
isnan = _unary("isnan", "whether x is no number", boolean)
isneginf = _unary("isneginf", "whether x is −∞", boolean)
isposinf = _unary("isposinf", "whether x is ∞", boolean)
isreal = _unary("isreal", "whether x has no imaginary part", boolean)
logical_not = _unary("logical_not", "whether x is false", boolean)
bitwise_invert = _unary("bitwise_invert", "x with all bits turned over", own, jax_name="invert")
bitwise_not = _unary("bitwise_not", "x with all bits turned over", own)
copy = _unary("copy", "x in memory of its own", own)
real = _unary("real", "the real part of x", lambda x: _part(own(x)))
imag = _unary("imag", "the imaginary part of x", lambda x: _part(own(x)))
conjugate = _unary("conjugate", "x with its imaginary part turned over", own)
conj = conjugate
angle = _unary("angle", "the angle of the complex number x", lambda x: _part(floating(x)))


def _part(dtype: str) -> str:
    """Return the format of a complex number's parts."""
    return {"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)


@operation("Round", ("decimals",), specs.like(), specs.each(specs.like()), MODULE)
def round(x: Any, decimals: int = 0) -> Array:
    """Return x rounded to so many decimals, halves to even."""
    return jax.numpy.round(array(x), decimals)


@operation("NanToNum", ("nan", "posinf", "neginf"), specs.like(), specs.each(specs.like()), MODULE)
def nan_to_num(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Array:
    """Return x with others for what is no number, ∞ and −∞: by default 0, the greatest and the least there is."""
    return jax.numpy.nan_to_num(array(x), nan=nan, posinf=posinf, neginf=neginf)


def _clipped(x: Any, x_min: Any, x_max: Any) -> Any:
    dtype = specs.own(x)
    return specs.made(specs.shape_of(x), "int32" if dtype == "bool" else dtype)


@operation("Clip", ("x_min", "x_max"), _clipped, specs.each(_clipped, 2), MODULE)
def clip(x: Any, x_min: Any, x_max: Any) -> Array:
    """Return x, kept in [x_min, x_max]."""
    x = array(x)
    return jax.numpy.clip(x.astype("int32") if x.dtype == bool else x, x_min, x_max)


@operation("View", ("dtype",), None, specs.free, MODULE)
def view(x: Any, dtype: Any = None) -> Array:
    """Return the bits of x read as another format."""
    x = array(x)
    return x if dtype is None else x.view(dtypes.standardize(dtype))


# Two arrays ---------------------------------------------------------------------------------------------------------


add = _binary("add", "x1 + x2")
subtract = _binary("subtract", "x1 − x2")
multiply = _binary("multiply", "x1 · x2")
divide = _binary("divide", "x1 ÷ x2", floating)
true_divide = _binary("true_divide", "x1 ÷ x2", floating)
floor_divide = _binary("floor_divide", "the greatest whole number of at most x1 ÷ x2")
mod = _binary("mod", "the rest of x1 ÷ x2, with the sign of x2")
fmod = _binary("fmod", "the rest of x1 ÷ x2, with the sign of x1")
power = _binary("power", "x1 to the power of x2")
maximum = _binary("maximum", "the greater of x1 and x2")
minimum = _binary("minimum", "the lesser of x1 and x2")
fmax = _binary("fmax", "the greater of x1 and x2, the other one where one is no number")
fmin = _binary("fmin", "the lesser of x1 and x2, the other one where one is no number")
arctan2 = _binary("arctan2", "the angle of the point (x2, x1)", floating)
hypot = _binary("hypot", "√(x1² + x2²)", floating)
logaddexp = _binary("logaddexp", "log(eˣ¹ + eˣ²)", floating)
logaddexp2 = _binary("logaddexp2", "log₂(2ˣ¹ + 2ˣ²)", floating)
heaviside = _binary("heaviside", "0 below 0, 1 above, x2 where x1 is 0", floating)
nextafter = _binary("nextafter", "the next number after x1 towards x2", floating)
gcd = _binary("gcd", "the greatest common divisor")
lcm = _binary("lcm", "the least common multiple")
ldexp = _binary("ldexp", "x1 · 2ˣ²", floating)
bitwise_and = _of_bits("bitwise_and", "x & y, bit by bit")
bitwise_or = _of_bits("bitwise_or", "x | y, bit by bit")
bitwise_xor = _of_bits("bitwise_xor", "x ^ y, bit by bit")
left_shift = _of_bits("left_shift", "x · 2ʸ: the bits moved")
bitwise_left_shift = _of_bits("bitwise_left_shift", "x · 2ʸ: the bits moved", "left_shift")
right_shift = _of_bits("right_shift", "x ÷ 2ʸ rounded down: the bits moved")
bitwise_right_shift = _of_bits("bitwise_right_shift", "x ÷ 2ʸ rounded down: the bits moved", "right_shift")
equal = _binary("equal", "whether x1 = x2", boolean)
not_equal = _binary("not_equal", "whether x1 ≠ x2", boolean)
less = _binary("less", "whether x1 < x2", boolean)
less_equal = _binary("less_equal", "whether x1 ≤ x2", boolean)
greater = _binary("greater", "whether x1 > x2", boolean)
greater_equal = _binary("greater_equal", "whether x1 ≥ x2", boolean)
logical_and = _binary("logical_and", "whether both are true", boolean)
logical_or = _binary("logical_or", "whether one is true", boolean)
logical_xor = _binary("logical_xor", "whether one is true and the other not", boolean)


@operation("DivideNoNan", (), specs.broadcast(floating), specs.each(specs.broadcast(), 2), MODULE)
def divide_no_nan(x1: Any, x2: Any) -> Array:
    """Return x1 ÷ x2, and 0 where x2 is 0."""
    x1, x2 = number(x1), number(x2)
    none = jax.numpy.equal(x2, 0)
    return jax.numpy.where(none, 0, jax.numpy.divide(x1, jax.numpy.where(none, 1, x2)))


@operation("Isclose", ("equal_nan",), specs.broadcast(boolean), specs.each(specs.broadcast(), 5), MODULE)
def isclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Array:
    """Return whether |x1 − x2| is at most atol + rtol · |x2|."""
    return jax.numpy.isclose(number(x1), number(x2), rtol, atol, equal_nan)


def _scalar(rule: Rule) -> specs.Spec:
    return lambda *args, **_: specs.made((), rule(*args))


@operation("AllClose", ("rtol", "atol", "equal_nan"), _scalar(boolean), None, MODULE)
def allclose(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Array:
    """Return whether all elements are close, as of :func:`isclose`."""
    return jax.numpy.allclose(number(x1), number(x2), rtol, atol, equal_nan)


def _chosen(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None or x2 is None:
        return tuple(specs.made((None,), "int32") for _ in specs.shape_of(condition))
    shape = shapes.broadcast(*map(specs.shape_of, (condition, x1, x2)))
    return specs.made(shape, promoted(x1, x2))


@operation("Where", (), _chosen, None, MODULE)
def where(condition: Any, x1: Any = None, x2: Any = None) -> Any:
    """Return x1 where the condition is true and x2 elsewhere; without both, where it is true, an array an axis."""
    if x1 is None and x2 is None:
        return jax.numpy.where(array(condition))
    return jax.numpy.where(array(condition), number(x1), number(x2))

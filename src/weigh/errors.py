"""Every error that weigh raises on purpose.

Each class derives from :class:`WeighError` and from the builtin that Keras raises in the same place, so that
``except ValueError`` written for Keras keeps working and ``except WeighError`` catches all of ours.
"""

from __future__ import annotations

from collections.abc import Iterable


class WeighError(Exception):
    """The base of every error that weigh raises on purpose."""


class ArgumentError(WeighError, ValueError):
    """An argument has a value that cannot work: the message names it, what came and what would fit."""


class ArgumentTypeError(WeighError, TypeError):
    """An argument is of a kind that cannot work."""


class ShapeError(WeighError, ValueError):
    """Shapes do not fit: the message names the layer, the shape that came and the shapes that would fit."""


class GraphError(WeighError, ValueError):
    """A network's graph is disconnected, cyclic, or names two things alike."""


class NotBuiltError(WeighError, ValueError):
    """A question was asked that only a built layer can answer."""


class StateError(WeighError, RuntimeError, ValueError):
    """An operation came at a moment when it cannot be done, such as training before `compile`; Keras raises either."""


class DataError(WeighError, ValueError):
    """Training or prediction data do not fit the network."""


class AllocationError(WeighError, MemoryError):
    """Weights need more memory than there is; raised before anything is allocated."""


class NotFiniteError(WeighError, ArithmeticError):
    """A number that must be finite is not."""


class FormatError(WeighError, ValueError):
    """A file is not what its format promises: the message says where and what was expected."""


class UnsafeFileError(FormatError):
    """A file asks for something that reading must never do, such as running code that it carries."""


class SaveError(WeighError, OSError):
    """A file could not be written; what was there before is untouched."""


class UnknownNameError(ArgumentError, LookupError):
    """A name that should be one of a known set is not."""

    @classmethod
    def of(cls, what: str, name: object, known: Iterable[str]) -> UnknownNameError:
        """Return the error for `name`, not among the `known` names of `what`, with the nearest ones."""
        import difflib

        options = sorted(known)
        folded = {option.lower(): option for option in options}
        near = [folded[hit] for hit in difflib.get_close_matches(str(name).lower(), folded, n=3, cutoff=0.5)]
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"Known: {', '.join(options)}."
        return cls(f"Unknown {what}: {name!r}. {hint}")

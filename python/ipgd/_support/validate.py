"""Checks of what users pass in. Every error names the argument, what was expected and what came."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .arrays import describe, numeric_array
from .names import did_you_mean

__all__ = [
    "Array",
    "as_float64",
    "describe",
    "finite",
    "integer",
    "number",
    "numeric_array",
    "one_of",
    "real_array",
    "shaped",
    "thread_count",
]

Array: TypeAlias = NDArray[np.float64]


def shaped(name: str, array: NDArray[Any], shape: tuple[int | None, ...]) -> None:
    """Raise ValueError unless `array` has this shape; None stands for any extent above zero."""
    matches = array.ndim == len(shape) and all(
        want in (None, have) for have, want in zip(array.shape, shape, strict=True)
    )
    if not matches:
        text = ", ".join("any" if n is None else str(n) for n in shape)
        comma = "," if len(shape) == 1 else ""
        raise ValueError(f"{name}: expected shape ({text}{comma}), got {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name}: expected a non-empty array, got shape {array.shape}")


def as_float64(array: NDArray[Any]) -> Array:
    """The array in the form that the core takes; what does not fit float64 becomes infinite."""
    with np.errstate(over="ignore"):
        return np.require(array, dtype=np.float64, requirements=["C", "A"])


def finite(name: str, array: NDArray[Any], offset: int = 0) -> None:
    """Raise ValueError at the first NaN or infinity; `offset` is added to the first index."""
    good = np.isfinite(array)
    if good.all():
        return
    index = np.unravel_index(int(np.argmin(good)), array.shape)
    place = (int(index[0]) + offset, *map(int, index[1:])) if index else ()
    raise ValueError(f"{name}: expected finite numbers, got {array[index]} at index {place}")


def real_array(
    name: str, value: object, shape: tuple[int | None, ...], of_complex: str = ""
) -> Array:
    """`value` as a finite, C-contiguous float64 array of this shape; copied only if it must be."""
    array = numeric_array(name, value, of_complex)
    shaped(name, array, shape)
    result = as_float64(array)
    finite(name, result)
    return result


def integer(name: str, value: object, minimum: int, maximum: int = 2**53) -> int:
    """`value` as an int between `minimum` and `maximum`; the default is beyond any real run."""
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        result = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name}: expected an integer, got {describe(value)}") from None
    if result < minimum:
        raise ValueError(f"{name}: expected an integer >= {minimum}, got {result}")
    if result > maximum:
        raise ValueError(f"{name}: expected an integer <= {maximum}, got {result}")
    return result


def thread_count(n_threads: object) -> int | None:
    """`n_threads` as a positive int, or None for the default."""
    return None if n_threads is None else integer("n_threads", n_threads, 1, 2**31 - 1)


def number(name: str, value: object, *, positive: bool) -> float:
    """`value` as a finite float, above zero or at least zero."""
    try:
        if isinstance(value, str | bytes | bool | np.bool_):
            raise TypeError
        result = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TypeError(f"{name}: expected a number, got {describe(value)}") from None
    except OverflowError:
        result = math.inf
    if not np.isfinite(result) or result < 0 or (positive and result == 0):
        kind = "positive number" if positive else "number >= 0"
        raise ValueError(f"{name}: expected a finite {kind}, got {result}")
    return result


def one_of(name: str, value: object, choices: Iterable[str]) -> str:
    """`value` if it is one of `choices`."""
    options = list(choices)
    if not isinstance(value, str) or value not in options:
        listed = ", ".join(map(repr, options))
        hint = did_you_mean(value, options) if isinstance(value, str) else ""
        raise ValueError(f"{name}: expected one of {listed}, got {describe(value)}{hint}")
    return value

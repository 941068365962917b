"""A few numbers by which a run recognises its operator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import _core
from .._support.validate import Array

_KEY = 0x697067642D6670  # of normals that no A is drawn from
_PASSES, _SUMS = 2, 2
_BLOCK = 2**20  # weights at a time
_TOLERANCE = 1e-6  # float32 sums differ by 2e-7 from one instruction set to another


def fingerprint(
    forward: Callable[[tuple[Array, Array]], Array], shape: tuple[int, int], symmetric: bool
) -> list[list[float]]:
    """For each of two fixed Gaussian l and r: size and weighted sums of the l^T A_i r.

    Any change of an A_i changes l^T A_i r (r = l where A_i is symmetric). The weights of the sums
    are Gaussian, too, so that the order of the A_i counts.
    """
    d1, d2 = shape
    numbers = []
    for k in range(_PASSES):
        left = _normals(2 * k, 0, d1)[:, None]
        right = left if symmetric and d1 == d2 else _normals(2 * k + 1, 0, d2)[:, None]
        numbers.append(_summary(forward((left, right))))
    return numbers


def same_fingerprint(one: list[list[float]], other: list[list[float]]) -> bool:
    """Whether the two are those of one operator, on whatever machine each was made."""
    left, right = (np.asarray(numbers, np.float64) for numbers in (one, other))
    if left.shape != right.shape:
        return False
    (scale, *sums), (scale_2, *sums_2) = left.T, right.T
    with np.errstate(invalid="ignore"):  # of A so large that the scale is infinite
        same_scale = (scale == scale_2) | (np.abs(scale - scale_2) <= _TOLERANCE * scale)
    rms = sums[0]
    return bool(same_scale.all()) and all(
        bool((np.abs(a - b) <= _TOLERANCE * rms).all()) for a, b in zip(sums, sums_2, strict=True)
    )


def _summary(values: Array) -> list[float]:
    """The largest size s, the root mean square of v/s, and weighted sums of v/s over sqrt(m)."""
    scale = float(np.abs(values).max())
    if not 0 < scale < np.inf:
        return [scale, *[0.0] * (1 + _SUMS)]
    m = len(values)
    squares, sums = 0.0, [0.0] * _SUMS
    for begin in range(0, m, _BLOCK):
        block = values[begin : begin + _BLOCK] / scale
        squares += _core.dot(block, block)
        for k in range(_SUMS):
            sums[k] += _core.dot(_normals(2 * _PASSES + k, begin, len(block)), block)
    return [scale, (squares / m) ** 0.5, *(value / m**0.5 for value in sums)]


def _normals(stream: int, begin: int, count: int) -> Array:
    return _core.normals(_KEY, stream, begin, count).astype(np.float64)

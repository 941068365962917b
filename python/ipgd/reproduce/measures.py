"""What several figures measure along a history."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

import ipgd

Array = NDArray[np.float64]


def stacked(solutions: Sequence[ipgd.Solution], quantity: str, shape: tuple[int, ...]) -> Array:
    """A recorded quantity of many runs, shape (*shape, records); runs in C order.

    A run that ended early keeps its last value.
    """
    histories = [solution.history[quantity] for solution in solutions]
    records = max(map(len, histories))
    longest = [np.append(h, np.full(records - len(h), h[-1])) for h in histories]
    return np.array(longest).reshape(*shape, records)


def first_below(histories: ArrayLike, level: float, iterations: ArrayLike) -> Array:
    """The iteration at which each history (last axis) is first at most `level`; inf for never."""
    below = np.asarray(histories) <= level
    first = np.asarray(iterations, dtype=np.float64)[np.argmax(below, axis=-1)]
    return np.where(below.any(axis=-1), first, np.inf)


def line(x: ArrayLike, y: ArrayLike) -> tuple[float, float, float]:
    """Slope, intercept and R^2 of the least-squares line through y; NaN where y is not finite."""
    abscissa, values = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if not np.isfinite(values).all():
        return np.nan, np.nan, np.nan
    slope, intercept = np.polyfit(abscissa, values, 1)
    rest = values - slope * abscissa - intercept
    total = np.sum((values - values.mean()) ** 2)
    return float(slope), float(intercept), float(1 - np.sum(rest**2) / total) if total else 1.0


def largest_ratio(values: ArrayLike) -> Array:
    """The largest ratio of a value to the one before it, along the last axis."""
    array = np.asarray(values, dtype=np.float64)
    ratios: Array = np.max(array[..., 1:] / array[..., :-1], axis=-1)
    return ratios

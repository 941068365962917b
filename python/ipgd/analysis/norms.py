"""Norms and rates that neither overflow nor underflow before their result does."""

from __future__ import annotations

import math

import numpy as np

from .checks import Array


def norm(x: Array) -> float:
    """Euclidean (Frobenius) norm."""
    size = float(np.abs(x).max(initial=0.0))
    if size == 0 or not math.isfinite(size):
        return size
    return size * float(np.linalg.norm(x / size))


def growth_rate(x: Array, dx: Array) -> float:
    """-<x, dx> / ||x||^2: the relative growth of ||x|| while x moves along -dx.

    Of x = 0 it is 0 where dx = 0, too, and infinite elsewhere.
    """
    size, slope = (float(np.abs(part).max(initial=0.0)) for part in (x, dx))
    if slope == 0 or size == 0:
        return math.inf if slope > 0 else 0.0
    unit, change = x / size, dx / slope
    return -float(np.vdot(unit, change) / np.vdot(unit, unit)) * (slope / size)

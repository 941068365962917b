"""Long histories as lines of few points that look the same."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

_POINTS = 2000  # more than a picture has pixels


def thinned(values: NDArray[Any], points: int = _POINTS) -> NDArray[np.intp]:
    """Indices of at most `points` values that show all there is to see of a line.

    The smallest and the largest value of each stretch; half of the stretches are equally long, half
    grow geometrically, so that the line may be drawn over a linear or a logarithmic axis.

    Parameters
    ----------
    values : ndarray, shape (n,)
    points : int
        At least 8.
    """
    n = len(values)
    if n <= points:
        return np.arange(n)
    stretches = points // 4 - 1
    edges = np.concatenate([np.linspace(0, n, stretches), np.geomspace(1, n, stretches)])
    cuts = np.unique(edges.astype(np.intp))
    kept = [np.array([0, n - 1])]
    for begin, end in itertools.pairwise(cuts):
        stretch = values[begin:end]
        if not np.isnan(stretch).all():
            kept.append(begin + np.array([np.nanargmin(stretch), np.nanargmax(stretch)]))
    return np.unique(np.concatenate(kept))

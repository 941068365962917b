"""How many Gaussian measurements an isometry constant needs."""

from __future__ import annotations

import math

from .checks import check_rank, integer, number

# The fit behind it is in the docstring.
_CONSTANT = 0.6


def measurements_for(delta: float, rank: int, d1: int, d2: int | None = None) -> int:
    """The number m of Gaussian measurements whose isometry constant delta_r is about `delta`.

        m = C w^2 / (sqrt(1 + delta) - 1)^2 ,    w^2 = r (sqrt(d1) + sqrt(d2))^2 ,

    and w^2 = 2 r d for symmetric matrices; w^2 is at most the number of free entries. w bounds the
    Gaussian width of the unit matrices of rank r. With C = 1 the m is enough on average, by
    Gordon's inequality: E max ||A(X)||/sqrt(m) <= 1 + w/sqrt(m). C = 0.6 is our fit of the delta
    that :func:`ipgd.analysis.rip` finds, which is a lower bound: over matrices of 12 x 12 to
    24 x 24, rank 1 and 3, and m from 2 to 15 w^2 single instances gave 0.5 to 0.79.

    Parameters
    ----------
    delta : float
        > 0.
    rank : int
        1 <= r <= min(d1, d2).
    d1, d2 : int
        Sizes of the matrices. Without `d2`: symmetric d1 x d1 matrices.

    Returns
    -------
    int

    Raises
    ------
    TypeError, ValueError
        If an argument makes no sense.

    References
    ----------
    Gordon (1988), "On Milman's inequality and random subspaces which escape through a mesh in R^n".
    """
    wanted = number("delta", delta, positive=True)
    rows = integer("d1", d1, 1)
    cols = rows if d2 is None else integer("d2", d2, 1)
    r = check_rank(rank, (rows, cols))
    width = 2.0 * r * rows if d2 is None else r * (math.sqrt(rows) + math.sqrt(cols)) ** 2
    free = rows * (rows + 1) / 2 if d2 is None else float(rows * cols)
    return math.ceil(_CONSTANT * min(width, free) / (math.sqrt(1 + wanted) - 1) ** 2)

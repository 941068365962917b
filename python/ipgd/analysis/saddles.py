"""Saddles that a run visited, and how long it took to leave them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .. import Solution
from .checks import Array, integer, number
from .recorded import above_rounding, effective_rank, first, recorded, theta_singular_values

_NEAR = 0.1  # relative change of the loss that is still the plateau


@dataclass(frozen=True)
class Saddle:
    """A plateau of the loss that was left again.

    Attributes
    ----------
    iteration : int
        Where the loss fell most slowly.
    entered, left : int
        The first record whose loss is within 10 % of that there, and the first one below that.
    loss : float
    rank : int
        Singular values of Theta above a hundredth of the largest one of the run.
    effective_rank : float
        exp of the entropy of the normalised singular values of Theta, as far as recorded.
    """

    iteration: int
    entered: int
    left: int
    loss: float
    rank: int
    effective_rank: float

    @property
    def duration(self) -> int:
        """Iterations between the two: the time to escape."""
        return self.left - self.entered


def saddles_visited(
    solution: Solution, *, slowdown: float = 10.0, tolerance: float = 1e-2
) -> list[Saddle]:
    """Plateaus of the loss of a run, with the rank at each.

    The speed of a run is -d log(loss)/dt between records. A plateau is a minimum of it from which
    the speed rises by a factor of at least `slowdown` on both sides (on the right side only, for
    the one where the run starts). Descent from a small start visits saddles of rank 0, 1, 2, ...
    This definition is ours.

    Parameters
    ----------
    solution : Solution
        Recorded ``loss`` and ``singular_values``.
    slowdown : float
        Above 1.
    tolerance : float
        Of `rank`, relative to the largest singular value of the run.

    Returns
    -------
    list of Saddle
        In the order of the visits.

    Raises
    ------
    TypeError, ValueError
        If a quantity was not recorded or an argument makes no sense.
    """
    from scipy.signal import find_peaks  # noqa: PLC0415 (takes its time)

    factor = number("slowdown", slowdown, positive=True)
    if factor <= 1:
        raise ValueError(f"slowdown: expected a number above 1, got {factor}")
    least = number("tolerance", tolerance, positive=True)
    sigma = theta_singular_values(solution, 1, 3)
    loss, iterations = recorded(solution, "loss", 3), recorded(solution, "iteration")
    kept = above_rounding(loss)
    if kept < 3:
        return []
    steps = np.diff(iterations[:kept])
    speed = -np.diff(np.log(loss[:kept])) / steps
    slowness = -np.log(np.maximum(speed, np.finfo(np.float64).eps / steps))
    # Infinitely fast before the start: the start itself may be a plateau.
    padded = np.concatenate([[slowness.min() - 2 * np.log(factor)], slowness])
    peaks, _ = find_peaks(padded, prominence=np.log(factor))
    saddles: list[Saddle] = []
    for place in peaks - 1:
        level = loss[place]
        near = np.abs(loss - level) <= _NEAR * level
        after = first(loss[place:] < (1 - _NEAR) * level)
        if after is None or (saddles and saddles[-1].left > iterations[place]):
            continue
        saddles.append(
            Saddle(
                iteration=int(iterations[place]),
                entered=int(iterations[np.argmax(near)]),
                left=int(iterations[place + after]),
                loss=float(level),
                rank=int(np.count_nonzero(sigma[place] > least * sigma.max())),
                effective_rank=float(effective_rank(sigma[place])),
            )
        )
    return saddles


def escape_time(solution: Solution, *, fraction: float = 0.5, start: int = 0) -> int | None:
    """Iterations until the loss has fallen to a fraction of what it was at a plateau.

    Parameters
    ----------
    solution : Solution
        Recorded ``loss``.
    fraction : float
        Between 0 and 1.
    start : int
        Iteration on the plateau, from which it counts: the first record at or after it.

    Returns
    -------
    int or None
        None where the loss has not fallen that far. As fine as the records.

    Raises
    ------
    TypeError, ValueError
        If the loss was not recorded or an argument makes no sense.
    """
    part = number("fraction", fraction, positive=True)
    if part >= 1:
        raise ValueError(f"fraction: expected a number between 0 and 1, got {part}")
    begin = integer("start", start, 0)
    loss, iterations = recorded(solution, "loss"), recorded(solution, "iteration")
    place = first(iterations >= begin)
    if place is None:
        raise ValueError(
            f"start: expected an iteration up to {int(iterations[-1])} (the last), got {begin}"
        )
    after = first(loss[place:] <= part * loss[place])
    return None if after is None else int(iterations[place + after] - iterations[place])


@dataclass(frozen=True, eq=False)
class LowRankPropensity:
    """How near to rank r the iterates stayed.

    Attributes
    ----------
    iterations : ndarray of int, shape (T,)
    tail : ndarray, shape (T,)
        sigma_{r+1}(Theta) / sigma_1(Theta).
    effective_rank : ndarray, shape (T,)
        Of Theta, from the recorded singular values.
    """

    iterations: np.ndarray[tuple[int], np.dtype[np.int64]] = field(repr=False)
    tail: Array = field(repr=False)
    effective_rank: Array = field(repr=False)


def low_rank_propensity(solution: Solution, rank: int) -> LowRankPropensity:
    """What a run kept outside its leading rank-r part, record by record.

    Descent on over-parameterised factors from a small start keeps sigma_{r+1} small until, and
    unless, it fits what only a higher rank fits (Soltanolkotabi, Stöger, Xie 2023, section 1).

    Parameters
    ----------
    solution : Solution
        Recorded at least r + 1 ``singular_values``.
    rank : int
        r.

    Returns
    -------
    LowRankPropensity

    Raises
    ------
    TypeError, ValueError
        If they were not recorded or the rank makes no sense.
    """
    r = integer("rank", rank, 1)
    sigma = theta_singular_values(solution, r + 1)
    largest = np.where(sigma[:, 0] > 0, sigma[:, 0], 1.0)
    iterations = recorded(solution, "iteration").astype(np.int64)
    return LowRankPropensity(iterations, sigma[:, r] / largest, effective_rank(sigma))

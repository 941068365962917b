"""Timing: the fastest of a few inner runs, in interleaved rounds; ratios within a round.

The fastest inner run is the one that the machine disturbed least. Rounds go through the contenders
forwards, then backwards, so that a drift of the machine falls on all of them alike. A ratio is
taken within a round, where both sides saw the same machine, and only then the median over rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Clock: TypeAlias = Callable[[], float]
Tick: TypeAlias = Callable[[str], None]

_QUANTILES = (0.1, 0.9)
_FEWEST, _MOST = 4, 100_000  # steps of an inner run


@dataclass(frozen=True)
class Effort:
    """How long to measure.

    Attributes
    ----------
    inner : int
        Runs of a contender in a round, of which the fastest counts.
    rounds : int
    seconds : float
        What one inner run should take.
    quick : bool
        Too brief for a claim. Sweeps and fixed numbers of steps are shortened, too.
    """

    inner: int
    rounds: int
    seconds: float
    quick: bool = False


FULL = Effort(inner=5, rounds=8, seconds=0.15)
QUICK = Effort(inner=2, rounds=3, seconds=0.02, quick=True)


@dataclass(frozen=True)
class Contender:
    """Something timed: `seconds` does one inner run and returns seconds per unit of work."""

    name: str
    seconds: Callable[[], float]


@dataclass(frozen=True)
class Band:
    """The median over rounds, and the range that holds the middle 80 % of them."""

    median: float
    low: float
    high: float

    @property
    def excludes_one(self) -> bool:
        """Whether a ratio with this band is a difference at all."""
        return self.low > 1 or self.high < 1


def band(values: Sequence[float]) -> Band:
    """Median, 10 % and 90 % quantile."""
    low, high = np.quantile(values, _QUANTILES)
    return Band(float(np.median(values)), float(low), float(high))


def timed(action: Callable[[], object], units: float, clock: Clock = time.perf_counter) -> float:
    """Seconds per unit of one call that does `units` units of work."""
    begin = clock()
    action()
    return (clock() - begin) / units


def steps_for(
    advance: Callable[[int], object], seconds: float, clock: Clock = time.perf_counter
) -> int:
    """How many steps take about `seconds`. The first call, which compiles, is not counted."""
    advance(1)
    steps = _FEWEST
    while True:
        elapsed = max(timed(lambda n=steps: advance(n), 1, clock), 1e-9)  # type: ignore[misc]
        if elapsed >= seconds / 4 or steps >= _MOST:
            return int(np.clip(round(steps * seconds / elapsed), _FEWEST, _MOST))
        steps = min(2 * steps, _MOST)


def race(
    contenders: Sequence[Contender], effort: Effort, tick: Tick | None = None
) -> dict[str, list[float]]:
    """Seconds per unit of every contender in every round.

    Parameters
    ----------
    contenders : sequence of Contender
        With different names.
    effort : Effort
    tick : callable, optional
        Called with the contender's name before its turn.

    Returns
    -------
    dict of str to list of float
        In the order given; one number for each round.
    """
    times: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(effort.rounds):
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            if tick is not None:
                tick(contender.name)
            fastest = min(contender.seconds() for _ in range(effort.inner))
            times[contender.name].append(fastest)
    return times


def best(times: Mapping[str, Sequence[float]], names: Sequence[str]) -> str | None:
    """The contender of `names` with the smallest median; None if none of them ran."""
    ran = [name for name in names if name in times]
    return min(ran, key=lambda name: float(np.median(times[name])), default=None)


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """The ratio in each round."""
    return [a / b for a, b in zip(over, under, strict=True)]


def r_squared(x: Sequence[float], y: Sequence[float]) -> float:
    """Share of the variance of y that a straight line in x explains (least squares)."""
    abscissa, values = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    line = np.polyval(np.polyfit(abscissa, values, 1), abscissa)
    return float(1 - np.sum((values - line) ** 2) / np.sum((values - values.mean()) ** 2))

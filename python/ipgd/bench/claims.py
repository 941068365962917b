"""Claims: a ratio of two times with a target, and what the measurement says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .measure import Band, band, best, ratios

Verdict: TypeAlias = Literal["met", "missed", "no claim", "reported"]


@dataclass(frozen=True)
class Claim:
    """time(best of `over`) / time(`under`) is at least, or at most, `target`.

    Attributes
    ----------
    label : str
        What the ratio is, in words.
    over : tuple of str
        Names of contenders; the one with the smallest median stands for them.
    under : str
    target : float or None
        None: reported, nothing is claimed.
    bound : float or None
        What could be reached at best.
    at_least : bool
        False: the ratio is a cost, and at most `target`.
    """

    label: str
    over: tuple[str, ...]
    under: str
    target: float | None = None
    bound: float | None = None
    at_least: bool = True


@dataclass(frozen=True)
class Outcome:
    """A claim after the measurement.

    Attributes
    ----------
    label : str
    value, low, high : float
        Median of the ratio over rounds; its 10 % and 90 % quantiles.
    against : str
        Which contender stood for ``over``.
    target, bound : float or None
    at_least : bool
    """

    label: str
    value: float
    low: float
    high: float
    against: str
    target: float | None = None
    bound: float | None = None
    at_least: bool = True

    @property
    def verdict(self) -> Verdict:
        """``met``, ``missed``, ``reported`` (no target), or ``no claim``.

        The last: a speed-up was aimed at, but the band contains 1, so there may be none.
        """
        if self.target is None:
            return "reported"
        speedup = self.at_least and self.target > 1
        if speedup and not Band(self.value, self.low, self.high).excludes_one:
            return "no claim"
        met = self.value >= self.target if self.at_least else self.value <= self.target
        return "met" if met else "missed"


def outcome(claim: Claim, values: Sequence[float], against: str) -> Outcome:
    """The outcome of a claim whose value in each round is known."""
    found = band(values)
    return Outcome(
        label=claim.label,
        value=found.median,
        low=found.low,
        high=found.high,
        against=against,
        target=claim.target,
        bound=claim.bound,
        at_least=claim.at_least,
    )


def judge(claim: Claim, times: Mapping[str, Sequence[float]]) -> Outcome | None:
    """Compare the times of every round; None if no contender of ``over`` ran."""
    rival = best(times, claim.over)
    if rival is None:
        return None
    return outcome(claim, ratios(times[rival], times[claim.under]), rival)

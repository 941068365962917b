"""Claims of a figure, and the verdict on each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from .figure import Data

Outcome: TypeAlias = Literal["holds", "fails", "not judged"]


@dataclass(frozen=True)
class Bound:
    """The interval [low, high] that a measured value should lie in."""

    low: float = -math.inf
    high: float = math.inf

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        if self.low == -math.inf:
            return f"at most {self.high:g}"
        if self.high == math.inf:
            return f"at least {self.low:g}"
        return f"{self.low:g} to {self.high:g}"


def at_most(high: float) -> Bound:
    """The numbers up to `high`."""
    return Bound(high=high)


def at_least(low: float) -> Bound:
    """The numbers from `low` on."""
    return Bound(low=low)


def between(low: float, high: float) -> Bound:
    """The numbers from `low` to `high`."""
    return Bound(low, high)


@dataclass(frozen=True)
class Claim:
    """One sentence that the data bear out or not.

    Parameters
    ----------
    sentence : str
        What is claimed.
    what : str
        The measured value in words.
    measure : callable
        ``measure(data)`` returns that value for each seed, shape (seeds,). ``inf`` stands for
        "never", NaN for "could not be measured".
    expected : Bound
        The claim holds where the median over the seeds lies in it.
    ours : bool
        Whether the claim or its bound is ours rather than the paper's.
    explanation : str
        Why the claim fails, or cannot be judged, where that is known.
    """

    sentence: str
    what: str
    measure: Callable[[Data], ArrayLike]
    expected: Bound
    ours: bool = False
    explanation: str = ""

    def judge(self, data: Data) -> Verdict:
        """Measure, and compare the median with what is expected."""
        values = np.atleast_1d(np.asarray(self.measure(data), dtype=np.float64))
        outcome: Outcome = "not judged"
        if values.size and not np.isnan(values).any():
            outcome = "holds" if float(np.median(values)) in self.expected else "fails"
        return Verdict(self, outcome, tuple(values.tolist()))


@dataclass(frozen=True)
class Verdict:
    """Whether a claim holds, and by which values.

    Attributes
    ----------
    claim : Claim
    outcome : {"holds", "fails", "not judged"}
        "not judged" where a value is NaN.
    values : tuple of float
        One for each seed.
    """

    claim: Claim
    outcome: Outcome
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of the values; NaN without values."""
        return float(np.median(self.values)) if self.values else math.nan

    @property
    def measured(self) -> str:
        """The median and the spread in words."""
        if len(self.values) < 2:
            return f"{self.median:.3g}"
        low, high = min(self.values), max(self.values)
        return f"{self.median:.3g} ({low:.3g} to {high:.3g} over {len(self.values)} seeds)"

    @property
    def explanation(self) -> str:
        """Why the claim does not hold, where it does not; else empty."""
        if self.outcome == "holds":
            return ""
        if self.claim.explanation:
            return self.claim.explanation
        missing = sum(math.isnan(value) for value in self.values)
        if self.outcome == "not judged":
            return f"It could not be measured for {missing} of {len(self.values)} seeds."
        inside = sum(value in self.claim.expected for value in self.values)
        return f"{inside} of {len(self.values)} seeds are {self.claim.expected}; the median is not."

    def record(self) -> dict[str, object]:
        """The verdict for JSON; numbers that JSON lacks (inf, NaN) as text."""
        return {
            "claim": self.claim.sentence,
            "verdict": self.outcome,
            "what": self.claim.what,
            "measured": self.measured,
            "expected": str(self.claim.expected),
            "values": [value if math.isfinite(value) else str(value) for value in self.values],
            "ours": self.claim.ours,
            "explanation": self.explanation,
        }

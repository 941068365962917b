"""How numbers and verdicts are written, on the terminal and on the page."""

from __future__ import annotations

from .claims import Outcome
from .results import Result, Timing


def ratio(value: float) -> str:
    """A ratio with three digits, four where it is near 1."""
    return f"{value:.4f}" if 0.99 <= value < 1.01 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """Seconds with three digits in the unit that fits."""
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs"), (1e9, "ns")):
        if seconds * factor >= 0.9995 or unit == "ns":
            break
    return f"{seconds * factor:.3g} {unit}"


def label_text(outcome: Outcome) -> str:
    """What the ratio is, and who was the best of several."""
    named = outcome.against in outcome.label
    return outcome.label if named else f"{outcome.label} ({outcome.against})"


def band_text(outcome: Outcome) -> str:
    """The band of a ratio."""
    return f"{ratio(outcome.low)} – {ratio(outcome.high)}"


def target_text(outcome: Outcome) -> str:
    """The target with its direction."""
    if outcome.target is None:
        return "–"
    return f"{'≥' if outcome.at_least else '≤'} {outcome.target:g}"


def bound_text(outcome: Outcome) -> str:
    """The bound, if there is one."""
    return "–" if outcome.bound is None else f"{outcome.bound:g}"


def verdict_text(result: Result, outcome: Outcome) -> str:
    """The verdict, or why there is none: the results differ, or the measurement was brief."""
    if not result.valid:
        return "void"
    return "quick" if result.quick else outcome.verdict


def timing_name(result: Result, timing: Timing) -> str:
    """A contender with its place on the sweep."""
    if timing.at is None:
        return timing.name
    place = {"threads": "threads", "batch sizes": "runs"}.get(result.kind, "d")
    return f"{timing.name}, {place} = {timing.at}"

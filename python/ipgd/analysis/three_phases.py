"""The three phases of descent from a small random start, found in a history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import Solution
from .checks import Array, integer, number
from .recorded import (
    FACTORS,
    above_rounding,
    check_solution,
    first,
    recorded,
    theta_singular_values,
)

_SATURATED = 10.0  # sigma_r(Theta*) / sigma_r(Theta_t) at the end of phase II


@dataclass(frozen=True)
class Phases:
    """Where the phases of a run end, and how fast it moved in each.

    Attributes
    ----------
    alignment_end : int or None
        Iteration at which phase I (alignment: a power method) ends. None: it did not.
    saddle_end : int or None
        Iteration at which phase II (the signal grows geometrically) ends and III (local linear
        convergence) begins. None: it did not.
    last : int
        The last recorded iteration.
    growth : float
        Factor by which the signal grew in an iteration of phase II; NaN without two records of it.
    noise_growth : float
        The same of the noise.
    contraction : float
        The same of the loss in phase III, over the first half of its fall (of log(loss)): after
        that an over-parameterised run may crawl. NaN where the loss was not recorded.
    """

    alignment_end: int | None
    saddle_end: int | None
    last: int
    growth: float
    noise_growth: float
    contraction: float


def phases(
    solution: Solution,
    rank: int,
    *,
    target: float | None = None,
    separation: float = 2.0,
) -> Phases:
    """Find phases I to III of Stöger and Soltanolkotabi in what a run recorded.

    Signal and noise are sigma_r and sigma_{r+1} of U, from the recorded ``singular_values`` (roots
    of those of Theta in other models); where U has r columns or no singular values were recorded,
    the noise is ``residual_norm`` and is compared with ``signal_norm``. Phase I ends at the first
    record from which on, until the signal has grown, the noise is below it by the factor
    `separation`. Phase II ends when the signal has reached sqrt(target / 10), as in their theorem.
    What separates I from II is our reading: their proof has a bound on an angle there, with
    unnamed constants.

    Parameters
    ----------
    solution : Solution
        Of a run from a small start.
    rank : int
        r of the truth.
    target : float, optional
        sigma_r(Theta*). Default: that of the last record, where the run recovered Theta*.
    separation : float
        Above 1.

    Returns
    -------
    Phases

    Raises
    ------
    TypeError, ValueError
        If an argument makes no sense, or neither pair of quantities was recorded.

    References
    ----------
    Stöger, Soltanolkotabi (2021), "Small random initialization is akin to spectral learning",
    arXiv 2106.15013.
    """
    check_solution(solution)
    r = integer("rank", rank, 1)
    apart = number("separation", separation, positive=True)
    if apart <= 1:
        raise ValueError(f"separation: expected a number above 1, got {apart}")
    signal, noise, mixing = _signal_and_noise(solution, r)
    iterations = recorded(solution, "iteration")
    full = signal[-1] if target is None else np.sqrt(number("target", target, positive=True))
    end = first(signal >= full / np.sqrt(_SATURATED))
    until = len(signal) if end is None else end + 1
    mixed = np.flatnonzero(apart * mixing[:until] > 1)
    start = 0 if len(mixed) == 0 else int(mixed[-1]) + 1
    aligned = start if start < until else None
    growth = noise_growth = contraction = float("nan")
    if aligned is not None and until - 1 > aligned:
        part = slice(aligned, until)
        growth, noise_growth = (_factor(iterations[part], x[part]) for x in (signal, noise))
    if end is not None and "loss" in solution.history:
        contraction = _contraction(iterations[end:], recorded(solution, "loss")[end:])
    return Phases(
        alignment_end=None if aligned is None else int(iterations[aligned]),
        saddle_end=None if end is None else int(iterations[end]),
        last=int(iterations[-1]),
        growth=growth,
        noise_growth=noise_growth,
        contraction=contraction,
    )


def _signal_and_noise(solution: Solution, rank: int) -> tuple[Array, Array, Array]:
    """Both in the units of U, one number a record, and the ratio that shows how mixed they are."""
    history = solution.history
    count = history["singular_values"].shape[1] if "singular_values" in history else 0
    if count > rank:
        roots = np.sqrt(theta_singular_values(solution, rank + 1, 2))
        signal, noise = roots[:, rank - 1], roots[:, rank]
        return signal, noise, noise / np.where(signal > 0, signal, 1.0)
    if {"signal_norm", "residual_norm"} <= history.keys():
        signal, noise = recorded(solution, "signal_norm", 2), recorded(solution, "residual_norm")
        mixing = noise / np.where(signal > 0, signal, 1.0)
        if count == rank and solution.parameters.keys() in FACTORS:
            signal = np.sqrt(theta_singular_values(solution, rank)[:, -1])
        return signal, noise, mixing
    raise ValueError(
        f"solution: expected one that recorded 'singular_values' (at least {rank + 1} of them), or "
        f"'signal_norm' and 'residual_norm', got the history of {', '.join(history)}"
    )


def _contraction(iterations: Array, loss: Array) -> float:
    """The factor of the loss in an iteration, over the first half of its fall."""
    logs = np.log(loss[: above_rounding(loss)])
    if len(logs) < 3:
        return float("nan")
    half = max(3, first(logs <= (logs[0] + logs.min()) / 2) or 0)
    return float(np.exp(np.polyfit(iterations[:half], logs[:half], 1)[0]))


def _factor(iterations: Array, values: Array) -> float:
    """The factor of growth in an iteration, from a line through the logarithms."""
    if not (values > 0).all():
        return float("nan")
    return float(np.exp(np.polyfit(iterations, np.log(values), 1)[0]))

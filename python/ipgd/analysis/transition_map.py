"""A map of success probabilities, and its file."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ..files import atomic_write, check_readable, check_writable
from .checks import BROKEN, Archive, Array, number, one_of

Counts = np.ndarray[Any, np.dtype[np.int64]]

_FORMAT = "ipgd-phase-transition-1"
_EXPECTED = "a file that ipgd.analysis.phase_transition wrote"


@dataclass(frozen=True, eq=False)
class TransitionMap:
    """How often a method succeeded at each point of a grid.

    Attributes
    ----------
    axes : dict of str to ndarray
        The values of each setting that was varied, in the order of the axes of the arrays.
    errors : ndarray, one axis for each setting, and one for the K trials
        ||Theta - Theta*||_F / ||Theta*||_F at the end of each of K trials; infinity for runs that
        diverged, NaN for those that have not been done.
    iterations : ndarray of int, the same shape
        Iterations done.
    tolerance : float
        A trial is a success if its error is at most this.
    confidence : float
        Of the intervals.
    settings : dict
        What was run.
    """

    axes: dict[str, Array]
    errors: Array = field(repr=False)
    iterations: Counts = field(repr=False)
    tolerance: float = 1e-2
    confidence: float = 0.95
    settings: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def trials(self) -> Counts:
        """How many trials were done at each point."""
        done = ~np.isnan(self.errors)
        return np.asarray(done.sum(axis=-1), dtype=np.int64)

    @property
    def successes(self) -> Counts:
        """How many of them succeeded."""
        good = self.errors <= self.tolerance
        return np.asarray(good.sum(axis=-1), dtype=np.int64)

    @property
    def probability(self) -> Array:
        """Successes over trials; NaN where there are none."""
        with np.errstate(invalid="ignore"):
            share: Array = self.successes / self.trials
        return share

    @property
    def lower(self) -> Array:
        """Lower ends of Wilson's score intervals."""
        return self._interval()[0]

    @property
    def upper(self) -> Array:
        """Upper ends of Wilson's score intervals."""
        return self._interval()[1]

    @property
    def done(self) -> bool:
        """True when every trial was done."""
        return not np.isnan(self.errors).any()

    def with_tolerance(self, tolerance: float) -> Self:
        """The same runs, judged by another tolerance."""
        return replace(self, tolerance=number("tolerance", tolerance, positive=True))

    def crossing(self, axis: str, level: float = 0.5) -> Array:
        """Where the probability first reaches a level along an axis, interpolated linearly.

        Parameters
        ----------
        axis : str
            Whose values ascend.
        level : float

        Returns
        -------
        ndarray
            Over the other axes; NaN where the level is not reached.

        Raises
        ------
        ValueError
            If there is no such axis or its values do not ascend.
        """
        x = self.axes[one_of("axis", axis, self.axes)]
        place = list(self.axes).index(axis)
        return crossing(x, np.moveaxis(self.probability, place, -1), level)

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write one line for each point of the grid.

        The columns are the axes, then trials, successes, probability, lower and upper end of its
        interval, median error and median iterations.

        Raises
        ------
        OSError
            If `path` cannot be written.
        """
        target = check_writable("path", path)
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow([*self.axes, *_COLUMNS])
        lower, upper = self._interval()
        trials, successes, probability = self.trials, self.successes, self.probability
        for index in np.ndindex(trials.shape):
            done = ~np.isnan(self.errors[index])
            medians: list[Any] = ["", ""]
            if done.any():
                both = (self.errors[index][done], self.iterations[index][done])
                medians = [float(np.median(one)) for one in both]
            here = [v[i].item() for v, i in zip(self.axes.values(), index, strict=True)]
            figures = [a[index].item() for a in (trials, successes, probability, lower, upper)]
            rows.writerow([*here, *figures, *medians])
        with atomic_write(target) as file:
            file.write(text.getvalue().encode())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to a .npz file, whole or not at all; it holds no pickles.

        Raises
        ------
        OSError
            If `path` cannot be written.
        """
        target = check_writable("path", path)
        about = {
            "format": _FORMAT,
            "axes": list(self.axes),
            "tolerance": self.tolerance,
            "confidence": self.confidence,
            "settings": self.settings,
        }
        arrays: dict[str, np.ndarray[Any, Any]] = {
            f"axes/{name}": values for name, values in self.axes.items()
        }
        arrays |= {"errors": self.errors, "iterations": self.iterations}
        with atomic_write(target) as file:
            np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)  # type: ignore[arg-type]

    def _interval(self) -> tuple[Array, Array]:
        """Wilson's score intervals; from 0 to 1 where there are no trials."""
        from scipy.stats import binomtest  # noqa: PLC0415 (takes its time)

        trials, successes = self.trials, self.successes
        lower, upper = np.zeros(trials.shape), np.ones(trials.shape)
        for index in np.ndindex(trials.shape):
            if trials[index]:
                test = binomtest(int(successes[index]), int(trials[index]))
                lower[index], upper[index] = test.proportion_ci(self.confidence, method="wilson")
        return lower, upper


def crossing(x: ArrayLike, probability: ArrayLike, level: float = 0.5) -> Array:
    """Where success probabilities over x first reach a level, interpolated linearly.

    Parameters
    ----------
    x : array_like, shape (n,)
        Ascending.
    probability : array_like, shape (..., n)
    level : float

    Returns
    -------
    ndarray, shape (...)
        NaN where it is never reached.

    Raises
    ------
    ValueError
        If x does not ascend or the shapes do not fit.
    """
    at, share = np.asarray(x, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    if at.ndim != 1 or not (np.diff(at) > 0).all():
        raise ValueError(f"x: expected ascending numbers, got {x!r}")
    if share.shape[-1:] != at.shape:
        raise ValueError(
            f"probability: expected shape (..., {len(at)}), as x has, got {share.shape}"
        )
    out: Array = np.full(share.shape[:-1], np.nan)
    for index in np.ndindex(out.shape):
        above = share[index] >= level
        if not above.any():
            continue
        k = int(np.argmax(above))
        low, high = share[index][max(k - 1, 0)], share[index][k]
        back = 0.0 if k == 0 else (high - level) / (high - low) * (at[k] - at[k - 1])
        out[index] = at[k] - back
    return out


_COLUMNS = (
    "trials",
    "successes",
    "probability",
    "lower",
    "upper",
    "median_error",
    "median_iterations",
)


def load_transition(path: str | os.PathLike[str]) -> TransitionMap:
    """Read a map from its file, also one that is not complete.

    Raises
    ------
    OSError
        If there is no such file or it cannot be read.
    ValueError
        If it is another file, or broken.
    MemoryError
        If its arrays do not fit in the free memory.
    """
    source = check_readable("path", path, _EXPECTED)
    with source.open("rb") as file:
        try:
            archive = Archive(file)
            archive.require_room("path")
            return _restored(archive)
        except BROKEN as error:
            raise ValueError(f"path: expected {_EXPECTED}, got {str(source)!r} ({error})") from None


def _restored(archive: Archive) -> TransitionMap:
    about = json.loads(str(archive["about"]))
    if about["format"] != _FORMAT:
        raise ValueError("another format")
    axes = {str(name): archive[f"axes/{name}"] for name in about["axes"]}
    errors, iterations = archive["errors"], archive["iterations"]
    grid = tuple(len(values) for values in axes.values())
    if errors.dtype != np.float64 or errors.shape[:-1] != grid or errors.ndim != len(grid) + 1:
        raise ValueError(f"errors of dtype {errors.dtype} and shape {errors.shape}")
    if iterations.dtype != np.int64 or iterations.shape != errors.shape:
        raise ValueError(f"iterations of dtype {iterations.dtype} and shape {iterations.shape}")
    numbers = (float(about["tolerance"]), float(about["confidence"]))
    return TransitionMap(axes, errors, iterations, *numbers, dict(about["settings"]))

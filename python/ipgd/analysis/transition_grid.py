"""The points of a grid of settings, in the batches in which they are solved."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from .checks import describe, integer, number

Setting: TypeAlias = float | Sequence[float] | np.ndarray[Any, Any]
Place: TypeAlias = tuple[int, ...]

OF_PROBLEM = ("m", "rank", "condition_number")
OF_RUN = ("search_rank", "alpha", "radius")
_COUNTS = ("m", "rank", "search_rank")
_BATCH = 64  # runs that are solved together


@dataclass(frozen=True)
class Batch:
    """Runs that are solved together: trials of one kind of problem, and what is done with each.

    Attributes
    ----------
    problem, model : dict
        Settings of the problems, and the search rank.
    trials : list of int
        Of each run; runs of one trial share its problem.
    starts, radii : list of float or None
        Of each run.
    places : list of tuple
        Where the results of each run belong.
    """

    problem: dict[str, float]
    search_rank: int | None
    trials: list[int]
    alphas: list[float | None]
    radii: list[float | None]
    places: list[Place]


@dataclass(frozen=True)
class Grid:
    """Every combination of the settings, in the order in which they were given.

    Attributes
    ----------
    settings : dict
        The values of each, one or several.
    axes : tuple of str
        Those that were given as sequences.
    trials : int
    """

    settings: dict[str, list[float]]
    axes: tuple[str, ...]
    trials: int

    @classmethod
    def of(cls, settings: Mapping[str, Setting], trials: int) -> Grid:
        """The grid, checked."""
        if not isinstance(settings, Mapping):
            raise TypeError(f"settings: expected a dict, got {describe(settings)}")
        known = (*OF_PROBLEM, *OF_RUN)
        for name in settings:
            if name not in known:
                raise ValueError(f"settings: expected some of {', '.join(known)}, got {name!r}")
        for name in ("m", "rank"):
            if name not in settings:
                raise ValueError(f"settings: expected {name!r} among them, got {list(settings)}")
        axes = tuple(name for name, value in settings.items() if np.ndim(value) > 0)
        return cls({name: _values(name, v) for name, v in settings.items()}, axes, trials)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes, and the number of trials."""
        return (*(len(self.settings[name]) for name in self.axes), self.trials)

    def batches(self) -> Iterator[Batch]:
        """All runs once, always in the same batches."""
        shared = [name for name in self.settings if name in (*OF_PROBLEM, "search_rank")]
        varied = [name for name in self.settings if name in ("alpha", "radius")]
        runs = list(self._points(varied))
        step = max(1, _BATCH // len(runs))
        for outer in self._points(shared):
            given = {name: self.settings[name][k] for name, k in outer.items()}
            rank = given.pop("search_rank", None)
            for begin in range(0, self.trials, step):
                trials = range(begin, min(begin + step, self.trials))
                each = list(itertools.product(trials, runs))
                yield Batch(
                    problem=given,
                    search_rank=None if rank is None else int(rank),
                    trials=[trial for trial, _ in each],
                    alphas=[self._at("alpha", run) for _, run in each],
                    radii=[self._at("radius", run) for _, run in each],
                    places=[self._place(outer | run, trial) for trial, run in each],
                )

    def _points(self, names: Sequence[str]) -> Iterator[dict[str, int]]:
        """Every combination of places in the values of these settings."""
        for places in itertools.product(*(range(len(self.settings[name])) for name in names)):
            yield dict(zip(names, places, strict=True))

    def _at(self, name: str, run: Mapping[str, int]) -> float | None:
        return self.settings[name][run[name]] if name in run else None

    def _place(self, point: Mapping[str, int], trial: int) -> Place:
        return (*(point[name] for name in self.axes), trial)


def _values(name: str, given: Setting) -> list[float]:
    """The values of a setting, checked: integers where it counts something."""
    flat: list[Any] = [given] if np.ndim(given) == 0 else list(given)  # type: ignore[arg-type]
    if not flat or np.ndim(given) > 1:
        raise ValueError(f"{name}: expected a number or a sequence of numbers, got {given!r}")
    checked: list[float] = [
        integer(name, value, 1) if name in _COUNTS else number(name, value, positive=True)
        for value in flat
    ]
    if len(set(checked)) < len(checked):
        raise ValueError(f"{name}: expected different values, got {given!r}")
    return checked

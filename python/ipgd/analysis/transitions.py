"""Phase transitions: how often a method succeeds, over a grid of settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .. import (
    IPGD,
    AsymmetricFactor,
    Problem,
    Solution,
    Stop,
    SymmetricFactor,
    matrix_sensing,
    solve_batch,
)
from .. import init as starts
from ..algorithms import Algorithm
from ..files import check_writable
from ..init import Init
from .checks import Progress, check_progress, describe, following, integer, number
from .transition_grid import Batch, Grid, Setting
from .transition_map import TransitionMap, load_transition


def phase_transition(
    d: int | tuple[int, int],
    settings: Mapping[str, Setting],
    *,
    trials: int = 20,
    algorithm: Algorithm | None = None,
    init: Init | None = None,
    tolerance: float = 1e-2,
    max_iter: int = 5_000,
    stop: Stop | None = None,
    seed: int = 0,
    path: str | os.PathLike[str] | None = None,
    progress: bool | Progress = False,
    n_threads: int | None = None,
) -> TransitionMap:
    """Estimate the probability of recovery in matrix sensing over a grid of settings.

    Each trial draws Gaussian measurements and a truth (:func:`ipgd.matrix_sensing`), and many are
    solved together. Trial k has the same random numbers at all points of the grid: a larger m adds
    measurements to those of a smaller one, and truths of one rank stay. Maps are smoother for it.
    The intervals hold for each point; the points are not independent of each other.

    Parameters
    ----------
    d : int or pair of int
        Theta is symmetric d x d, or d1 x d2.
    settings : dict
        ``m`` and ``rank`` are needed; ``condition_number`` of the truth, ``search_rank``, ``alpha``
        (the scale of the start) and ``radius`` (of a perturbed algorithm) have defaults. A number
        is one for all runs; a sequence is an axis of the grid, in the order given.
    trials : int
        At each point.
    algorithm : Algorithm, optional
        Default: that of :func:`ipgd.solve`; ``IPGD()`` if a radius is given.
    init : ipgd.init object, optional
        Default: ``ipgd.init.gaussian()``.
    tolerance : float
        A success has ||Theta - Theta*||_F / ||Theta*||_F <= tolerance. Errors are kept, so that
        :meth:`TransitionMap.with_tolerance` can judge anew.
    max_iter : int
    stop : Stop, optional
        As in :func:`ipgd.solve`.
    seed : int
        Of all random numbers.
    path : path_like, optional
        A .npz file that is written anew after each batch. If it exists, the grid goes on where it
        was: one that was killed ends with the same bits as one that was not.
    progress : bool or callable
        True shows a bar; a function is called with the runs done and the share of successes.
    n_threads : int, optional

    Returns
    -------
    TransitionMap

    Raises
    ------
    TypeError, ValueError
        If an argument makes no sense, or the file holds another grid; nothing has been computed
        then.
    SolveInterrupted
        On Ctrl-C. The file then holds the batches that were complete.

    Examples
    --------
    >>> from ipgd import analysis
    >>> found = analysis.phase_transition(8, {"rank": 1, "m": [4, 60]}, trials=4)
    >>> found.probability.tolist()
    [0.0, 1.0]
    """
    grid = Grid.of(settings, integer("trials", trials, 1))
    runner = _Runner(
        d=d,
        algorithm=IPGD() if algorithm is None and "radius" in grid.settings else algorithm,
        init=_start(init, "alpha" in grid.settings),
        max_iter=integer("max_iter", max_iter, 0),
        stop=stop,
        seed=integer("seed", seed, 0),
        n_threads=n_threads,
    )
    check_progress(progress)
    result = TransitionMap(
        {name: np.array(grid.settings[name], dtype=np.float64) for name in grid.axes},
        np.full(grid.shape, np.nan),
        np.zeros(grid.shape, dtype=np.int64),
        number("tolerance", tolerance, positive=True),
        settings=runner.about()
        | {"fixed": {name: v[0] for name, v in grid.settings.items() if name not in grid.axes}},
    )
    target = None if path is None else check_writable("path", path)
    if target is not None and target.exists():
        _take_over(target, result)
    with following(progress, result.errors.size, "runs", "success") as update:
        for batch in grid.batches():
            if any(np.isnan(result.errors[place]) for place in batch.places):
                for place, solution in zip(batch.places, runner.solve(batch), strict=True):
                    result.errors[place] = _error(solution)
                    result.iterations[place] = solution.nit
                if target is not None:
                    result.save(target)
            if update is not None:
                done = int(result.trials.sum())
                update(done, int(result.successes.sum()) / done)
    return result


@dataclass(frozen=True)
class _Runner:
    """What is the same at all points of a grid."""

    d: int | tuple[int, int]
    algorithm: Algorithm | None
    init: Init
    max_iter: int
    stop: Stop | None
    seed: int
    n_threads: int | None

    def about(self) -> dict[str, object]:
        """What the results depend on, for the file."""
        return {
            "d": list(self.d) if isinstance(self.d, tuple | list) else self.d,
            "algorithm": repr(self.algorithm),
            "init": repr(self.init),
            "max_iter": self.max_iter,
            "stop": repr(self.stop),
            "seed": self.seed,
        }

    def solve(self, batch: Batch) -> list[Solution]:
        """The solutions of its runs."""
        problems = {trial: self._problem(batch, trial) for trial in set(batch.trials)}
        symmetric = next(iter(problems.values())).operator.symmetric
        model = SymmetricFactor if symmetric else AsymmetricFactor
        radii = [radius for radius in batch.radii if radius is not None]
        return solve_batch(
            [problems[trial] for trial in batch.trials],
            self.algorithm,
            inits=[
                self.init if alpha is None else replace(self.init, scale=alpha)  # type: ignore[type-var]
                for alpha in batch.alphas
            ],
            radii=radii or None,
            seeds=[np.random.default_rng([self.seed, trial, 1]) for trial in batch.trials],
            parameterization=model(batch.search_rank),
            max_iter=self.max_iter,
            stop=self.stop,
            record=("test_error",),
            record_every=max(1, self.max_iter),
            n_threads=self.n_threads,
        )

    def _problem(self, batch: Batch, trial: int) -> Problem:
        given = batch.problem
        return matrix_sensing(
            self.d,
            int(given["rank"]),
            int(given["m"]),
            condition_number=given.get("condition_number"),
            rng=np.random.default_rng([self.seed, trial]),
        )


def _start(init: Init | None, scaled: bool) -> Init:
    """The initial point; an error where it has no scale that alpha could be."""
    start = starts.gaussian() if init is None else init
    if not isinstance(start, Init):
        raise TypeError(f"init: expected one of ipgd.init, got {describe(init)}")
    if scaled and not hasattr(start, "scale"):
        raise ValueError(f"init: expected one with a scale, which alpha is, got {init!r}")
    return start


def _error(solution: Solution) -> float:
    """The error at the end; infinity of a run that diverged."""
    return np.inf if solution.status == "diverged" else float(solution.history["test_error"][-1])


def _take_over(path: Path, result: TransitionMap) -> None:
    """Put what the file has into an empty map; ValueError if it is that of another grid."""
    there = load_transition(path)
    ours, theirs = _identity(result), _identity(there)
    for name, value in ours.items():
        if theirs.get(name) != value:
            raise ValueError(
                f"path: expected a file of the same grid, got {str(path)!r} with {name} = "
                f"{theirs.get(name)} in place of {value}"
            )
    result.errors[...] = there.errors
    result.iterations[...] = there.iterations


def _identity(one: TransitionMap) -> dict[str, object]:
    """What two maps have in common if one goes on from the other."""
    values = {name: values.tolist() for name, values in one.axes.items()}
    return {"axes": list(one.axes)} | values | {"trials": one.errors.shape[-1]} | one.settings

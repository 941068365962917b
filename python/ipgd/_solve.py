"""solve: a problem, a parameterization and an algorithm become a solution."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import _core
from ._progress import Progress, progress_bar
from ._random import RNG, draw_key, generator
from ._validate import Array, describe, integer, thread_count
from .algorithms import GD, Algorithm, Stop
from .algorithms.base import Setting
from .init import InitLike, gaussian, initial_parameters, split_blocks
from .parameterizations import Parameterization, default
from .problems import Problem
from .solution import Solution


class SolveInterrupted(KeyboardInterrupt):
    """Ctrl-C during a solve. ``solution`` holds the last complete iterate and the history."""

    def __init__(self, solution: Solution) -> None:
        super().__init__(solution.message)
        self.solution = solution


@dataclass(frozen=True)
class Intermediate:
    """What a callback sees.

    Attributes
    ----------
    iteration : int
    loss, gradient_norm : float
    parameters : dict of str to ndarray
        Read-only views of the core's memory, without a copy: valid until the callback returns,
        after which they show later iterates. Copy what you want to keep.
    """

    iteration: int
    loss: float
    gradient_norm: float
    parameters: dict[str, Array]


def solve(
    problem: Problem,
    algorithm: Algorithm | None = None,
    *,
    parameterization: Parameterization | None = None,
    init: InitLike | None = None,
    max_iter: int = 10_000,
    stop: Stop | None = None,
    record: Sequence[str] = ("loss",),
    record_every: int = 1,
    n_singular_values: int = 10,
    callback: Callable[[Intermediate], None] | None = None,
    progress: bool | Progress = False,
    n_threads: int | None = None,
    rng: RNG = None,
) -> Solution:
    """Recover Theta from its measurements.

    Minimises f(theta) = c/(2m) ||A(Theta(theta)) - y||^2 over the parameters theta. The loop runs
    in the compiled core without the GIL; the result has the same bits for any number of threads.

    Parameters
    ----------
    problem : Problem
    algorithm : GD, PGD, IPGD or IPGDPlus, optional
        Default: ``GD()``.
    parameterization : SymmetricFactor or AsymmetricFactor, optional
        Default: full search rank; symmetric when the operator is.
    init : ipgd.init object, array or dict of arrays, optional
        Default: ``ipgd.init.gaussian()``, small and random.
    max_iter : int
        Iteration budget.
    stop : Stop, optional
        Default: ``Stop(relative_loss=1e-10)``.
    record : sequence of str
        Quantities to record: ``loss``, ``train_error`` (||A(Theta) - y|| / ||y||), ``test_error``
        (||Theta - Theta*||_F / ||Theta*||_F), ``gradient_norm``, ``perturbation`` (1 if noise was
        added since the last record), ``signal_norm`` and ``residual_norm`` (Frobenius norms of the
        parts of the factors inside and outside the truth's column space), ``singular_values`` (of
        U, or of V Wᵀ). Those against the truth need one.
    record_every : int
        Iterations between records; the last iterate is always recorded.
    n_singular_values : int
        How many of the largest singular values are recorded.
    callback : callable, optional
        ``callback(intermediate)`` after each record; see :class:`Intermediate`. It may raise
        StopIteration to end the run.
    progress : bool or callable
        True shows a bar; a function is called with (iteration, loss), ten times a second at most.
    n_threads : int, optional
        Default: ``OMP_NUM_THREADS`` or all CPUs of the process. Nothing global is changed.
    rng : None, int or numpy.random.Generator
        Source of the random init and of the perturbations.

    Returns
    -------
    Solution

    Raises
    ------
    ValueError, TypeError
        If an argument makes no sense; nothing has been computed then.
    SolveInterrupted
        On Ctrl-C; a KeyboardInterrupt that carries the solution so far.
    """
    if not isinstance(problem, Problem):
        raise TypeError(f"problem: expected an ipgd.Problem, got {describe(problem)}")
    algorithm = GD() if algorithm is None else algorithm
    if not isinstance(algorithm, Algorithm):
        raise TypeError(
            f"algorithm: expected an ipgd algorithm such as ipgd.GD(), got {describe(algorithm)}"
        )
    parameterization = default(problem.operator) if parameterization is None else parameterization
    if not isinstance(parameterization, Parameterization):
        raise TypeError(
            "parameterization: expected an ipgd parameterization such as ipgd.SymmetricFactor(), "
            f"got {describe(parameterization)}"
        )
    stop = Stop() if stop is None else stop
    if not isinstance(stop, Stop):
        raise TypeError(f"stop: expected an ipgd.Stop, got {describe(stop)}")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: expected a function or None, got {describe(callback)}")
    if not isinstance(progress, bool) and not callable(progress):
        raise TypeError(f"progress: expected True, False or a function, got {describe(progress)}")
    record = _names(record)
    max_iter = integer("max_iter", max_iter, 0)
    record_every = integer("record_every", record_every, 1)
    n_singular_values = integer("n_singular_values", n_singular_values, 1)
    n_threads = thread_count(n_threads)

    random = generator(rng)
    model = parameterization.bind(problem.operator)
    start = initial_parameters(gaussian() if init is None else init, problem, model, random)
    composed = _compose(algorithm, problem, model, start, stop, max_iter, random)

    def on_record(iteration: int, loss: float, gradient_norm: float, flat: Array) -> None:
        assert callback is not None
        callback(Intermediate(iteration, loss, gradient_norm, split_blocks(model, flat)))

    with contextlib.ExitStack() as stack:
        update = stack.enter_context(progress_bar(max_iter)) if progress is True else progress
        raw = _core.descend(
            operator=problem.operator._native,
            y=problem.y,
            parameterization=model,
            algorithm=composed,
            init=start,
            truth=None if problem.truth is None else (problem.truth, *problem.truth_bases),
            record=record,
            record_every=record_every,
            n_singular_values=n_singular_values,
            callback=None if callback is None else on_record,
            progress=update or None,
            n_threads=n_threads,
        )
    parameters = {n: a.copy() for n, a in split_blocks(model, raw.pop("parameters")).items()}
    settings = _settings(parameterization, algorithm, composed)
    solution = Solution(parameters=parameters, settings=settings, **raw)
    if solution.status == "interrupted":
        raise SolveInterrupted(solution)
    return solution


def _names(record: Sequence[str]) -> list[str]:
    """The names of the quantities to record, as a list of text."""
    if isinstance(record, Iterable) and not isinstance(record, str):
        names = list(record)
        if all(isinstance(name, str) for name in names):
            return names
    raise TypeError(f"record: expected a sequence of names, got {describe(record)}")


def _compose(
    algorithm: Algorithm,
    problem: Problem,
    model: _core.Parameterization,
    start: Array,
    stop: Stop,
    max_iter: int,
    rng: np.random.Generator,
) -> _core.Algorithm:
    """The algorithm in the core with its stopping rule and its key, verified."""
    theta = model.assemble(start)
    if not np.isfinite(theta).all():
        raise ValueError(
            f"init: expected parameters whose Theta is finite, got entries up to {abs(start).max()}"
        )
    residual = problem.operator.forward(theta) - problem.y
    with np.errstate(over="ignore"):  # an infinite loss is the run's to report
        initial_loss = model.loss_constant / (2 * problem.m) * float(residual @ residual)
    scale = problem.scale
    composed = algorithm.compose(
        Setting(scale.curvature, scale.magnitude, model.size, initial_loss)
    )
    stopping, perturbation = composed.stopping, composed.perturbation
    stopping.max_iter = max_iter
    stopping.relative_loss = stop.relative_loss
    stopping.gradient_norm = stop.gradient_norm
    perturbation.key = draw_key(rng)
    composed.stopping, composed.perturbation = stopping, perturbation
    composed.verify()
    return composed


def _settings(
    parameterization: Parameterization, algorithm: Algorithm, composed: _core.Algorithm
) -> dict[str, Any]:
    """What was run, for the record."""
    perturbation = composed.perturbation
    resolved: dict[str, Any] = {"step_size": composed.step.size}
    if algorithm.perturbed:
        resolved |= {
            "trigger": perturbation.trigger.name,
            "noise": perturbation.noise.name,
            "radius": perturbation.radius,
        }
    if perturbation.trigger == _core.Trigger.near_stationary:
        resolved |= {
            "gradient_threshold": perturbation.gradient_threshold,
            "window": perturbation.window,
            "decrease_threshold": composed.stopping.escape_decrease,
        }
    return {
        "parameterization": {"name": type(parameterization).__name__, **asdict(parameterization)},  # type: ignore[call-overload]
        "algorithm": {"name": type(algorithm).__name__, **resolved},
        "isa": _core.isa,
    }

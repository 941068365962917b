"""solve: a problem, a parameterization and an algorithm become a solution; alone or in a batch."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import _core
from .._support.progress import Progress, check_progress, following
from .._support.random import RNG
from .._support.validate import describe
from ..algorithms import GD, Algorithm, Stop
from ..parameterizations import Parameterization
from ..problems import Problem
from ..solution import Solution
from .reduction import Measured, as_it_is, measured
from .request import Intermediate, Run
from .start import InitLike


class SolveInterrupted(KeyboardInterrupt):
    """Ctrl-C during a solve.

    Attributes
    ----------
    solution : Solution
        The last complete iterate and the history; of the first run in a batch.
    solutions : list of Solution
        The same for every run.
    """

    def __init__(self, solutions: list[Solution]) -> None:
        super().__init__(solutions)  # all that copying and pickling need
        self.solution = solutions[0]
        self.solutions = solutions

    def __str__(self) -> str:
        return f"{self.solution.message} It is the solution of this exception."


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
    gram: bool | None = None,
    n_threads: int | None = None,
    rng: RNG = None,
) -> Solution:
    """Recover Theta from its measurements.

    Minimises f(theta) = c/(2m) ||A(Theta(theta)) - y||^2 over the parameters theta. The loop runs
    in the compiled core without the GIL; the result has the same bits for any number of threads.

    Parameters
    ----------
    problem : Problem
    algorithm : Algorithm, optional
        One of ipgd's: GD, PGD, IPGD, IPGDPlus, SGD, ScaledGD, AltScaledGD, AcceleratedGD,
        NormalizedGD, TruncatedGD.
        Default: ``GD()``.
    parameterization : SymmetricFactor, AsymmetricFactor, DeepFactor, HadamardPower, ..., optional
        Default: factors of full search rank, symmetric when the operator is; HadamardPower for an
        operator on vectors (d, 1).
    init : ipgd.init object, array or dict of arrays, optional
        Default: ``ipgd.init.gaussian()``, small and random; ``ipgd.init.constant()`` for vectors.
    max_iter : int
        Iteration budget.
    stop : Stop, optional
        Default: ``Stop(relative_loss=1e-10)``.
    record : sequence of str
        Quantities to record: ``loss``, ``train_error`` (||A(Theta) - y|| / ||y||), ``test_error``
        (||Theta - Theta*||_F / ||Theta*||_F), ``gradient_norm``, ``perturbation`` (1 if noise was
        added since the last record), ``epoch`` (passes over all measurements that the steps amount
        to), ``signal_norm`` and ``residual_norm`` (Frobenius norms of the parts of the factors
        inside and outside the truth's column space, or on and off its support),
        ``coefficients`` (beta_i = <phi_i, Theta> in the problem's basis), ``singular_values`` (of
        U, or of Theta; for vectors the abs(Theta_i)). Those against the truth need one. Of single
        models: ``imbalance`` (||VᵀV - WᵀW||_F, or the largest ||W_{j+1}ᵀW_{j+1} - W_jW_jᵀ||_F of a
        deep model), ``direction_norms`` (||v_+|| and ||v_-|| of a weight-normalised one).
    record_every : int
        Iterations between records; the last iterate is always recorded.
    n_singular_values : int
        How many of the largest singular values are recorded.
    callback : callable, optional
        ``callback(intermediate)`` after each record; see :class:`Intermediate`. It may raise
        StopIteration to end the run.
    progress : bool or callable
        True shows a bar; a function is called with (iteration, loss), ten times a second at most.
    gram : bool, optional
        Work with R of A = Q R (``operator.gram()``), computed once and kept with the problem,
        instead of A. Default: where R takes at most three quarters of A's bytes (of its entries,
        where A is so small that it stays in cache) and at most 1e9 operations to make;
        ``settings["operator"]["gram"]`` says which it was. The recorded losses and errors are those
        of A itself; True and False give other bits.
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
        On Ctrl-C; a KeyboardInterrupt that carries the solution so far. (Before the first
        iteration, while things are set up, a plain KeyboardInterrupt.)
    """
    run = Run(
        problem,
        algorithm,
        parameterization=parameterization,
        init=init,
        max_iter=max_iter,
        stop=stop,
        record=record,
        record_every=record_every,
        n_singular_values=n_singular_values,
        callback=callback,
        gram=gram,
        n_threads=n_threads,
        rng=rng,
    )
    return execute([run], progress)[0]


def solve_batch(
    problem: Problem | Sequence[Problem],
    algorithm: Algorithm | Sequence[Algorithm] | None = None,
    *,
    inits: Sequence[InitLike] | None = None,
    step_sizes: Sequence[float] | None = None,
    radii: Sequence[float] | None = None,
    seeds: Sequence[RNG] | None = None,
    parameterization: Parameterization | None = None,
    init: InitLike | None = None,
    max_iter: int = 10_000,
    stop: Stop | None = None,
    record: Sequence[str] = ("loss",),
    record_every: int = 1,
    n_singular_values: int = 10,
    progress: bool | Progress = False,
    gram: bool | None = None,
    n_threads: int | None = None,
) -> list[Solution]:
    """Run many trajectories in one loop; those of one operator share each pass over A.

    K trajectories cost far less than K solves, because each A_i is read once for all of them. Every
    one has the bits that :func:`ipgd.solve` gives with the same settings: it has its own history,
    status and stopping, and leaves the batch when it ends. Where A is so small that threads gain
    nothing by sharing a pass, they share the trajectories instead.

    At least one of the sequences must be given; all that are given have the same length K. What is
    not given is the same for all runs.

    Parameters
    ----------
    problem : Problem or sequence of K problems
        Problems have the same shape; those that share an operator (y differs) share its passes.
    algorithm : algorithm or sequence of K algorithms, optional
    inits : sequence of K initial points, optional
    step_sizes, radii : sequence of K floats, optional
        Replace the ``step_size`` or ``radius`` of the algorithm.
    seeds : sequence of K seeds, optional
        The ``rng`` of each run. Default: 0, 1, ..., K - 1.
    parameterization, init, max_iter, stop, record, record_every, n_singular_values, gram
        As in :func:`ipgd.solve`, the same for all runs.
    progress : bool or callable
        Follows the first run.
    n_threads : int, optional

    Returns
    -------
    list of Solution

    Raises
    ------
    ValueError, TypeError
        If an argument makes no sense or the lengths differ; nothing has been computed then.
    SolveInterrupted
        On Ctrl-C; its ``solutions`` hold what there is of every run.
    """
    sequences: dict[str, Sequence[Any] | None] = {
        "problem": None if isinstance(problem, Problem) else problem,
        "algorithm": None if algorithm is None or isinstance(algorithm, Algorithm) else algorithm,
        "inits": inits,
        "step_sizes": step_sizes,
        "radii": radii,
        "seeds": seeds,
    }
    count = _common_length(sequences)
    runs = []
    for k in range(count):
        own = {name: values[k] for name, values in sequences.items() if values is not None}
        with naming_run(k):
            method = own.get("algorithm", GD() if algorithm is None else algorithm)
            for name, field in (("step_sizes", "step_size"), ("radii", "radius")):
                if name in own:
                    method = _replaced(method, name, field, own[name])
            run = Run(
                own.get("problem", problem),
                method,
                parameterization=parameterization,
                init=own.get("inits", init),
                max_iter=max_iter,
                stop=stop,
                record=record,
                record_every=record_every,
                n_singular_values=n_singular_values,
                gram=gram,
                n_threads=n_threads,
                rng=own.get("seeds", k),
            )
        runs.append(run)
    same_shape(runs)
    return execute(runs, progress)


@contextlib.contextmanager
def naming_run(k: int) -> Iterator[None]:
    """Say at the end of an error which run of a batch has it."""
    try:
        yield
    except (ValueError, TypeError) as error:
        error.args = (f"{error} (run {k} of the batch)",)
        raise


def _common_length(sequences: dict[str, Sequence[Any] | None]) -> int:
    """The number of runs."""
    lengths = {}
    for name, values in sequences.items():
        if values is None:
            continue
        array = isinstance(values, np.ndarray) and values.ndim > 0
        if isinstance(values, str | bytes) or not (array or isinstance(values, Sequence)):
            raise TypeError(
                f"{name}: expected a sequence with one value a run, got {describe(values)}"
            )
        lengths[name] = len(values)
    if not lengths:
        raise ValueError(
            f"seeds: expected a sequence, or one for another of {', '.join(sequences)}, got none"
        )
    first, count = next(iter(lengths.items()))
    for name, length in lengths.items():
        if length != count:
            raise ValueError(f"{name}: expected as many values as {first} ({count}), got {length}")
    if count == 0:
        raise ValueError(f"{first}: expected at least one run, got an empty sequence")
    return count


def _replaced(algorithm: Algorithm, name: str, field: str, value: float) -> Algorithm:
    if not hasattr(algorithm, field):
        raise ValueError(
            f"{name}: expected an algorithm with a {field}, got {type(algorithm).__name__}"
        )
    return replace(algorithm, **{field: value})  # type: ignore[type-var]


def same_shape(runs: list[Run]) -> None:
    """Raise ValueError unless the operators of all runs have the same shape."""
    first = runs[0].problem.operator
    for k, run in enumerate(runs):
        other = run.problem.operator
        if (other.shape, other.matrix_shape) != (first.shape, first.matrix_shape):
            raise ValueError(
                f"problem: expected problems of the same shape, got {first!r} first and {other!r} "
                f"at index {k}"
            )


def _measurements(runs: list[Run]) -> list[Measured]:
    """What each run measures with; one on some of the measurements cannot do with R."""
    partial = [run.composed.sampling.partial for run in runs]
    for run, some in zip(runs, partial, strict=True):
        if some and run.asked_gram:
            name = type(run.algorithm).__name__
            raise ValueError(f"gram: expected None or False for {name}, got True")
    whole = [run for run, some in zip(runs, partial, strict=True) if not some]
    gram = [run.asked_gram for run in whole]
    others = iter(measured([run.problem for run in whole], gram, runs[0].n_threads))
    return [
        as_it_is(run.problem) if some else next(others)
        for run, some in zip(runs, partial, strict=True)
    ]


def execute(runs: list[Run], progress: bool | Progress) -> list[Solution]:
    """Run them in the core, on the same number of threads.

    Raises
    ------
    SolveInterrupted
        On Ctrl-C.
    """
    check_progress(progress)
    for run, what in zip(runs, _measurements(runs), strict=True):
        run.measure_with(what)
    with following(progress, runs[0].max_iter) as update:
        raw, interrupted = _core.descend(
            runs=[run.spec for run in runs], progress=update, n_threads=runs[0].n_threads
        )
    solutions = [run.solution(result) for run, result in zip(runs, raw, strict=True)]
    if interrupted or any(solution.status == "interrupted" for solution in solutions):
        raise SolveInterrupted(solutions)
    return solutions

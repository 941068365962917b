"""solve: a problem, a parameterization and an algorithm become a solution."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from .. import _core
from .._support.names import suggesting
from .._support.progress import Progress, check_progress, following
from .._support.random import RNG
from ..algorithms import Algorithm, Stop
from ..parameterizations import Parameterization
from ..problems import Problem
from ..solution import Solution
from .fingerprint import fingerprint
from .reduction import Measured, as_it_is, measured
from .request import Callback, Request, check_request
from .result import is_at_saddle, solution_of
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


@suggesting
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
    callback: Callback | None = None,
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
        Default: ``GD()``; ``AcceleratedGD(momentum="adaptive", second_start=1e-10)`` for
        u∘u - v∘v and u∘v, unless the loss is :class:`ipgd.Logistic`.
    parameterization : SymmetricFactor, AsymmetricFactor, DeepFactor, HadamardPower, ..., optional
        Default: factors of full search rank, symmetric when the operator is; HadamardPower for an
        operator on vectors (d, 1).
    init : ipgd.init object, array or dict of arrays, optional
        Default: ``ipgd.init.gaussian()``, small and random; ``ipgd.init.constant()`` for vectors.
    max_iter : int
        Iteration budget.
    stop : Stop, optional
        Default: ``Stop(relative_loss=1e-10)``; 1e-13 for u∘u - v∘v and u∘v.
    record : sequence of str
        Quantities to record, by name; the notes list them.
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

    Notes
    -----
    Quantities that every run can record:

    ``loss``
        f at the iterate.
    ``train_error``
        ||A(Theta) - y|| / ||y||.
    ``gradient_norm``
        ||grad f||.
    ``perturbation``
        1 if noise was added since the last record, else 0.
    ``epoch``
        Passes over all measurements that the steps so far amount to.
    ``step_norm``
        ||x_t - x_s||, how far the parameters moved since iteration s of the last record; 0 in the
        first one.
    ``curvature``
        gᵀ H g / ||g||^2, g the gradient and H the Hessian of f: the curvature along the next step
        of gradient descent, which lowers f only while step_size < 2 / curvature (nearly); negative
        where a run leaves a saddle. Exact up to rounding. Each record takes about as
        long as one more pass over A. NaN where g = 0.
    ``singular_values``
        The `n_singular_values` largest ones of U, or of Theta; for vectors the abs(Theta_i).
    ``column_norms``
        The norm of each column of U, or of V and then of W (of each block of other models): right
        from 1e-300 on, also beside columns of size one.

    Those that need a problem with a truth Theta*:

    ``test_error``
        ||Theta - Theta*||_F / ||Theta*||_F.
    ``signal_norm``, ``residual_norm``
        Frobenius norms of the parts of the factors inside and outside the column space of Theta*;
        for vectors, of the parts on and off its support.
    ``deviation_rate``
        -<x, dx> / ||x||^2, x the part whose norm is residual_norm and dx its derivative along
        grad f: a small step of gradient descent changes ||x|| by the factor 1 + step_size *
        deviation_rate. Where x = 0 it is 0 if x stays there, else infinite. See
        :func:`ipgd.analysis.deviation_rate`.
    ``coefficients``
        beta_i = <phi_i, Theta> in the problem's basis.

    Those of one model:

    ``imbalance``
        ||VᵀV - WᵀW||_F of V Wᵀ, and the largest ||W_{j+1}ᵀ W_{j+1} - W_j W_jᵀ||_F of a deep model.
    ``direction_norms``
        ||v_+|| and ||v_-|| of a weight-normalised model.
    """
    request = check_request(
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
    return execute([request], progress)[0]


def execute(requests: Sequence[Request], progress: bool | Progress) -> list[Solution]:
    """Run them in the core, on the same number of threads.

    Raises
    ------
    SolveInterrupted
        On Ctrl-C.
    """
    check_progress(progress)
    n_threads = requests[0].n_threads
    measured = _measurements(requests, n_threads)
    # Before the runs, for no pass may start after Ctrl-C.
    fingerprints = [fingerprint(request.problem, n_threads) for request in requests]
    specs = [request.spec(what) for request, what in zip(requests, measured, strict=True)]
    with following(progress, requests[0].max_iter) as update:
        results, interrupted = _core.descend(runs=specs, progress=update, n_threads=n_threads)
    solutions = list(map(solution_of, requests, measured, fingerprints, results))
    for request, solution in zip(requests, solutions, strict=True):
        if request.origin is None and is_at_saddle(solution):
            warnings.warn(solution.message, stacklevel=4)  # in solve, under `suggesting`
    if interrupted or any(solution.status == "interrupted" for solution in solutions):
        raise SolveInterrupted(solutions)
    return solutions


def _measurements(requests: Sequence[Request], n_threads: int | None) -> list[Measured]:
    """What each run measures with; one that sees some measurements at a time cannot do with R."""
    partial = [request.composed.sampling.partial for request in requests]
    whole = [request for request, some in zip(requests, partial, strict=True) if not some]
    reduced = iter(measured([r.problem for r in whole], [r.gram for r in whole], n_threads))
    return [
        as_it_is(request.problem) if some else next(reduced)
        for request, some in zip(requests, partial, strict=True)
    ]

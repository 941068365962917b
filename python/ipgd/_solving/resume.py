"""resume: a run goes on where it stood, as if it had never stopped; alone or in a batch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeAlias

from .._support.names import suggesting
from .._support.progress import Progress, check_progress
from .._support.validate import describe, integer, thread_count
from .._support.written import read_back
from ..algorithms import Stop, from_written
from ..parameterizations import from_settings
from ..problems import Problem
from ..solution import Solution, load_solution
from .batch import naming_run, require_same_shape
from .fingerprint import require_same_problem
from .request import Callback, Request, check_end, check_request
from .solve import SolveInterrupted, execute

SolutionLike: TypeAlias = Solution | str | os.PathLike[str]


@suggesting
def resume(
    problem: Problem,
    solution: SolutionLike,
    *,
    max_iter: int | None = None,
    stop: Stop | None = None,
    callback: Callback | None = None,
    progress: bool | Progress = False,
    n_threads: int | None = None,
) -> Solution:
    """Go on with a run where it stood, as if it had never stopped.

    The result is, bit for bit, what :func:`ipgd.solve` would have returned at once with this
    `max_iter` and `stop`: parameters, status and the whole history. The algorithm with its resolved
    settings, the parameterization, the seeds and the recorded quantities are those of `solution`.
    The bits are promised for the same binary and instruction set.

    Parameters
    ----------
    problem : Problem
        That of the run.
    solution : Solution or path
        One of :func:`ipgd.solve` or of this function, with whatever status, or the file that it was
        saved to. Runs that ended with ``max_iter``, ``interrupted`` or ``callback`` go on. So does
        a run whose stopping rule held, if `stop` is stricter; else it ends where it ended.
        ``diverged``, ``singular`` and ``second_order`` are ends: such a solution is returned as it
        is.
    max_iter : int, optional
        Budget of the whole run, the iterations already done included. Default: the solution's own.
    stop : Stop, optional
        Default: the solution's own.
    callback, progress, n_threads
        As in :func:`ipgd.solve`; of the iterations from here on.

    Returns
    -------
    Solution

    Raises
    ------
    ValueError, TypeError
        If `solution` has no state to go on from, `problem` is not its problem (another kind of
        operator, another shape or storage, y or A), or `max_iter` is less than what is done. A is
        compared by its values at two fixed random rank-one matrices.
    OSError
        If a file cannot be read.
    SolveInterrupted
        On Ctrl-C; its solution can be resumed again.

    Examples
    --------
    >>> import ipgd
    >>> problem = ipgd.matrix_sensing(d=10, rank=2, m=200, rng=0)
    >>> part = ipgd.solve(problem, ipgd.IPGDPlus(), max_iter=20, rng=0)
    >>> whole = ipgd.resume(problem, part, max_iter=50)
    >>> at_once = ipgd.solve(problem, ipgd.IPGDPlus(), max_iter=50, rng=0)
    >>> bool((whole.history["loss"] == at_once.history["loss"]).all())
    True

    A long run that may be killed goes in pieces, each saved when it is done (the file is written
    whole or not at all)::

        while solution.status == "max_iter" and solution.nit < budget:
            solution = ipgd.resume(problem, solution, max_iter=solution.nit + 1000)
            solution.save("run.npz")
    """
    _check(stop, callback, progress, n_threads)
    solution = _loaded(solution)
    if _is_over(problem, solution, max_iter, n_threads):
        return solution
    request = _continued(problem, solution, max_iter, stop, callback, n_threads)
    return execute([request], progress)[0]


@suggesting
def resume_batch(
    problem: Problem | Sequence[Problem],
    solutions: Sequence[SolutionLike],
    *,
    max_iter: int | None = None,
    stop: Stop | None = None,
    progress: bool | Progress = False,
    n_threads: int | None = None,
) -> list[Solution]:
    """Go on with many runs in one loop, each as :func:`resume` would.

    Parameters
    ----------
    problem : Problem or sequence of K problems
    solutions : sequence of K solutions or paths
        Of :func:`ipgd.solve_batch`, or of single runs; ``SolveInterrupted.solutions``.
    max_iter, stop, progress, n_threads
        As in :func:`resume`, the same for all runs.

    Returns
    -------
    list of Solution

    Raises
    ------
    ValueError, TypeError
        As :func:`resume`, and if the lengths differ or the problems' shapes do.
    SolveInterrupted
        On Ctrl-C; its ``solutions`` hold what there is of every run.
    """
    if isinstance(solutions, str) or not isinstance(solutions, Sequence):
        raise TypeError(f"solutions: expected a sequence of solutions, got {describe(solutions)}")
    _check(stop, None, progress, n_threads)
    if isinstance(problem, Problem):
        problems = [problem] * len(solutions)
    elif isinstance(problem, Sequence):
        problems = list(problem)
    else:
        raise TypeError(
            f"problem: expected an ipgd.Problem or a sequence of them, got {describe(problem)}"
        )
    if len(problems) != len(solutions):
        raise ValueError(
            f"problem: expected as many as solutions ({len(solutions)}), got {len(problems)}"
        )
    requests, known = {}, []
    for k, given in enumerate(solutions):
        with naming_run(k):
            solution = _loaded(given)
            known.append(solution)
            if not _is_over(problems[k], solution, max_iter, n_threads):
                requests[k] = _continued(problems[k], solution, max_iter, stop, None, n_threads)
    if not requests:
        return known
    require_same_shape(list(requests.values()))

    def among_all(results: list[Solution]) -> list[Solution]:
        new = dict(zip(requests, results, strict=True))
        return [new.get(k, old) for k, old in enumerate(known)]

    try:
        return among_all(execute(list(requests.values()), progress))
    except SolveInterrupted as interrupted:
        raise SolveInterrupted(among_all(interrupted.solutions)) from None


def _check(stop: object, callback: object, progress: object, n_threads: int | None) -> None:
    """Raise what a run would, also where there is nothing left to run."""
    check_end(stop, callback)
    check_progress(progress)
    thread_count(n_threads)


def _loaded(solution: SolutionLike) -> Solution:
    """The solution, read where it is a path."""
    if isinstance(solution, str | os.PathLike):
        return load_solution(solution)
    if not isinstance(solution, Solution):
        raise TypeError(
            f"solution: expected an ipgd.Solution or the path of one, got {describe(solution)}"
        )
    return solution


# These runs came to their own end, and handed out no state.
_ENDS = ("diverged", "singular", "second_order")


def _is_over(
    problem: Problem, solution: Solution, max_iter: int | None, n_threads: int | None
) -> bool:
    """True of a run that came to its own end; raises unless it is one that can be resumed."""
    state, status = solution.state, solution.status
    can_resume = solution.settings.get("given") is not None
    if not can_resume or (state is None and status not in (*_ENDS, "interrupted")):
        raise ValueError(
            "solution: expected one that ipgd.solve made with one of its own algorithms, got one "
            f"without the state of a run (status {status!r})"
        )
    if not isinstance(problem, Problem):
        raise TypeError(f"problem: expected an ipgd.Problem, got {describe(problem)}")
    require_same_problem(problem, solution, n_threads)
    done = solution.nit if state is None else state.iteration
    if max_iter is not None and integer("max_iter", max_iter, 0) < done:
        begun = "" if done == solution.nit else " and the one that was interrupted"
        raise ValueError(
            f"max_iter: expected at least the {solution.nit} iterations done{begun}, got {max_iter}"
        )
    if state is None and status == "interrupted":
        raise ValueError(
            "solution: expected one with iterations to come, got one that was interrupted as it "
            "ended by itself"
        )
    return state is None


def _continued(
    problem: Problem,
    solution: Solution,
    max_iter: int | None,
    stop: Stop | None,
    callback: Callback | None,
    n_threads: int | None,
) -> Request:
    """The rest of a run."""
    settings = solution.settings
    return check_request(
        problem,
        from_written(settings["given"]),
        parameterization=from_settings(settings["parameterization"]),
        max_iter=settings["max_iter"] if max_iter is None else max_iter,
        stop=read_back("stop", (Stop,), {"name": "Stop"} | settings["stop"])
        if stop is None
        else stop,
        record=settings["record"],
        record_every=settings["record_every"],
        n_singular_values=settings["n_singular_values"],
        callback=callback,
        gram=settings["operator"]["gram"],
        n_threads=n_threads,
        origin=solution,
    )

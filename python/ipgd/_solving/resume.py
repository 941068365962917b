"""resume: a run goes on where it stood, as if it had never stopped; alone or in a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .._support.progress import Progress, check_progress
from .._support.validate import describe, integer, thread_count
from ..algorithms import Stop, from_written
from ..parameterizations import from_settings
from ..problems import Problem
from ..solution import Solution
from .request import Intermediate, Run, check_end, digest, operator_settings
from .solve import SolveInterrupted, execute, naming_run, same_shape


def resume(
    problem: Problem,
    solution: Solution,
    *,
    max_iter: int | None = None,
    stop: Stop | None = None,
    callback: Callable[[Intermediate], None] | None = None,
    progress: bool | Progress = False,
    n_threads: int | None = None,
) -> Solution:
    """Go on with a run where it stood, as if it had never stopped.

    The result is, bit for bit, what :func:`ipgd.solve` would have returned at once with this
    `max_iter` and `stop`: parameters, status and the whole history. Algorithm with its resolved
    settings, parameterization, seeds and recorded quantities are those of `solution`, which may
    come from a file (:func:`ipgd.load_solution`). The bits are promised for the same binary and
    instruction set.

    Parameters
    ----------
    problem : Problem
        That of the run.
    solution : Solution
        One of :func:`ipgd.solve` or of this function, with whatever status. ``max_iter``,
        ``interrupted`` and ``callback`` go on. So does a run whose stopping rule held, if `stop` is
        stricter; else it ends where it ended. ``diverged``, ``singular`` and ``second_order`` are
        ends: such a solution is returned as it is.
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
        operator, another shape or storage, y or A), or `max_iter` is less than what is done.
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
    if _is_over(problem, solution, max_iter, n_threads):
        return solution
    return execute([_run(problem, solution, max_iter, stop, callback, n_threads)], progress)[0]


def resume_batch(
    problem: Problem | Sequence[Problem],
    solutions: Sequence[Solution],
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
    solutions : sequence of K solutions
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
    if isinstance(solutions, Solution) or not isinstance(solutions, Sequence):
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
    runs = {}
    for k, solution in enumerate(solutions):
        with naming_run(k):
            if not _is_over(problems[k], solution, max_iter, n_threads):
                runs[k] = _run(problems[k], solution, max_iter, stop, None, n_threads)
    if not runs:
        return list(solutions)
    same_shape(list(runs.values()))

    def among_all(results: list[Solution]) -> list[Solution]:
        new = dict(zip(runs, results, strict=True))
        return [new.get(k, old) for k, old in enumerate(solutions)]

    try:
        return among_all(execute(list(runs.values()), progress))
    except SolveInterrupted as interrupted:
        raise SolveInterrupted(among_all(interrupted.solutions)) from None


def _check(stop: object, callback: object, progress: object, n_threads: int | None) -> None:
    """Raise what a run would, also where there is nothing left to run."""
    check_end(stop, callback)
    check_progress(progress)
    thread_count(n_threads)


def _is_over(
    problem: Problem, solution: Solution, max_iter: int | None, n_threads: int | None
) -> bool:
    """True of a run that came to its own end; raises unless it is one that can be resumed."""
    if not isinstance(solution, Solution):
        raise TypeError(f"solution: expected an ipgd.Solution, got {describe(solution)}")
    if solution.state is None:
        raise ValueError(
            "solution: expected one that ipgd.solve made with one of its own algorithms, got one "
            f"without the state of a run (status {solution.status!r})"
        )
    _same_problem(problem, solution, n_threads)
    point = solution.state.point
    done = solution.nit if point is None else point["iteration"]
    if max_iter is not None and integer("max_iter", max_iter, 0) < done:
        raise ValueError(f"max_iter: expected at least the {done} iterations done, got {max_iter}")
    if point is None and solution.status == "interrupted":
        raise ValueError(
            "solution: expected one with iterations to come, got one that was interrupted as it "
            "ended by itself"
        )
    return point is None


def _same_problem(problem: Problem, solution: Solution, n_threads: int | None) -> None:
    if not isinstance(problem, Problem):
        raise TypeError(f"problem: expected an ipgd.Problem, got {describe(problem)}")
    assert solution.state is not None
    theirs, ours = solution.settings["operator"], operator_settings(problem)
    for name, mine in ours.items():
        if mine != theirs[name]:
            raise ValueError(
                f"problem: expected the solution's, whose operator has {name} {theirs[name]}, "
                f"got {mine}"
            )
    if solution.state.recipe["y"] != digest(problem):
        raise ValueError("problem: expected the solution's, got one with another y")
    seen, image = solution.state.recipe["image"], problem.operator._fingerprint(n_threads)
    if not np.allclose(seen, image, rtol=1e-6, atol=0):
        raise ValueError("problem: expected the solution's, got one with another A")


def _run(
    problem: Problem,
    solution: Solution,
    max_iter: int | None,
    stop: Stop | None,
    callback: Callable[[Intermediate], None] | None,
    n_threads: int | None,
) -> Run:
    """The rest of a run."""
    assert solution.state is not None
    recipe, settings = solution.state.recipe, solution.settings
    return Run(
        problem,
        from_written(recipe["algorithm"]),
        parameterization=from_settings(settings["parameterization"]),
        max_iter=settings["max_iter"] if max_iter is None else max_iter,
        stop=Stop(**settings["stop"]) if stop is None else stop,
        record=recipe["record"],
        record_every=recipe["record_every"],
        n_singular_values=recipe["n_singular_values"],
        callback=callback,
        gram=settings["operator"]["gram"],
        n_threads=n_threads,
        origin=solution,
    )

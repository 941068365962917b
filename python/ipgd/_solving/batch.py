"""solve_batch: many runs in one loop."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .._support.names import suggesting
from .._support.progress import Progress
from .._support.random import RNG
from .._support.validate import describe
from ..algorithms import Algorithm, Stop
from ..parameterizations import Parameterization, default
from ..problems import Problem
from ..solution import Solution
from .request import Request, check_request
from .solve import execute
from .start import InitLike, default_algorithm


@suggesting
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
    requests = []
    for k in range(count):
        own = {name: values[k] for name, values in sequences.items() if values is not None}
        with naming_run(k):
            method = own.get("algorithm", algorithm)
            for name, field in (("step_sizes", "step_size"), ("radii", "radius")):
                if name in own:
                    if method is None:
                        method = _default(own.get("problem", problem), parameterization)
                    method = _replaced(method, name, field, own[name])
            request = check_request(
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
        requests.append(request)
    require_same_shape(requests)
    return execute(requests, progress)


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
            "seeds: expected one value a run, such as seeds=range(16), or a sequence for another "
            f"of {', '.join(sequences)}, got no sequence at all (ipgd.solve is for a single run)"
        )
    first, count = next(iter(lengths.items()))
    for name, length in lengths.items():
        if length != count:
            raise ValueError(f"{name}: expected as many values as {first} ({count}), got {length}")
    if count == 0:
        raise ValueError(f"{first}: expected at least one run, got an empty sequence")
    return count


def _default(problem: object, parameterization: Parameterization | None) -> Algorithm:
    """The algorithm of a run that names none."""
    if not isinstance(problem, Problem):
        return default_algorithm(None, parameterization)
    if parameterization is None:
        parameterization = default(problem.operator)
    return default_algorithm(problem.loss, parameterization)


def _replaced(algorithm: Algorithm, name: str, field: str, value: float) -> Algorithm:
    if not hasattr(algorithm, field):
        raise ValueError(
            f"{name}: expected an algorithm with a {field}, got {type(algorithm).__name__}"
        )
    return replace(algorithm, **{field: value})  # type: ignore[type-var]


def require_same_shape(requests: Sequence[Request]) -> None:
    """Raise ValueError unless the operators of all runs have the same shape."""
    first = requests[0].problem.operator
    for k, request in enumerate(requests):
        other = request.problem.operator
        if (other.shape, other.matrix_shape) != (first.shape, first.matrix_shape):
            raise ValueError(
                f"problem: expected problems of the same shape, got {first!r} first and {other!r} "
                f"at index {k}"
            )

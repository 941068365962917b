"""A run as it was asked for: its arguments checked once, and what the core is told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .. import _core
from .._support.memory import require_memory
from .._support.names import did_you_mean
from .._support.random import RNG, draw_key, generator
from .._support.validate import Array, describe, integer, thread_count
from ..algorithms import Algorithm, Stop
from ..algorithms.base import Setting
from ..init import split_blocks
from ..operators import Operator
from ..parameterizations import Parameterization, default
from ..problems import Problem
from ..solution import Solution
from .auto import ProblemSetting
from .reduction import Measured
from .scales import in_range
from .start import (
    InitLike,
    Start,
    default_algorithm,
    default_stop,
    new_start,
    start_from,
)


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
    parameters: dict[str, Array] = field(repr=False)


Callback = Callable[[Intermediate], None]


@dataclass(frozen=True, eq=False)
class Request:
    """A run of an algorithm on a problem, checked.

    Attributes
    ----------
    problem, algorithm, parameterization, stop, max_iter, callback, gram, n_threads
        As in :func:`ipgd.solve`, with defaults filled in.
    record, record_every, n_singular_values
        As in :func:`ipgd.solve`.
    start : Start
        Where it starts.
    origin : Solution or None
        The solution that it goes on from.
    model, composed
        Parameterization and algorithm in the core, with every "auto" resolved.
    estimates : dict of str to float
        What those were resolved from.
    keys : dict of str to int
        The keys of its random numbers.
    """

    problem: Problem
    algorithm: Algorithm
    parameterization: Parameterization
    max_iter: int
    stop: Stop
    record: list[str]
    record_every: int
    n_singular_values: int
    callback: Callback | None
    gram: bool | None
    n_threads: int | None
    start: Start
    origin: Solution | None
    model: _core.Parameterization
    composed: _core.Algorithm
    estimates: Mapping[str, float]
    keys: Mapping[str, int]

    def spec(self, measured: Measured) -> _core.RunSpec:
        """The run as the core takes it, which measures with `measured`."""
        return _core.RunSpec(
            operator=measured.operator,
            y=measured.y,
            original=measured.original,
            parameterization=self.model,
            algorithm=self.composed,
            init=self.start.theta,
            state=self.start.state,
            truth=_truth(self.problem, self.record),
            record=self.record,
            record_every=self.record_every,
            n_singular_values=self.n_singular_values,
            callback=None if self.callback is None else _observer(self.callback, self.model),
            loss=self.problem.native_loss(),
        )


def check_request(
    problem: Problem,
    algorithm: Algorithm | None = None,
    *,
    parameterization: Parameterization | None = None,
    init: InitLike | None = None,
    max_iter: int,
    stop: Stop | None,
    record: Sequence[str],
    record_every: int,
    n_singular_values: int,
    callback: Callback | None = None,
    gram: bool | None = None,
    n_threads: int | None = None,
    rng: RNG = None,
    origin: Solution | None = None,
) -> Request:
    """The request with these arguments, which are those of :func:`ipgd.solve`.

    With an `origin`, the run goes on where that one stood, with its numbers.

    Raises
    ------
    ValueError, TypeError
        If an argument makes no sense.
    """
    _require(problem, Problem, "problem", "an ipgd.Problem")
    if algorithm is not None:
        _require(algorithm, Algorithm, "algorithm", "an ipgd algorithm such as ipgd.GD()")
    if parameterization is None:
        parameterization = default(problem.operator)
    expected = "an ipgd parameterization such as ipgd.SymmetricFactor()"
    _require(parameterization, Parameterization, "parameterization", expected)
    threads = thread_count(n_threads)
    with in_range(problem, {}):
        parameterization = parameterization.resolved(lambda: problem.scale(threads).magnitude)
    check_end(stop, callback)
    names = _names(record)
    max_iter = integer("max_iter", max_iter, 0)
    record_every = integer("record_every", record_every, 1)
    n_singular_values = integer("n_singular_values", n_singular_values, 1)
    if gram is not None and not isinstance(gram, bool):
        raise TypeError(f"gram: expected True, False or None, got {describe(gram)}")

    random = generator(rng)
    if algorithm is None:
        algorithm = default_algorithm(problem.loss, parameterization)
    stop = default_stop(parameterization) if stop is None else stop
    _require_quadratic_forms(algorithm, problem)
    model = parameterization.bind(problem.operator)
    _require_quantities(names, model)
    _require_room(parameterization, model, algorithm, problem.operator)
    with in_range(problem, {}):
        start = (
            start_from(origin)
            if origin
            else new_start(problem, model, algorithm, init, rng, random)
        )
    keys = dict(start.keys)

    def key(name: str) -> int:
        if name not in keys:
            keys[name] = draw_key(random)
        return keys[name]

    setting = ProblemSetting(problem, model, start.theta, threads, dict(start.estimates))
    with in_range(problem, setting.answers):
        composed = _compose(algorithm, setting, stop, max_iter, key)
    composed.check(model, problem.operator._native)
    if composed.sampling.partial and gram:
        name = type(algorithm).__name__
        raise ValueError(f"gram: expected None or False for {name}, got True")
    return Request(
        problem=problem,
        algorithm=algorithm,
        parameterization=parameterization,
        max_iter=max_iter,
        stop=stop,
        record=names,
        record_every=record_every,
        n_singular_values=n_singular_values,
        callback=callback,
        gram=gram,
        n_threads=threads,
        start=start,
        origin=origin,
        model=model,
        composed=composed,
        estimates=setting.answers,
        keys=keys,
    )


def check_end(stop: object, callback: object) -> None:
    """Raise TypeError unless these can say when a run ends."""
    if stop is not None:
        _require(stop, Stop, "stop", "an ipgd.Stop")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: expected a function or None, got {describe(callback)}")


def _observer(
    callback: Callback, model: _core.Parameterization
) -> Callable[[int, float, float, Array], None]:
    def on_record(iteration: int, loss: float, gradient_norm: float, flat: Array) -> None:
        callback(Intermediate(iteration, loss, gradient_norm, split_blocks(model, flat)))

    return on_record


def _require(value: object, kind: type, name: str, expected: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name}: expected {expected}, got {describe(value)}")


def _require_quadratic_forms(algorithm: Algorithm, problem: Problem) -> None:
    """Refuse an algorithm for squares of y_i = a_iᵀ Theta a_i on anything else."""
    if algorithm.quadratic_forms and not problem.operator.quadratic_forms:
        raise ValueError(
            "algorithm: expected one for any measurements, got "
            f"{type(algorithm).__name__}, which is derived for y_i = a_iᵀ Theta a_i (RankOne(X)) "
            f"and not for this {type(problem.operator).__name__} operator"
        )
    if algorithm.quadratic_forms and problem.loss is not None:
        raise ValueError(
            f"algorithm: expected one for any loss, got {type(algorithm).__name__}, which is "
            f"derived for the squared loss and not for {problem.loss!r}"
        )


def _require_room(
    parameterization: Parameterization,
    model: _core.Parameterization,
    algorithm: Algorithm,
    operator: Operator,
) -> None:
    """Raise MemoryError where iterates, gradients and the scratch of a pass do not fit."""
    # In vectors of parameters: in the loop, and when results are handed out, which is after the
    # scratch of the passes has gone. (Peaks of completions from 2 to 32 million parameters.)
    loop, end = 6.0 + algorithm.kept_vectors, 8.6 + algorithm.kept_vectors
    vector = 8 * model.size
    scratch = operator._pass_nbytes(model.view_rank)
    what = f"{end:.2g} vectors of {model.size} parameters"
    if loop * vector + scratch > end * vector:
        what = f"{loop:.2g} vectors of {model.size} parameters and the scratch of a pass"
    has_rank = hasattr(parameterization, "search_rank")
    name = "search_rank" if has_rank else "parameterization"
    require_memory(name, int(max(loop * vector + scratch, end * vector)), what)


def _names(record: Sequence[str]) -> list[str]:
    """The names of the quantities to record, as a list of text."""
    if isinstance(record, Iterable) and not isinstance(record, str):
        names = list(record)
        if all(isinstance(name, str) for name in names):
            return names
    raise TypeError(f"record: expected a sequence of names, got {describe(record)}")


def _require_quantities(names: Sequence[str], model: _core.Parameterization) -> None:
    """Raise ValueError at the first name of a quantity that no run on this model can record."""
    known = [*_core.recordable_quantities(), *filter(None, [model.own_quantity])]
    for name in names:
        if name not in known:
            raise ValueError(
                f"record: expected names out of {', '.join(known)}, got {name!r}"
                f"{did_you_mean(name, known)}"
            )


def _truth(problem: Problem, record: list[str]) -> _core.Truth | None:
    """The truth and its bases, as far as the recorded quantities need them (bases take an SVD)."""
    needs = _core.recordable_quantities()
    needed = {needs.get(name, "nothing") for name in record} - {"nothing"}
    if problem.truth is None or not needed:
        return None
    d1, d2 = problem.operator.matrix_shape
    functions = np.empty((0, 1))
    if problem.basis is not None:
        functions = problem.basis.reshape(len(problem.basis), d1 * d2)
    bases = np.empty((d1, 0)), np.empty((d2, 0))
    if "bases" in needed:
        bases = problem.truth_bases
    return _core.Truth(problem.truth, *bases, functions)


def _compose(
    algorithm: Algorithm,
    setting: Setting,
    stop: Stop,
    max_iter: int,
    key: Callable[[str], int],
) -> _core.Algorithm:
    """The algorithm in the core with its stopping rule and its keys, verified."""
    composed = algorithm.compose(setting)
    stopping, perturbation = composed.stopping, composed.perturbation
    stopping.max_iter = max_iter
    stopping.relative_loss = stop.relative_loss
    stopping.gradient_norm = stop.gradient_norm
    perturbation.key = key("perturbation")
    composed.stopping, composed.perturbation = stopping, perturbation
    sampling = composed.sampling
    if sampling.batch_size > 0:
        sampling.key = key("sampling")
        composed.sampling = sampling
    composed.verify()
    return composed

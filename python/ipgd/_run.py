"""One run: its arguments checked, described to the core, and its result made a Solution."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from . import _core
from ._gram import Measured
from ._memory import require_memory
from ._random import RNG, draw_key, generator
from ._validate import Array, describe, integer, thread_count
from .algorithms import GD, Algorithm, Stop
from .algorithms.base import Setting
from .init import Init, InitLike, default_init, initial_parameters, split_blocks
from .parameterizations import Parameterization, default
from .problems import Problem
from .solution import Solution

_LARGEST_EXPONENT = 300  # 10 to that power is finite


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


class Run:
    """A run of an algorithm on a problem, described to the core; raises where that makes no sense.

    The arguments are those of :func:`ipgd.solve`.
    """

    def __init__(
        self,
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
        callback: Callable[[Intermediate], None] | None = None,
        n_threads: int | None = None,
        rng: RNG = None,
    ) -> None:
        _require(problem, Problem, "problem", "an ipgd.Problem")
        self.algorithm = GD() if algorithm is None else algorithm
        _require(self.algorithm, Algorithm, "algorithm", "an ipgd algorithm such as ipgd.GD()")
        if parameterization is None:
            parameterization = default(problem.operator)
        expected = "an ipgd parameterization such as ipgd.SymmetricFactor()"
        _require(parameterization, Parameterization, "parameterization", expected)
        self.parameterization = parameterization
        stop = Stop() if stop is None else stop
        _require(stop, Stop, "stop", "an ipgd.Stop")
        if callback is not None and not callable(callback):
            raise TypeError(f"callback: expected a function or None, got {describe(callback)}")
        record = _names(record)
        self.max_iter = integer("max_iter", max_iter, 0)
        record_every = integer("record_every", record_every, 1)
        n_singular_values = integer("n_singular_values", n_singular_values, 1)
        self.n_threads = thread_count(n_threads)

        random = generator(rng)
        self.problem = problem
        if self.algorithm.quadratic_forms and not problem.operator.quadratic_forms:
            raise ValueError(
                "algorithm: expected one for any measurements, or y_i = a_iᵀ Theta a_i "
                f"(RankOne(X)), got {type(self.algorithm).__name__}, which is derived for these, "
                "with another "
                f"{type(problem.operator).__name__} operator"
            )
        self.model = parameterization.bind(problem.operator)
        # Iterates, gradients, scratch. Where d1 x d2 numbers do not fit, the default rank may not.
        what = f"eight vectors of {self.model.size} parameters"
        name = "search_rank" if hasattr(parameterization, "search_rank") else "parameterization"
        require_memory(name, 64 * self.model.size, what)
        if init is None:
            init = default_init(problem, self.model)
        start = initial_parameters(init, problem, self.model, random)
        setting = _Setting(problem, self.model, start, self.n_threads)
        self.composed = _compose(self.algorithm, setting, stop, self.max_iter, random)
        self.composed.check(self.model, problem.operator._native)
        self.gram = False
        self._given = {  # as far as it can be written down
            "init": repr(init) if isinstance(init, Init) else "given",
            "rng": rng if isinstance(rng, int) else None,
            "max_iter": self.max_iter,
            "stop": asdict(stop),
        }
        self.spec: dict[str, Any] = {
            "parameterization": self.model,
            "algorithm": self.composed,
            "init": start,
            "truth": _truth(problem, record),
            "record": record,
            "record_every": record_every,
            "n_singular_values": n_singular_values,
            "callback": None if callback is None else self._observed(callback),
        }

    def measure_with(self, measured: Measured) -> None:
        """Choose the operator and y that the core works with."""
        self.gram = measured.is_gram
        self.spec |= {
            "operator": measured.operator,
            "y": measured.y,
            "original": measured.original,
        }

    def _observed(
        self, callback: Callable[[Intermediate], None]
    ) -> Callable[[int, float, float, Array], None]:
        def on_record(iteration: int, loss: float, gradient_norm: float, flat: Array) -> None:
            parameters = split_blocks(self.model, flat)
            callback(Intermediate(iteration, loss, gradient_norm, parameters))

        return on_record

    def solution(self, raw: Mapping[str, Any]) -> Solution:
        """The Solution from what the core returned."""
        blocks = split_blocks(self.model, raw["parameters"])
        parameters = {name: block.copy() for name, block in blocks.items()}
        return Solution(**{**raw, "parameters": parameters}, settings=self._settings())

    def _settings(self) -> dict[str, Any]:
        """What was run, for the record."""
        perturbation = self.composed.perturbation
        resolved: dict[str, Any] = {
            "step_size": self.composed.step.size,
            **self.algorithm.further_settings(),
        }
        if self.algorithm.perturbed:
            resolved |= {
                "trigger": perturbation.trigger.name,
                "noise": perturbation.noise.name,
                "radius": perturbation.radius,
            }
        if perturbation.trigger == _core.Trigger.near_stationary:
            resolved |= {
                "gradient_threshold": perturbation.gradient_threshold,
                "window": perturbation.window,
                "decrease_threshold": self.composed.stopping.escape_decrease,
            }
        return {
            "parameterization": self.parameterization.settings(),
            "algorithm": {"name": type(self.algorithm).__name__, **resolved},
            "operator": {
                "name": type(self.problem.operator).__name__,
                "matrix_shape": list(self.problem.operator.matrix_shape),
                "storage": self.problem.operator.storage,
                "gram": self.gram,
            },
            **self._given,
            "isa": _core.isa,
        }


def _require(value: object, kind: type, name: str, expected: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name}: expected {expected}, got {describe(value)}")


def _names(record: Sequence[str]) -> list[str]:
    """The names of the quantities to record, as a list of text."""
    if isinstance(record, Iterable) and not isinstance(record, str):
        names = list(record)
        if all(isinstance(name, str) for name in names):
            return names
    raise TypeError(f"record: expected a sequence of names, got {describe(record)}")


def _truth(
    problem: Problem, record: list[str]
) -> tuple[Array | tuple[Array, Array], Array, Array, Array] | None:
    """The truth and its bases, as far as the recorded quantities need them (bases take an SVD)."""
    needed = set(record) & set(_core.quantities_of_truth())
    if problem.truth is None or not needed:
        return None
    d1, d2 = problem.operator.matrix_shape
    basis = np.empty((0, 1))
    if problem.basis is not None:
        basis = problem.basis.reshape(len(problem.basis), d1 * d2)
    if needed <= {"test_error", "coefficients"}:
        return problem.truth, np.empty((d1, 0)), np.empty((d2, 0)), basis
    return problem.truth, *problem.truth_bases, basis


class _Setting:
    """What "auto" settings are made of, computed only when one of them asks.

    In units of the parameters, so that an algorithm need not know the model: near Theta* the
    Hessian is at most stiffness c^2 sigma_1^(2 - 2/N) for a Theta of degree N, with
    lambda = c^2 sigma_1; curvature is half of that and magnitude is sigma_1^(2/N). For the factor
    models (N = stiffness = 2) they are lambda and sigma_1 themselves.
    """

    def __init__(
        self, problem: Problem, model: _core.Parameterization, start: Array, n_threads: int | None
    ) -> None:
        self._problem, self._model, self._start = problem, model, start
        self._n_threads = n_threads
        self.dimension = model.size

    @property
    def curvature(self) -> float:
        scale, degree = self._problem.scale(self._n_threads), self._model.degree
        size = math.pow(scale.magnitude, 1 - 2 / degree)
        return self._model.stiffness / 2 * scale.curvature * size

    @property
    def start_curvature(self) -> float:
        """The same with the largest layer's size to the power of N in place of sigma_1.

        Zero for vectors, and where layers differ in kind: their starts are small. Zero, too, where
        f is infinite at the start.
        """
        model, degree = self._model, self._model.degree
        layers = list(split_blocks(model, self._start).values())
        if model.entrywise or len(layers) not in (1, degree):
            return 0.0
        scale = self._problem.scale(self._n_threads)
        unit = model.stiffness / 2 * scale.curvature / scale.magnitude
        bound = max(float(np.linalg.norm(layer)) for layer in layers)
        if bound == 0 or 2 * degree * math.log10(bound) > _LARGEST_EXPONENT:
            return 0.0
        if unit * bound ** (2 * degree - 2) <= self.curvature:
            return 0.0  # it is at most that: the rule goes by Theta*
        # Tall, so that W and Wᵀ have the same bits.
        tall = (np.ascontiguousarray(w if len(w) >= w.shape[1] else w.T) for w in layers)
        return float(unit * max(map(_core.spectral_norm, tall)) ** (2 * degree - 2))

    @property
    def magnitude(self) -> float:
        magnitude = self._problem.scale(self._n_threads).magnitude
        return math.pow(magnitude, 2 / self._model.degree)

    @property
    def gain(self) -> float:
        return self._problem.gain(self._n_threads)

    @property
    def mean(self) -> float:
        return float(self._problem.y.mean())

    @property
    def initial_loss(self) -> float:
        problem = self._problem
        operator = problem.operator
        y = operator._to_core(problem.y)
        return _core.loss(operator._native, y, self._model, self._start, self._n_threads)


def _compose(
    algorithm: Algorithm,
    setting: Setting,
    stop: Stop,
    max_iter: int,
    rng: np.random.Generator,
) -> _core.Algorithm:
    """The algorithm in the core with its stopping rule and its key, verified."""
    composed = algorithm.compose(setting)
    stopping, perturbation = composed.stopping, composed.perturbation
    stopping.max_iter = max_iter
    stopping.relative_loss = stop.relative_loss
    stopping.gradient_norm = stop.gradient_norm
    perturbation.key = draw_key(rng)
    composed.stopping, composed.perturbation = stopping, perturbation
    sampling = composed.sampling
    if sampling.batch_size > 0:
        sampling.key = draw_key(rng)
        composed.sampling = sampling
    composed.verify()
    return composed

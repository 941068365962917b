"""What "auto" settings are made of, asked of a problem, a model and a start."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator

import numpy as np

from .. import _core
from .._support.validate import Array
from ..init import split_blocks
from ..problems import Problem

_LARGEST_EXPONENT = 300  # 10 to that power is finite
_MODERATE = 1e40  # up to here, and down to its inverse, no rule leaves the range of float64


class ProblemSetting:
    """What "auto" settings are made of, computed only when one of them asks.

    In units of the parameters, so that an algorithm need not know the model: near Theta* the
    Hessian is at most stiffness c^2 sigma_1^(2 - 2/N) for a Theta of degree N, with
    lambda = c^2 sigma_1; curvature is half of that and magnitude is sigma_1^(2/N). For the factor
    models (N = stiffness = 2) they are lambda and sigma_1 themselves.

    `answers` holds what was asked before, and then also what is asked now.
    """

    def __init__(
        self,
        problem: Problem,
        model: _core.Parameterization,
        start: Array,
        n_threads: int | None,
        answers: dict[str, float],
    ) -> None:
        self._problem, self._model, self._start = problem, model, start
        self._n_threads = n_threads
        self.dimension, self.measurements = model.size, problem.m
        self.answers = answers

    def _answer(self, name: str, compute: Callable[[], float]) -> float:
        if name not in self.answers:
            self.answers[name] = compute()
        return self.answers[name]

    @property
    def curvature(self) -> float:
        return self._answer("curvature", self._curvature)

    @property
    def magnitude(self) -> float:
        return self._answer("magnitude", self._magnitude)

    @property
    def gain(self) -> float:
        return self._answer("gain", lambda: self._problem.gain(self._n_threads))

    @property
    def mean(self) -> float:
        return self._answer("mean", lambda: float(self._problem.y.mean()))

    @property
    def initial_loss(self) -> float:
        return self._answer("initial_loss", self._initial_loss)

    def _curvature(self) -> float:
        scale, degree = self._problem.scale(self._n_threads), self._model.degree
        size = math.pow(scale.magnitude, 1 - 2 / degree)
        return self._model.stiffness / 2 * scale.curvature * size

    @property
    def start_curvature(self) -> float:
        return self._answer("start_curvature", self._start_curvature)

    def _start_curvature(self) -> float:
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

    def _magnitude(self) -> float:
        magnitude = self._problem.scale(self._n_threads).magnitude
        return math.pow(magnitude, 2 / self._model.degree)

    @contextlib.contextmanager
    def in_range(self) -> Iterator[None]:
        """Blame y where its size takes an automatic setting out of the range of float64."""
        try:
            yield
        except (ArithmeticError, ValueError) as error:
            y = self._problem.y
            largest = float(np.abs(y).max())
            sizes = [largest, *(abs(answer) for answer in self.answers.values())]
            moderate = all(size == 0 or 1 / _MODERATE < size < _MODERATE for size in sizes)
            if moderate:
                raise
            raise ValueError(
                'y: expected measurements of which the "auto" settings can be made in float64, '
                f"got entries up to {largest:.3g} ({error.args[-1]}); divide y by its size, and "
                "multiply the Theta that is found by it, or give the settings as numbers"
            ) from None

    def _initial_loss(self) -> float:
        problem = self._problem
        operator = problem.operator
        y = operator._to_core(problem.y)
        objective = _core.Objective(operator._native, y, self._model)
        return objective.evaluate(self._start, self._n_threads).value

"""Estimates of a problem, a model and a start, from which "auto" settings are computed."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .. import _core
from .._support.validate import Array
from ..init import split_blocks
from ..problems import Problem
from ..problems._vectors import column_squares

_LARGEST_EXPONENT = 300  # 10 to that power is finite
_OVERSHOOT = 4.0  # docs/automatic-steps.md


def _length(layer: Array) -> float:
    """The Frobenius norm, with the same bits whatever the threads of a BLAS."""
    flat = layer.reshape(-1)
    return math.sqrt(_core.dot(flat, flat))


class ProblemSetting:
    """Estimates behind "auto" settings; each is computed when it is first asked for.

    In units of the parameters, so that an algorithm need not know the model: near Theta* the
    Hessian is at most stiffness c^2 sigma_1^(2 - 2/N) for a Theta of degree N, with
    lambda = c^2 sigma_1; curvature is half of that and magnitude is sigma_1^(2/N). For the factor
    models (N = stiffness = 2) they are lambda and sigma_1 themselves.

    `answers` holds the estimates by name: those that are known at the start, and every new one.
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
        self.entrywise = model.entrywise
        self.overshoot = _OVERSHOOT if model.entrywise else 1.0
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
    def entry_curvature(self) -> float:
        return self._answer("entry_curvature", self._entry_curvature)

    def _entry_curvature(self) -> float:
        if self._model.name != "AsymmetricFactor":
            return 0.0
        problem, (_, _, rank) = self._problem, self._model.blocks()[0]
        magnitude = problem.scale(self._n_threads).magnitude
        return problem.operator._largest_term(problem.y, magnitude, rank)

    @property
    def line_gain(self) -> float:
        return self._answer("line_gain", self._problem.line_gain)

    @property
    def lone_curvature(self) -> float:
        return self._answer("lone_curvature", self._lone_curvature)

    def _lone_curvature(self) -> float:
        if not self._model.entrywise:
            return 1.0
        problem, threads = self._problem, self._n_threads
        together = problem.entrywise_curvature(threads)
        if together == 0:
            return 1.0
        longest = float(column_squares(problem, threads).max()) * problem.largest_curvature
        return float(problem.entry_sizes(threads).max()) * longest / together

    @property
    def mean(self) -> float:
        return self._answer("mean", lambda: float(self._problem.y.mean()))

    @property
    def initial_loss(self) -> float:
        return self._answer("initial_loss", self._initial_loss)

    def _curvature(self) -> float:
        if self._model.entrywise:
            return self._entrywise_curvature()
        scale, degree = self._problem.scale(self._n_threads), self._model.degree
        size = math.pow(scale.magnitude, 1 - 2 / degree)
        return self._model.stiffness / 2 * scale.curvature * size

    def _entrywise_curvature(self) -> float:
        """A quarter of a bound on the Hessian of an entrywise model.

        The bound for Theta = u∘u - v∘v with f = ||A Theta - y||^2 / (2m). The Gauss-Newton part of
        the Hessian has the eigenvalues of 4 D^(1/2) (AᵀA/m) D^(1/2), D = diag(u_j^2 + v_j^2), and
        u_j^2 + v_j^2 = |Theta_j| where one of the two has vanished. The sizes |Theta_j| are not
        known; |a_jᵀy| / ||a_j||^2 stand for them. These contain the cross-talk of the other
        columns, so that the bound B is seldom below the Hessian at Theta* (1.0 to 2.2 times it for
        Gaussian A). Columns may have any length: multiplying a_j by s divides Theta_j by s and
        multiplies the eigenvalues by s. A curvature of B/4 gives the step 1/B.

        Where it fails. Opposite entries on correlated columns cancel in Aᵀy, and B is too small.
        Where it is below 3/4 of the Hessian at Theta* the run cannot stay there: it diverges, or it
        ends with success at another vector that fits y (errors of 0.06 to 0.7).

        For u^L - v^L the factor 4 becomes L^2 and D becomes |Theta_j|^(2 - 2/L), at most
        max |Theta|^(1 - 2/L) times the above. The rest of the Hessian, f' Theta'', vanishes with
        the residual and is at most half of B at the start.
        """
        problem, threads = self._problem, self._n_threads
        curvature = problem.entrywise_curvature(threads)
        if curvature == 0:
            return 1.0  # y is orthogonal to the range: there is nothing to go by
        largest = float(problem.entry_sizes(threads).max())
        size = math.pow(largest, 1 - 2 / self._model.degree)
        return self._model.stiffness / 4 * curvature * size

    @property
    def start_curvature(self) -> float:
        return self._answer("start_curvature", self._start_curvature)

    def _start_curvature(self) -> float:
        """The curvature with the size of the largest layer to the power of N in place of sigma_1.

        Zero where layers differ in kind, since their starts are small. Zero, too, where f is
        infinite at the start.
        """
        model, degree = self._model, self._model.degree
        if model.entrywise:
            return self._entrywise_start_curvature()
        layers = list(split_blocks(model, self._start).values())
        if len(layers) not in (1, degree):
            return 0.0
        scale = self._problem.scale(self._n_threads)
        unit = model.stiffness / 2 * scale.curvature / scale.magnitude
        bound = max(map(_length, layers))
        if bound == 0 or 2 * degree * math.log10(bound) > _LARGEST_EXPONENT:
            return 0.0
        if unit * bound ** (2 * degree - 2) <= self.curvature:
            return 0.0  # it is at most that: the rule goes by Theta*
        # Tall, so that W and Wᵀ have the same bits.
        tall = (np.ascontiguousarray(w if len(w) >= w.shape[1] else w.T) for w in layers)
        return float(unit * max(map(_core.spectral_norm, tall)) ** (2 * degree - 2))

    def _entrywise_start_curvature(self) -> float:
        """Twice the curvature with the start's largest entry of u^L + v^L for that of Theta."""
        if len(self._model.blocks()) != 2 or self.curvature == 0:
            return 0.0
        degree = self._model.degree
        pairs = np.abs(self._start.reshape(2, -1))
        with np.errstate(over="ignore"):
            largest = float((pairs**degree).sum(axis=0).max())
        ratio = largest / float(self._problem.entry_sizes(self._n_threads).max() or 1.0)
        if ratio <= 1 or 2 * math.log10(max(largest, ratio)) > _LARGEST_EXPONENT:
            return 0.0  # the rule goes by Theta*, or f is infinite
        return float(2 * self.curvature * math.pow(ratio, 2 - 2 / degree))

    def _magnitude(self) -> float:
        if self._model.entrywise:
            magnitude = float(self._problem.entry_sizes(self._n_threads).max()) or 1.0
        else:
            magnitude = self._problem.scale(self._n_threads).magnitude
        return math.pow(magnitude, 2 / self._model.degree)

    def _initial_loss(self) -> float:
        problem = self._problem
        operator = problem.operator
        y = operator._to_core(problem.y)
        objective = _core.Objective(operator._native, y, self._model, problem.native_loss())
        return objective.evaluate(self._start, self._n_threads).value

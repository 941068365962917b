"""One run: its arguments checked, described to the core, and its result made a Solution."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .. import _core
from .._support.memory import require_memory
from .._support.random import RNG, draw_key, generator
from .._support.state import State
from .._support.validate import Array, describe, integer, thread_count
from ..algorithms import GD, Algorithm, Stop, written_down
from ..algorithms.base import Setting
from ..init import Init, split_blocks
from ..parameterizations import Parameterization, default
from ..problems import Problem
from ..solution import Solution
from .auto import ProblemSetting
from .reduction import Measured
from .start import InitLike, default_init, initial_parameters


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

    The arguments are those of :func:`ipgd.solve`. With an `origin`, the run goes on where that one
    stood, with its numbers.
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
        gram: bool | None = None,
        n_threads: int | None = None,
        rng: RNG = None,
        origin: Solution | None = None,
    ) -> None:
        _require(problem, Problem, "problem", "an ipgd.Problem")
        self.algorithm = GD() if algorithm is None else algorithm
        _require(self.algorithm, Algorithm, "algorithm", "an ipgd algorithm such as ipgd.GD()")
        if parameterization is None:
            parameterization = default(problem.operator)
        expected = "an ipgd parameterization such as ipgd.SymmetricFactor()"
        _require(parameterization, Parameterization, "parameterization", expected)
        self.n_threads = thread_count(n_threads)
        self.parameterization = parameterization.resolved(
            lambda: problem.scale(self.n_threads).magnitude
        )
        check_end(stop, callback)
        stop = Stop() if stop is None else stop
        record = _names(record)
        self.max_iter = integer("max_iter", max_iter, 0)
        record_every = integer("record_every", record_every, 1)
        n_singular_values = integer("n_singular_values", n_singular_values, 1)
        if gram is not None and not isinstance(gram, bool):
            raise TypeError(f"gram: expected True, False or None, got {describe(gram)}")

        random = generator(rng)
        self.problem = problem
        _require_quadratic_forms(self.algorithm, problem)
        self.model = self.parameterization.bind(problem.operator)
        _require_room(self.parameterization, self.model)
        self.origin = origin
        self._keys: dict[str, int] = {}
        answers: dict[str, float] = {}
        point: dict[str, Any] | None = None
        if origin is None:
            if init is None:
                init = default_init(problem, self.model)
            start = initial_parameters(init, problem, self.model, random)
            given = {  # as far as it can be written down
                "init": repr(init) if isinstance(init, Init) else "given",
                "rng": rng if isinstance(rng, int) else None,
            }
        else:
            recipe, point = _state_of(origin)
            start = point["theta"]
            given = {name: origin.settings[name] for name in ("init", "rng")}
            answers, self._keys = dict(recipe["answers"]), dict(recipe["keys"])

        def key(name: str) -> int:
            if name not in self._keys:
                self._keys[name] = draw_key(random)
            return self._keys[name]

        self._setting = ProblemSetting(problem, self.model, start, self.n_threads, answers)
        with self._setting.in_range():
            self.composed = _compose(self.algorithm, self._setting, stop, self.max_iter, key)
        self.composed.check(self.model, problem.operator._native)
        self.asked_gram, self.gram = gram, False
        self._given = given | {"max_iter": self.max_iter, "stop": asdict(stop)}
        self._recorded: dict[str, Any] = {
            "record": record,
            "record_every": record_every,
            "n_singular_values": n_singular_values,
        }
        self.spec: dict[str, Any] = {
            "parameterization": self.model,
            "algorithm": self.composed,
            "init": start,
            "state": point,
            "truth": _truth(problem, record),
            **self._recorded,
            "callback": None if callback is None else self._observed(callback),
        }

    def measure_with(self, measured: Measured) -> None:
        """Choose the operator and y that the core works with."""
        self.gram = measured.is_gram
        # Now: an interrupted run ends at once.
        self._image = self.problem.operator._fingerprint(self.n_threads)
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
        made = {
            "parameters": {name: block.copy() for name, block in blocks.items()},
            "history": self._whole(raw["history"]),
            "settings": self._settings(),
            "state": self._state(raw["state"], raw["parameters"]),
            "message": raw["message"] + self._limits(raw["status"]),
        }
        return Solution(**{**raw, **made})

    def _limits(self, status: str) -> str:
        """What may have kept a run that used up its budget from fitting y."""
        if status != "max_iter":
            return ""
        storage = self.problem.operator.storage
        limits = " U Uᵀ fits positive semidefinite matrices only." if self.model.symmetric else ""
        if storage in ("bfloat16", "int8"):
            limits += (
                f" A_i that were given with more digits than {storage} has fit y roughly only."
            )
        return limits

    def _whole(self, history: dict[str, Any]) -> dict[str, Any]:
        """The history from the first iterate on."""
        if self.origin is None:
            return history
        # Without what was recorded only because the run ended, or was recorded again.
        before, now = self.origin.history["iteration"], history["iteration"]
        begin = min([self.spec["state"]["iteration"], *now[:1]])
        kept = (before % self._recorded["record_every"] == 0) & (before < begin)
        return {
            name: np.concatenate([self.origin.history[name][kept], column])
            for name, column in history.items()
        }

    def _state(self, point: dict[str, Any] | None, parameters: Array) -> State | None:
        """What another run needs to go on; None where the algorithm cannot be written down."""
        algorithm = written_down(self.algorithm)
        if algorithm is None:
            return None
        if point is not None and point["theta"].tobytes() == parameters.tobytes():
            point = point | {"theta": None}
        recipe = {
            "algorithm": algorithm,
            "answers": self._setting.answers,
            "keys": self._keys,
            **self._recorded,
            "y": digest(self.problem),
            "image": self._image,
        }
        return State(recipe, point)

    def _settings(self) -> dict[str, Any]:
        """What was run, for the record."""
        perturbation = self.composed.perturbation
        resolved: dict[str, Any] = {
            "step_size": self.composed.step.size,
            **self.algorithm.further_settings(),
        }
        if self.composed.sampling.batch_size > 0:
            resolved["batch_size"] = self.composed.sampling.batch_size
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
            "operator": operator_settings(self.problem) | {"gram": self.gram},
            **self._given,
            "isa": _core.isa,
        }


def operator_settings(problem: Problem) -> dict[str, Any]:
    """What the operator is, in words."""
    return {
        "name": type(problem.operator).__name__,
        "matrix_shape": list(problem.operator.matrix_shape),
        "storage": problem.operator.storage,
    }


def digest(problem: Problem) -> str:
    """A checksum of y, by which a run recognises its problem; computed once."""
    if "digest" not in problem._cache:
        problem._cache["digest"] = hashlib.sha256(problem.y.tobytes()).hexdigest()
    return str(problem._cache["digest"])


def _state_of(origin: Solution) -> tuple[dict[str, Any], dict[str, Any]]:
    """The recipe of a run that can go on and where it stood, with its parameters."""
    assert origin.state is not None
    assert origin.state.point is not None
    point = origin.state.point
    parameters = np.concatenate([block.reshape(-1) for block in origin.parameters.values()])
    here = parameters if point["theta"] is None else point["theta"]
    before = parameters if point["ahead"] else parameters[:0]
    return origin.state.recipe, point | {"theta": here, "before": before}


def check_end(stop: object, callback: object) -> None:
    """Raise TypeError unless these can say when a run ends."""
    if stop is not None:
        _require(stop, Stop, "stop", "an ipgd.Stop")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: expected a function or None, got {describe(callback)}")


def _require(value: object, kind: type, name: str, expected: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name}: expected {expected}, got {describe(value)}")


def _require_quadratic_forms(algorithm: Algorithm, problem: Problem) -> None:
    """Refuse an algorithm for y_i = a_iᵀ Theta a_i on other measurements."""
    if algorithm.quadratic_forms and not problem.operator.quadratic_forms:
        raise ValueError(
            "algorithm: expected one for any measurements, got "
            f"{type(algorithm).__name__}, which is derived for y_i = a_iᵀ Theta a_i (RankOne(X)) "
            f"and not for this {type(problem.operator).__name__} operator"
        )


def _require_room(parameterization: Parameterization, model: _core.Parameterization) -> None:
    """Iterates, gradients, scratch. Where d1 x d2 numbers do not fit, the default rank may not."""
    what = f"eight vectors of {model.size} parameters"
    has_rank = hasattr(parameterization, "search_rank")
    require_memory("search_rank" if has_rank else "parameterization", 64 * model.size, what)


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

"""What a baseline reports: its history, and a Solution at the end."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import Problem, Solution, SolveInterrupted
from .._support.progress import Progress, following
from .spectral import Array

MESSAGES = {
    "relative_loss": "The loss fell to the requested fraction of its value at Theta = 0.",
    "duality_gap": "The duality gap fell to the requested fraction: Theta is optimal up to that.",
    "settled": "The iterate no longer changed by more than was asked.",
    "diverged": "The loss became infinite or NaN: use a smaller step size.",
    "max_iter": "The iteration budget ran out before a stopping rule held: raise max_iter, or "
    "loosen the tolerance.",
    "interrupted": "The run was interrupted; the last iterate whose errors are known is kept.",
}


_PAUSE = 0.1  # s between two updates of the progress


@contextlib.contextmanager
def reporting(
    problem: Problem,
    record_every: int,
    max_iter: int,
    progress: bool | Progress,
    algorithm: dict[str, Any],
) -> Iterator[Report]:
    """Yield the report of a run, whose progress is shown as asked.

    Raises
    ------
    SolveInterrupted
        On Ctrl-C after the first iterate; before it, a plain KeyboardInterrupt.
    """
    with following(progress, max_iter) as update:
        report = Report(problem, record_every, algorithm, update)
        try:
            yield report
        except KeyboardInterrupt:
            solution = report.interrupted()
            if solution is None:
                raise
            raise SolveInterrupted([solution]) from None


class Report:
    """Keeps the history of a run and makes it a Solution.

    Parameters
    ----------
    problem : Problem
    record_every : int
        Iterations between records.
    algorithm : dict
        Name and settings of the method.
    update : callable, optional
        Told iteration and loss.
    """

    def __init__(
        self,
        problem: Problem,
        record_every: int,
        algorithm: dict[str, Any],
        update: Progress | None = None,
    ) -> None:
        self._problem, self._every = problem, record_every
        self._update, self._updated = update, 0.0
        self._norm_y = float(np.linalg.norm(problem.y)) or 1.0
        truth = problem.truth
        self._truth = truth[0] @ truth[1].T if isinstance(truth, tuple) else truth
        self._rows: list[dict[str, float]] = []
        self._latest: tuple[int, Array, Array, dict[str, float]] | None = None
        self.algorithm = algorithm

    def loss(self, residual: Array) -> float:
        """1/(2m) ||A(Theta) - y||^2."""
        return float(residual @ residual) / (2 * self._problem.m)

    def train_error(self, residual: Array) -> float:
        """||A(Theta) - y|| / ||y||."""
        return float(np.linalg.norm(residual)) / self._norm_y

    def record(
        self, iteration: int, theta: Array, residual: Array, *, last: bool = False, **others: float
    ) -> None:
        """Note loss, errors and `others`, when a record is due or this is the last iterate."""
        self._latest = iteration, theta, residual, others
        if self._update is not None and time.monotonic() - self._updated > _PAUSE:
            self._updated = time.monotonic()
            self._update(iteration, self.loss(residual))
        known = self._rows and self._rows[-1]["iteration"] == iteration
        if known or not (last or iteration % self._every == 0):
            return
        row = {
            "iteration": iteration,
            "loss": self.loss(residual),
            "train_error": self.train_error(residual),
        }
        if self._truth is not None:
            scale = float(np.linalg.norm(self._truth)) or 1.0
            row["test_error"] = float(np.linalg.norm(theta - self._truth)) / scale
        self._rows.append(row | others)

    def interrupted(self) -> Solution | None:
        """The solution at the last iterate that was told; None before the first."""
        if self._latest is None:
            return None
        iteration, theta, residual, others = self._latest
        self._update = None
        self.record(iteration, theta, residual, last=True, **others)
        gradient = self._problem.operator.adjoint(residual)
        return self.solution(theta, residual, gradient, status="interrupted", nit=iteration)

    def solution(
        self,
        theta: Array,
        residual: Array,
        gradient: Array,
        *,
        status: str,
        nit: int,
    ) -> Solution:
        """The Solution whose parameters are Theta itself."""
        history = {name: np.array([row[name] for row in self._rows]) for name in self._rows[-1]}
        history["iteration"] = history["iteration"].astype(np.int64)
        operator = self._problem.operator
        return Solution(
            parameters={"Theta": theta},
            success=status not in ("max_iter", "diverged", "interrupted"),
            status=status,
            message=MESSAGES[status],
            nit=nit,
            fun=self.loss(residual),
            gradient_norm=float(np.linalg.norm(gradient)) / self._problem.m,
            train_error=self.train_error(residual),
            history=history,
            settings={
                "parameterization": {"name": "Theta"},
                "algorithm": self.algorithm,
                "operator": {
                    "name": type(operator).__name__,
                    "matrix_shape": list(operator.matrix_shape),
                    "storage": operator.storage,
                },
            },
        )

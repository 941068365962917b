"""How a run recognises its problem."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..losses import from_settings
from ..operators import Operator
from ..operators.fingerprint import same_fingerprint
from ..problems import Problem
from ..solution import Solution


def operator_settings(operator: Operator) -> dict[str, Any]:
    """What the operator is, in words."""
    return {
        "name": type(operator).__name__,
        "matrix_shape": list(operator.matrix_shape),
        "storage": operator.storage,
    }


def fingerprint(problem: Problem, n_threads: int | None) -> dict[str, Any]:
    """A checksum of y and a few numbers of A."""
    return {"y": _digest(problem), "operator": problem.operator._fingerprint(n_threads)}


def require_same_problem(problem: Problem, solution: Solution, n_threads: int | None) -> None:
    """Raise ValueError unless this is the problem that the solution was found for."""
    theirs, ours = solution.settings["operator"], operator_settings(problem.operator)
    for name, mine in ours.items():
        if mine != theirs[name]:
            raise ValueError(
                f"problem: expected the solution's, whose operator has {name} {theirs[name]}, "
                f"got {mine}"
            )
    known = solution.settings["fingerprint"]
    loss = from_settings(solution.settings.get("loss"))
    if loss != problem.loss:
        raise ValueError(
            f"problem: expected the solution's, with the loss {loss!r}, got {problem.loss!r} "
            "(None is the squared loss)"
        )
    if known["y"] != _digest(problem):
        raise ValueError("problem: expected the solution's, got one with another y")
    if not _same_operator(problem.operator, known, n_threads):
        raise ValueError("problem: expected the solution's, got one with another A")


def _same_operator(operator: Operator, known: Mapping[str, Any], n_threads: int | None) -> bool:
    if "operator" in known:
        return same_fingerprint(known["operator"], operator._fingerprint(n_threads))
    # Of a file of the format before this one: three of the numbers A(1 1^T), and their norm.
    d1, d2 = operator.matrix_shape
    values = operator.forward((np.ones((d1, 1)), np.ones((d2, 1))), n_threads=n_threads)
    some = [values[0], values[len(values) // 2], values[-1], np.linalg.norm(values)]
    return np.allclose(known["sum"], some, rtol=1e-6, atol=0)


def _digest(problem: Problem) -> str:
    """A checksum of y; computed once."""
    if "digest" not in problem._cache:
        problem._cache["digest"] = hashlib.sha256(problem.y.tobytes()).hexdigest()
    return str(problem._cache["digest"])

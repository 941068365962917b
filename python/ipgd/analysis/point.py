"""Where an analysis looks: a problem, a model, and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from ..objective import Objective
from ..parameterizations import (
    AsymmetricFactor,
    Parameterization,
    SymmetricFactor,
    from_settings,
)
from ..problems import Problem
from ..solution import Solution
from .checks import Array, check_problem, describe

Parameters: TypeAlias = Solution | Mapping[str, ArrayLike]
"""Where: a solution, or its parameters (one array for each block)."""


@dataclass(frozen=True, eq=False)
class Point:
    """Parameters of a model of a problem.

    Attributes
    ----------
    objective : ipgd.Objective
    flat : ndarray of shape (size,)
    """

    objective: Objective
    flat: Array

    @property
    def problem(self) -> Problem:
        """Its problem."""
        return self.objective.problem

    @property
    def model(self) -> Parameterization:
        """Its parameterization."""
        return self.objective.parameterization

    @property
    def columns(self) -> int:
        """Columns of the first block."""
        return next(iter(self.objective.shapes.values()))[1]

    def blocks(self, flat: Array) -> dict[str, Array]:
        """A flat vector as the blocks of the model; a copy."""
        out, begin = {}, 0
        for name, (rows, cols) in self.objective.shapes.items():
            out[name] = flat[begin : begin + rows * cols].reshape(rows, cols).copy()
            begin += rows * cols
        return out


def point_of(
    problem: Problem,
    at: Parameters,
    parameterization: Parameterization | None = None,
    n_threads: int | None = None,
) -> Point:
    """The point of a solution, or of its parameters.

    Raises
    ------
    TypeError
        If it is neither, or `problem` is none.
    ValueError
        If the parameters are not those of the model.
    """
    check_problem(problem)
    if isinstance(at, Solution):
        blocks: Mapping[str, ArrayLike] = at.parameters
        if parameterization is None:
            if at.parameters.keys() == {"Theta"}:
                raise ValueError(
                    "solution: expected one of ipgd.solve, got one of "
                    f"{at.settings['algorithm']['name']}, which has no parameters but Theta"
                )
            parameterization = from_settings(at.settings["parameterization"])
    elif isinstance(at, Mapping):
        blocks = at
        parameterization = parameterization or _guessed(at)
    else:
        raise TypeError(
            f"solution: expected an ipgd.Solution or a dict of parameters, got {describe(at)}"
        )
    objective = Objective(problem, parameterization, n_threads=n_threads)
    shapes = objective.shapes
    if blocks.keys() != shapes.keys():
        raise ValueError(
            f"solution: expected the blocks {', '.join(shapes)} of {objective.parameterization!r}, "
            f"got {', '.join(blocks) or 'none'}"
        )
    for name, shape in shapes.items():
        if np.shape(blocks[name]) != shape:
            raise ValueError(
                f"solution: expected {name} of shape {shape}, got {np.shape(blocks[name])}"
            )
    flat = np.concatenate([np.asarray(blocks[name], np.float64).reshape(-1) for name in shapes])
    if not np.isfinite(flat).all():
        raise ValueError("solution: expected finite parameters, got NaN or infinity among them")
    return Point(objective, flat)


def _guessed(blocks: Mapping[str, ArrayLike]) -> Parameterization:
    """The model that these blocks are of, where their names say it."""
    if blocks.keys() == {"U"} and np.ndim(blocks["U"]) == 2:
        return SymmetricFactor(np.shape(blocks["U"])[1])
    if blocks.keys() == {"V", "W"} and np.ndim(blocks["V"]) == 2:
        return AsymmetricFactor(np.shape(blocks["V"])[1])
    raise ValueError(
        "parameterization: expected one beside parameters other than U (d, k) or V, W, got None "
        f"with the blocks {', '.join(blocks) or 'none'}"
    )

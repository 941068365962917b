"""What initial points share: the contract, the automatic scale, parameters of a given Theta."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from .. import _core
from .._support.validate import Array
from ..algorithms.base import Auto, check_auto
from ..problems import Problem


class Init(ABC):
    """An initial point for each block of the parameters."""

    @abstractmethod
    def blocks(
        self, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
    ) -> list[Array]:
        """One array for each of the model's blocks."""


@dataclass(frozen=True)
class Scaled(Init):
    """An initial point of size alpha."""

    scale: Auto = "auto"

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", check_auto("scale", self.scale))

    def alpha(self, problem: Problem, model: _core.Parameterization) -> float:
        """The scale in numbers."""
        if self.scale != "auto":
            return float(self.scale)
        size = problem.scale().magnitude
        root = np.sqrt(size) if model.degree == 2 else size ** (1 / model.degree)
        return float(model.start_size * root)


def shapes(model: _core.Parameterization) -> list[tuple[int, int]]:
    """Rows and columns of each block of the parameters."""
    return [(rows, cols) for _, rows, cols in model.blocks()]


def lifted(model: _core.Parameterization, left: Array, values: Array, right: Array) -> list[Array]:
    """Balanced parameters of left diag(values) rightᵀ."""
    parts = (np.ascontiguousarray(part, dtype=np.float64) for part in (left, values, right))
    return list(split_blocks(model, model.lift(*parts)).values())


def split_blocks(model: _core.Parameterization, flat: Array) -> dict[str, Array]:
    """Views of the blocks inside a flat parameter vector."""
    out, begin = {}, 0
    for name, rows, cols in model.blocks():
        out[name] = flat[begin : begin + rows * cols].reshape(rows, cols)
        begin += rows * cols
    return out

"""Initial points. Each is a value that knows how to start any factor model of a problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse.linalg import LinearOperator, eigsh, svds

from . import _core
from ._validate import Array, describe, real_array
from .algorithms.base import Auto, check_auto
from .problems import Problem

__all__ = ["Init", "gaussian", "scaled_identity", "spectral", "zeros"]

_AUTO_SCALE = 1e-8
_LARGEST = 1e150  # its square is finite


class Init(ABC):
    """An initial point for each block of the parameters."""

    @abstractmethod
    def blocks(
        self, problem: Problem, shapes: Sequence[tuple[int, int]], rng: np.random.Generator
    ) -> list[Array]:
        """One array per block shape."""


@dataclass(frozen=True)
class _Scaled(Init):
    scale: Auto = "auto"

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", check_auto("scale", self.scale))

    def alpha(self, problem: Problem) -> float:
        """The scale in numbers: "auto" is 1e-8 of the size of the solution's factor."""
        if self.scale == "auto":
            return _AUTO_SCALE * float(np.sqrt(problem.scale().magnitude))
        return float(self.scale)


class scaled_identity(_Scaled):  # noqa: N801
    """Every block is alpha I (ones on the main diagonal where it is not square).

    Parameters
    ----------
    scale : float or "auto"
        alpha > 0. "auto": 1e-8 sqrt(estimate of ||Theta*||). The final error falls with alpha, the
        waiting time grows like log(1/alpha) (Li, Ma, Zhang 2018).
    """

    def blocks(  # noqa: D102
        self, problem: Problem, shapes: Sequence[tuple[int, int]], rng: np.random.Generator
    ) -> list[Array]:
        return [self.alpha(problem) * np.eye(*shape) for shape in shapes]


class gaussian(_Scaled):  # noqa: N801
    """Every entry is N(0, alpha^2 / k), k the number of columns: E[U U^T] = alpha^2 I.

    Parameters
    ----------
    scale : float or "auto"
        alpha > 0, as in :class:`scaled_identity`.

    References
    ----------
    Stöger, Soltanolkotabi (2021), "Small random initialization is akin to spectral learning",
    arXiv 2106.15013.
    """

    def blocks(  # noqa: D102
        self, problem: Problem, shapes: Sequence[tuple[int, int]], rng: np.random.Generator
    ) -> list[Array]:
        alpha = self.alpha(problem)
        return [alpha / np.sqrt(shape[1]) * rng.standard_normal(shape) for shape in shapes]


@dataclass(frozen=True)
class zeros(Init):  # noqa: N801
    """Exactly zero: a saddle, which only a perturbed method can leave."""

    def blocks(  # noqa: D102
        self, problem: Problem, shapes: Sequence[tuple[int, int]], rng: np.random.Generator
    ) -> list[Array]:
        return [np.zeros(shape) for shape in shapes]


@dataclass(frozen=True)
class spectral(Init):  # noqa: N801
    """From the leading eigenpairs (singular triplets) of A*(y)/m.

    U_0 = sqrt(t) Q sqrt(max(lambda, 0)) for Theta = U Uᵀ; V_0 = sqrt(t) P sqrt(sigma),
    W_0 = sqrt(t) Q sqrt(sigma) for Theta = V Wᵀ, with the t that fits A(Theta_0) to y best. Columns
    beyond the number of pairs are zero.
    """

    def blocks(  # noqa: D102
        self, problem: Problem, shapes: Sequence[tuple[int, int]], rng: np.random.Generator
    ) -> list[Array]:
        values, factors = _leading(problem, len(shapes) == 1, shapes[0][1])
        out = []
        for factor, (rows, cols) in zip(factors, shapes, strict=True):
            block = np.zeros((rows, cols))
            n = min(cols, len(values))
            block[:, :n] = factor[:, :n] * np.sqrt(values[:n])
            out.append(block)
        # t minimises ||A(t Theta_0) - y||: A*(y)/m is off by c^2 where A_i is c times normalised.
        product = (out[0], out[-1])
        operator = problem.operator
        image = operator.forward(product if operator.factored else out[0] @ out[-1].T)
        squared = float(image @ image)
        t = max(float(problem.y @ image) / squared, 0.0) if squared > 0 else 0.0
        return [np.sqrt(t) * block for block in out]


# From this size on, and for few pairs, Lanczos iterations cost less than a decomposition.
_LARGE = 2**20


def _leading(problem: Problem, symmetric: bool, count: int) -> tuple[Array, list[Array]]:
    """Eigenvalues (zero for negative ones) or singular values of A*(y)/m, and their vectors.

    `count` of them or more, the largest first; one matrix of vectors, or left and right ones.
    """
    operator = problem.operator
    d1, d2 = operator.matrix_shape
    if operator.factored and d1 * d2 >= _LARGE and 4 * count <= min(d1, d2):
        return _leading_by_lanczos(problem, symmetric, count)
    back = problem.back_projection()
    if symmetric:
        values, vectors = np.linalg.eigh((back + back.T) / 2)
        return np.maximum(values[::-1], 0), [vectors[:, ::-1]]
    left, values, right = np.linalg.svd(back, full_matrices=False)
    return values, [left, right.T]


def _leading_by_lanczos(problem: Problem, symmetric: bool, count: int) -> tuple[Array, list[Array]]:
    operator, weights = problem.operator, problem.y / problem.m

    def times(x: Array) -> Array:
        return operator.adjoint_times(weights, x.reshape(-1, 1)).reshape(-1)

    def transposed_times(x: Array) -> Array:
        return operator.adjoint_times(weights, x.reshape(-1, 1), transposed=True).reshape(-1)

    shape = operator.matrix_shape
    start = _core.normals(0, 0, 0, min(shape)).astype(np.float64)
    if symmetric:
        linear = LinearOperator(
            shape, matvec=lambda x: (times(x) + transposed_times(x)) / 2, dtype=np.float64
        )
        values, vectors = eigsh(linear, k=count, which="LA", v0=start)
        return np.maximum(values[::-1], 0), [vectors[:, ::-1]]
    linear = LinearOperator(shape, matvec=times, rmatvec=transposed_times, dtype=np.float64)
    left, sigma, right = svds(linear, k=count, v0=start)
    order = np.argsort(sigma)[::-1]
    return np.asarray(sigma[order], np.float64), [left[:, order], right[order].T]


InitLike: TypeAlias = Init | ArrayLike | Mapping[str, ArrayLike]


def initial_parameters(
    init: InitLike, problem: Problem, model: _core.Parameterization, rng: np.random.Generator
) -> Array:
    """The flat parameter vector: of an Init, of an array (one block), or of a dict of blocks."""
    blocks = model.blocks()
    if isinstance(init, type) and issubclass(init, Init):
        raise TypeError(
            f"init: expected a value such as ipgd.init.{init.__name__}(), got the class"
        )
    if isinstance(init, str):
        raise TypeError(f"init: expected a value such as ipgd.init.zeros(), got the text {init!r}")
    if isinstance(init, Init):
        arrays = init.blocks(problem, [shape for _, *shape in blocks], rng)  # type: ignore[misc]
    elif isinstance(init, Mapping):
        names = [name for name, *_ in blocks]
        if set(init) != set(names):
            raise ValueError(f"init: expected blocks {names}, got {list(init)}")
        arrays = [
            real_array(f"init[{name!r}]", init[name], tuple(shape)) for name, *shape in blocks
        ]
    elif len(blocks) == 1:
        arrays = [real_array("init", init, tuple(blocks[0][1:]))]
    else:
        names = [name for name, *_ in blocks]
        raise TypeError(
            f"init: expected an ipgd.init object or a dict with the blocks {names}, "
            f"got {describe(init)}"
        )
    flat: Array = np.concatenate([array.reshape(-1) for array in arrays])
    if not np.abs(flat).max() < _LARGEST:
        raise ValueError(
            f"init: expected parameters whose Theta is finite, got entries up to {abs(flat).max()}"
        )
    return flat


def split_blocks(model: _core.Parameterization, flat: Array) -> dict[str, Array]:
    """Views of the blocks inside a flat parameter vector."""
    out, begin = {}, 0
    for name, rows, cols in model.blocks():
        out[name] = flat[begin : begin + rows * cols].reshape(rows, cols)
        begin += rows * cols
    return out

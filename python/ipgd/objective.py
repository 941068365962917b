"""f, its gradient and its Hessian as functions of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from ._support.memory import require_memory
from ._support.validate import Array, describe, real_array, thread_count
from .losses import Loss
from .parameterizations import Parameterization, default
from .problems import Problem

Blocks: TypeAlias = Mapping[str, ArrayLike]
"""Parameters as a solution has them: one array for each block."""


class Objective:
    """The function that :func:`ipgd.solve` minimises, for methods of one's own.

    f(theta) = (c/m) sum_i loss(r_i) with r = A(Theta(theta)) - y, where c = 1/2 for symmetric
    factors and 1 for all other models; the squared loss is loss(r) = r^2 / 2. Parameters are flat
    vectors, as SciPy has them, or dictionaries of blocks, as :attr:`ipgd.Solution.parameters`;
    results come in the form in which the parameters were given.

    Parameters
    ----------
    problem : Problem
    parameterization : Parameterization, optional
        Default: what :func:`ipgd.solve` takes for the problem.
    loss : ipgd.losses.Loss, optional
        Default: that of the problem.
    n_threads : int, optional
        Default: ``OMP_NUM_THREADS`` or all CPUs of the process.

    Attributes
    ----------
    size : int
        Number of parameters.
    shapes : dict of str to tuple of int
        The blocks of a flat vector, in this order, each in C order.

    Raises
    ------
    TypeError
        If an argument is of another kind.
    ValueError
        If the operator cannot measure this model, or the loss is not for this y.

    Notes
    -----
    Calls compute without the GIL, and Ctrl-C interrupts them. Results have the same bits for any
    number of threads. What was found at the last parameters is kept: f, gradient and products with
    the Hessian at the same parameters cost one evaluation together and one pass for each product.

    Examples
    --------
    >>> import ipgd, numpy as np, scipy.optimize
    >>> problem = ipgd.matrix_sensing(d=10, rank=1, m=100, rng=0)
    >>> f = ipgd.Objective(problem, ipgd.SymmetricFactor(2))
    >>> start = 0.1 * np.random.default_rng(0).standard_normal(f.size)
    >>> result = scipy.optimize.minimize(
    ...     f.value, start, jac=f.gradient, hessp=f.hessian_product, method="trust-ncg"
    ... )
    >>> bool(result.fun < 1e-6 * f.value(np.zeros(f.size)))
    True
    """

    def __init__(
        self,
        problem: Problem,
        parameterization: Parameterization | None = None,
        loss: Loss | None = None,
        *,
        n_threads: int | None = None,
    ) -> None:
        if not isinstance(problem, Problem):
            raise TypeError(f"problem: expected an ipgd.Problem, got {describe(problem)}")
        if parameterization is None:
            parameterization = default(problem.operator)
        if not isinstance(parameterization, Parameterization):
            raise TypeError(
                "parameterization: expected an ipgd parameterization such as "
                f"ipgd.SymmetricFactor(), got {describe(parameterization)}"
            )
        if loss is not None:
            problem = problem.with_loss(loss)
        threads = thread_count(n_threads)
        self.problem = problem
        self.parameterization = parameterization.resolved(lambda: problem.scale(threads).magnitude)
        self._model = self.parameterization.bind(problem.operator)
        y = problem.operator._to_core(problem.y)
        self._native = _core.Objective(
            problem.operator._native, y, self._model, problem.native_loss()
        )
        self._threads = threads
        self._known: _core.Evaluation | None = None

    @property
    def size(self) -> int:  # noqa: D102
        return self._model.size

    @property
    def shapes(self) -> dict[str, tuple[int, int]]:  # noqa: D102
        return {name: (rows, cols) for name, rows, cols in self._model.blocks()}

    def value(self, parameters: ArrayLike | Blocks) -> float:
        """The value of f at the parameters.

        Parameters
        ----------
        parameters : array_like of shape (size,), or dict of str to array_like

        Returns
        -------
        float
        """
        return self._at(self._flat("parameters", parameters)).value

    @overload
    def gradient(self, parameters: Blocks) -> dict[str, Array]: ...
    @overload
    def gradient(self, parameters: ArrayLike) -> Array: ...
    def gradient(self, parameters: ArrayLike | Blocks) -> Array | dict[str, Array]:
        """The gradient of f at the parameters.

        Parameters
        ----------
        parameters : array_like of shape (size,), or dict of str to array_like

        Returns
        -------
        ndarray of shape (size,), or dict of str to ndarray
        """
        gradient = self._at(self._flat("parameters", parameters)).gradient
        return self._blocks(gradient) if isinstance(parameters, Mapping) else gradient

    @overload
    def hessian_product(self, parameters: Blocks, direction: Blocks) -> dict[str, Array]: ...
    @overload
    def hessian_product(self, parameters: ArrayLike, direction: ArrayLike) -> Array: ...
    def hessian_product(
        self, parameters: ArrayLike | Blocks, direction: ArrayLike | Blocks
    ) -> Array | dict[str, Array]:
        """The exact Hessian of f at the parameters, times a direction or several.

        At the corners of Huber's loss, which have no second derivative, it is that from inside.

        Parameters
        ----------
        parameters : array_like of shape (size,), or dict of str to array_like
        direction : array_like of shape (size,) or (k, size), or dict of str to array_like
            k directions share each pass over A. In a dictionary, blocks have the shapes of those of
            the parameters, or (k, rows, cols).

        Returns
        -------
        ndarray of the shape of `direction`, or dict of str to ndarray
        """
        x = self._flat("parameters", parameters)
        v = self._flat("direction", direction, several=True)
        many = v if v.ndim == 2 else v[None]
        product = self._at(x).hessian_products(many, self._threads).reshape(v.shape)
        return self._blocks(product) if isinstance(direction, Mapping) else product

    def theta(self, parameters: ArrayLike | Blocks) -> Array:
        """Theta at the parameters.

        Parameters
        ----------
        parameters : array_like of shape (size,), or dict of str to array_like

        Returns
        -------
        ndarray of shape (d1, d2)

        Raises
        ------
        MemoryError
            If it would not fit in memory.
        """
        self._require_matrix("theta")
        return self._model.assemble(self._flat("parameters", parameters))

    def theta_derivative(
        self, parameters: ArrayLike | Blocks, direction: ArrayLike | Blocks
    ) -> Array:
        """The derivative of Theta at the parameters along a direction, exactly.

        Parameters
        ----------
        parameters, direction : array_like of shape (size,), or dict of str to array_like

        Returns
        -------
        ndarray of shape (d1, d2)

        Raises
        ------
        MemoryError
            If it would not fit in memory.
        """
        self._require_matrix("theta_derivative")
        x, v = self._flat("parameters", parameters), self._flat("direction", direction)
        return self._model.differential(x, v)

    def theta_gradient(self, parameters: ArrayLike | Blocks) -> Array:
        """G = A*(w)/m with w_i = loss'(r_i): the gradient of (1/m) sum_i loss(r_i) in Theta.

        For Theta = U Uᵀ the gradient of f is G U, for V Wᵀ it is (G W, Gᵀ V).

        Parameters
        ----------
        parameters : array_like of shape (size,), or dict of str to array_like

        Returns
        -------
        ndarray of shape (d1, d2)

        Raises
        ------
        MemoryError
            If it would not fit in memory.
        """
        problem, loss = self.problem, self.problem.native_loss()
        weights = problem.operator.forward(self.theta(parameters), n_threads=self._threads)
        weights -= problem.y
        if loss is not None:
            weights = loss.weight(weights, problem.y)
        return problem.operator.adjoint(weights, n_threads=self._threads) / problem.m

    def _require_matrix(self, name: str) -> None:
        d1, d2 = self.problem.operator.matrix_shape
        require_memory(name, 8 * d1 * d2, f"a {d1} x {d2} matrix")

    def _at(self, x: Array) -> _core.Evaluation:
        """The evaluation at `x`: the last one where `x` is the same."""
        known = self._known
        if known is None or not np.array_equal(known.theta, x):
            known = self._known = self._native.evaluate(x, self._threads)
        return known

    def _flat(self, name: str, given: ArrayLike | Blocks, several: bool = False) -> Array:
        """Parameters, or one or `several` directions, as float64 in the core's order."""
        if not isinstance(given, Mapping):
            stacked = several and np.ndim(given) == 2
            return real_array(name, given, (None, self.size) if stacked else (self.size,))
        shapes = self.shapes
        if given.keys() != shapes.keys():
            raise ValueError(
                f"{name}: expected the blocks {', '.join(shapes)}, got {', '.join(given) or 'none'}"
            )
        stacked = several and all(np.ndim(given[block]) == 3 for block in shapes)
        parts = []
        for block, (rows, cols) in shapes.items():
            expected = (None, rows, cols) if stacked else (rows, cols)
            array = real_array(f"{name}[{block!r}]", given[block], expected)
            parts.append(array.reshape(len(array), -1) if stacked else array.reshape(-1))
        if len({len(part) for part in parts}) > 1 and stacked:
            lengths = ", ".join(str(len(part)) for part in parts)
            raise ValueError(f"{name}: expected as many of each block, got {lengths}")
        return np.concatenate(parts, axis=-1)

    def _blocks(self, flat: Array) -> dict[str, Array]:
        """The last axis cut into blocks."""
        out, begin = {}, 0
        for name, (rows, cols) in self.shapes.items():
            part = flat[..., begin : begin + rows * cols]
            out[name] = part.reshape(*flat.shape[:-1], rows, cols).copy()
            begin += rows * cols
        return out

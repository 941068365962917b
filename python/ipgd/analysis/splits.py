"""An iterate as signal and residual, and how its signal lies to the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.linalg import subspace_angles

from ..parameterizations import AsymmetricFactor, Parameterization
from ..problems import Problem
from .checks import Array, check_truth, one_of
from .norms import norm
from .point import Parameters, Point, point_of
from .regions import Region, RegionName, region_of

_ZERO = 1e-14  # singular values of a signal below it, relative to the largest, are rounding


@dataclass(frozen=True, eq=False)
class Split:
    """A point as signal + residual; the residual is zero in the region.

    Attributes
    ----------
    region : str
        ``column``, ``rank``, ``row``, ``support`` or ``basis``.
    signal, residual : ndarray
        Of V Wᵀ the stacked [V; W], (d1 + d2, k); of deep models and tensors Theta itself; of
        vectors the entries of (u, v) on and off the support, one row each; of ``basis`` the
        coefficients.
    signal_norm, residual_norm : float
        Euclidean (Frobenius) norms, right from 1e-300 to 1e300.
    """

    region: RegionName
    signal: Array
    residual: Array
    signal_norm: float
    residual_norm: float

    @property
    def residual_spectral_norm(self) -> float:
        """The largest singular value of the residual.

        ||U W_perp|| in the region ``row``, sigma_{r+1}(U) in ``rank``. Of vectors and coefficients
        the largest entry in absolute value.
        """
        size = float(np.abs(self.residual).max(initial=0.0))
        if self.region in ("support", "basis") or size == 0:
            return size
        return size * float(np.linalg.norm(self.residual / size, 2))


def split(
    problem: Problem,
    solution: Parameters,
    region: RegionName | None = None,
    *,
    rank: int | None = None,
    parameterization: Parameterization | None = None,
) -> Split:
    r"""Split an iterate by an implicit region M: x = signal + residual, the residual zero in M.

    With Theta* = V S Vᵀ of rank r (L S Rᵀ for V Wᵀ, whose factors are stacked to [V; W]):

    ``column``
        M = {V_perpᵀ U = 0}. The signal is V VᵀU; that of [V; W] is [L LᵀV; R RᵀW]. For deep models
        and tensors the same of Theta: the signal is L Lᵀ Theta R Rᵀ. Its norms are the recorded
        ``signal_norm`` and ``residual_norm``.
    ``rank``
        M = {rank U <= r}. The signal is the nearest matrix of rank r, the residual has the singular
        values sigma_{r+1}, sigma_{r+2}, ...
    ``row``
        M = {U W_perp = 0}. The signal is U W Wᵀ with the r right singular vectors W of VᵀU, or of
        (LᵀV + RᵀW) / sqrt(2).
    ``support``
        M = {u_i = v_i = 0 off the support of Theta*}.
    ``basis``
        M = {beta_i = 0 off the support of beta*}, for a problem with a basis phi_i, where
        beta_i = <phi_i, Theta>.

    Gradient descent on U Uᵀ and on V Wᵀ multiplies from the left, U <- (I - eta M_t) U: it cannot
    leave ``rank`` and ``row`` (with the W of its start), whatever the measurements. ``column`` it
    leaves unless A*A is a multiple of the identity. Off the ``support`` a zero stays a zero.

    Parameters
    ----------
    problem : Problem
        With a truth.
    solution : Solution, or dict of str to array_like
        A solution, or parameters such as those that a callback sees.
    region : str, optional
        Default: ``column`` for matrices and tensors, ``support`` for vectors.
    rank : int, optional
        The r of the region ``rank``. Default: that of the truth.
    parameterization : Parameterization, optional
        The model of parameters whose names do not say it.

    Returns
    -------
    Split

    Raises
    ------
    ValueError
        If the problem has no truth, the model no such region, or the parameters are not of the
        model.
    TypeError
        If an argument is of another kind.

    References
    ----------
    The regions are our reading of Ma, Liang, Fattahi (2025), arXiv 2505.17304, examples 1 to 3.
    ``row`` is the split of Stöger, Soltanolkotabi (2021), arXiv 2106.15013; for V Wᵀ it is that of
    Soltanolkotabi, Stöger, Xie (2023), arXiv 2303.14244.

    Examples
    --------
    >>> import ipgd
    >>> problem = ipgd.matrix_sensing(d=20, rank=2, m=300, rng=0)
    >>> solution = ipgd.solve(problem, rng=0)
    >>> parts = ipgd.analysis.split(problem, solution, "rank")
    >>> bool(parts.residual_norm < 1e-2 * parts.signal_norm)
    True
    """
    found = region_of(point_of(problem, solution, parameterization), region, rank)
    return Split(found.name, found.signal, found.residual, norm(found.signal), norm(found.residual))


def principal_angles(
    problem: Problem,
    solution: Parameters,
    region: Literal["rank", "row"] | None = None,
    *,
    side: Literal["left", "right"] = "left",
    parameterization: Parameterization | None = None,
) -> Array:
    """Angles between the truth's column or row space and that of the iterate's signal.

    Parameters
    ----------
    problem, solution, parameterization
        As in :func:`split`.
    region : {"rank", "row"}, optional
        Whose signal. ``rank`` (the default): the leading r singular vectors, of U, or of Theta.
        ``row``: the columns of U W; the sine of the largest angle is then the
        ||V_perpᵀ V_{U W}|| of Stöger and Soltanolkotabi.
    side : {"left", "right"}
        The column space or the row space. They are the same for U Uᵀ.

    Returns
    -------
    ndarray of shape (r,)
        Radians, largest first; pi/2 for each dimension that the signal lacks. By SciPy, accurate
        for small angles, too.

    Raises
    ------
    ValueError, TypeError
        As in :func:`split`.

    References
    ----------
    Stöger, Soltanolkotabi (2021), arXiv 2106.15013. Knyazev, Argentati (2002), "Principal angles
    between subspaces in an A-based scalar product", SIAM J. Sci. Comput. 23.
    """
    chosen = one_of("region", region or "rank", ("rank", "row"))
    one_of("side", side, ("left", "right"))
    point = point_of(problem, solution, parameterization)
    check_truth(problem, "principal angles")
    truth = problem.truth_bases[side == "right"]
    found = _column_space(_signal_of_side(point, region_of(point, chosen), side))
    angles = np.full(truth.shape[1], np.pi / 2)
    if found.shape[1]:
        known = subspace_angles(truth, found)
        angles[len(angles) - len(known) :] = known[: len(angles)]
    return angles


def _signal_of_side(point: Point, region: Region, side: str) -> Array:
    """The signal whose columns lie in the column or row space of Theta."""
    signal = region.signal
    if isinstance(point.model, AsymmetricFactor):
        d1 = point.problem.operator.matrix_shape[0]
        return signal[:d1] if side == "left" else signal[d1:]
    if set(point.objective.shapes) == {"U"}:
        return signal
    return signal if side == "left" else signal.T


def _column_space(X: Array) -> Array:
    size = np.abs(X).max(initial=0.0)
    if size == 0:
        return np.empty((len(X), 0))
    left, sigma, _ = np.linalg.svd(X / size, full_matrices=False)
    return np.asarray(left[:, sigma > _ZERO * sigma[0]])

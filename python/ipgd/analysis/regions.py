"""Implicit regions: where descent stays low-dimensional, and what leads out of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..parameterizations import (
    AsymmetricFactor,
    CompressedDeep,
    DeepFactor,
    HadamardPower,
    HadamardProduct,
    Parameterization,
    SymmetricFactor,
    SymmetricTensor,
    WeightNormalized,
)
from .checks import Array, check_truth, integer
from .point import Point

RegionName: TypeAlias = Literal["column", "rank", "row", "support", "basis"]

# The regions of each model, its own first.
_REGIONS: dict[type[Parameterization], tuple[RegionName, ...]] = {
    SymmetricFactor: ("column", "rank", "row"),
    AsymmetricFactor: ("column", "rank", "row"),
    DeepFactor: ("column", "rank"),
    CompressedDeep: ("column", "rank"),
    SymmetricTensor: ("column",),
    HadamardPower: ("support",),
    HadamardProduct: ("support",),
    WeightNormalized: ("support",),
}
_ZERO = 1e-10  # coefficients of the truth below it, relative to the largest, are rounding

Change: TypeAlias = Callable[[Array], Array]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Tangent:
    """Orthonormal coordinates of a linear space of directions.

    Attributes
    ----------
    dimension : int
    embed : callable
        Coordinates (dimension,) to a flat direction (size,).
    restrict : callable
        Its adjoint.
    """

    dimension: int
    embed: Change
    restrict: Change


@dataclass(frozen=True, eq=False)
class Region:
    """A region M, seen from a point x = signal + residual, with the residual zero in M.

    Attributes
    ----------
    name : str
    signal, residual : ndarray
        The two parts: of the stacked factors, of Theta, of the entries on and off the support, or
        of the coefficients.
    change : callable
        The derivative of the residual along a flat direction of the parameters.
    tangent : Tangent or None
        The tangent space of M at the signal; None where M is not one of parameters.
    """

    name: RegionName
    signal: Array
    residual: Array
    change: Change
    tangent: Tangent | None = None


def region_of(point: Point, name: str | None = None, rank: int | None = None) -> Region:
    """The region of this name (default: the model's own), seen from the point.

    Raises
    ------
    ValueError
        If the model has no such region, or the problem lacks the truth or the basis it is made of.
    """
    model = type(point.model)
    names: tuple[str, ...] = _REGIONS.get(model, ())
    if point.problem.basis is not None:
        names = (*names, "basis")
    chosen = names[0] if name is None and names else name
    if chosen not in names:
        hint = " (and 'basis' for a problem with one)" if "basis" not in names else ""
        raise ValueError(
            f"region: expected one of {', '.join(map(repr, names))} for {model.__name__}{hint}, "
            f"got {name!r}"
        )
    if rank is not None:
        rank = integer("rank", rank, 1)
        if chosen != "rank":
            raise ValueError(f"rank: expected None for region {chosen!r}, got {rank}")
    else:
        check_truth(point.problem, f"region {chosen!r}")
        rank = point.problem.truth_bases[0].shape[1]
    if chosen == "basis":
        return _basis(point)
    if chosen == "support":
        return _support(point)
    if model in (SymmetricFactor, AsymmetricFactor):
        made = {"column": _column, "row": _row, "rank": _rank}[chosen]
        return made(point, rank)
    return _column_of_theta(point) if chosen == "column" else _rank_of_theta(point, rank)


def _stacked_basis(point: Point) -> tuple[Array, Array]:
    """Of the factors' rows: an orthonormal basis of their signal's columns, and of Z's columns.

    For U the first is V (d, r) and so is the second. For Z = [V; W] the first is
    blockdiag(L, R), of 2r columns, and the second [L; R] / sqrt(2), of r.
    """
    left, right = point.problem.truth_bases
    if isinstance(point.model, SymmetricFactor):
        return left, left
    (d1, r), d2 = left.shape, len(right)
    both = np.zeros((d1 + d2, 2 * r))
    both[:d1, :r], both[d1:, r:] = left, right
    return both, np.vstack([left, right]) / math.sqrt(2)


def _column(point: Point, _rank: int) -> Region:
    """M = {V_perpᵀ U = 0}: the signal is V VᵀU."""
    k = point.columns
    Q, _ = _stacked_basis(point)

    def outside(flat: Array) -> Array:
        Z = flat.reshape(-1, k)
        return Z - Q @ (Q.T @ Z)

    Z = point.flat.reshape(-1, k)
    tangent = Tangent(
        Q.shape[1] * k,
        lambda c: (Q @ c.reshape(-1, k)).reshape(-1),
        lambda v: (Q.T @ v.reshape(-1, k)).reshape(-1),
    )
    return Region("column", Q @ (Q.T @ Z), outside(point.flat), outside, tangent)


def _row(point: Point, _rank: int) -> Region:
    """M = {U W_perp = 0}, W the right singular vectors of V_Xᵀ U: the signal is U W Wᵀ."""
    k = point.columns
    Z = point.flat.reshape(-1, k)
    _, B = _stacked_basis(point)
    right = np.linalg.svd(B.T @ Z)[2]
    W, W_perp = right[: B.shape[1]], right[B.shape[1] :]  # rows; none outside where k <= r

    def outside(flat: Array) -> Array:
        found: Array = flat.reshape(-1, k) @ W_perp.T @ W_perp
        return found

    tangent = Tangent(
        len(Z) * len(W),
        lambda c: (c.reshape(-1, len(W)) @ W).reshape(-1),
        lambda v: (v.reshape(-1, k) @ W.T).reshape(-1),
    )
    return Region("row", (Z @ W.T) @ W, outside(point.flat), outside, tangent)


def _rank(point: Point, rank: int) -> Region:
    """M = {rank U <= r}: the signal is the nearest matrix of rank r."""
    k = point.columns
    Z = point.flat.reshape(-1, k)
    n, r = len(Z), min(rank, *Z.shape)
    left, sigma, right = np.linalg.svd(Z)
    Q, rest, P, P_perp = left[:, :r], left[:, r:], right[:r], right[r:]
    tail = slice(r, len(sigma))

    def outside(flat: Array) -> Array:
        found: Array = rest @ (rest.T @ flat.reshape(-1, k) @ P_perp.T) @ P_perp
        return found

    # The tangent space at Q S P is {Q A + rest B P}.
    def embed(c: Array) -> Array:
        A, B = c[: r * k].reshape(r, k), c[r * k :].reshape(n - r, r)
        found: Array = (Q @ A + rest @ (B @ P)).reshape(-1)
        return found

    def restrict(v: Array) -> Array:
        X = v.reshape(-1, k)
        return np.concatenate([(Q.T @ X).reshape(-1), (rest.T @ X @ P.T).reshape(-1)])

    return Region(
        "rank",
        (Q * sigma[:r]) @ P,
        (left[:, tail] * sigma[tail]) @ right[tail],
        outside,
        Tangent(r * k + (n - r) * r, embed, restrict),
    )


def _column_of_theta(point: Point) -> Region:
    """Of models whose factors have no common columns: inside and outside in Theta itself."""
    L, R = point.problem.truth_bases

    def inside(X: Array) -> Array:
        return L @ (L.T @ X @ R) @ R.T

    def change(flat: Array) -> Array:
        slope = point.objective.theta_derivative(point.flat, flat)
        return slope - inside(slope)

    theta = point.objective.theta(point.flat)
    signal = inside(theta)
    return Region("column", signal, theta - signal, change)


def _rank_of_theta(point: Point, rank: int) -> Region:
    left, sigma, right = np.linalg.svd(point.objective.theta(point.flat))
    rest, P_perp, tail = left[:, rank:], right[rank:], slice(rank, len(sigma))

    def change(flat: Array) -> Array:
        slope = point.objective.theta_derivative(point.flat, flat)
        found: Array = rest @ (rest.T @ slope @ P_perp.T) @ P_perp
        return found

    signal = (left[:, :rank] * sigma[:rank]) @ right[:rank]
    return Region("rank", signal, (left[:, tail] * sigma[tail]) @ right[tail], change)


def _support(point: Point) -> Region:
    """M = {u_i = v_i = 0 off the support of Theta*}."""
    truth = point.problem.truth_matrix()
    on = truth[:, 0] != 0
    if isinstance(point.model, WeightNormalized):
        return _support_of_weights(point, point.model, on)
    d = len(on)
    Z = point.flat.reshape(2, d)
    return Region(
        "support",
        Z[:, on],
        Z[:, ~on],
        lambda flat: flat.reshape(2, d)[:, ~on],
        _coordinates(np.concatenate([on, on])),
    )


def _support_of_weights(point: Point, model: WeightNormalized, on: Mask) -> Region:
    """The same of w = length v / ||v||, with length = g / sqrt(rho)."""
    root = math.sqrt(model.step_ratio)
    g, v = _lengths_and_directions(point.flat)
    size = np.linalg.norm(v, axis=1, keepdims=True)
    unit = v / size
    w = g / root * unit

    def change(flat: Array) -> Array:
        dg, dv = _lengths_and_directions(flat)
        radial = (dv * unit).sum(axis=1, keepdims=True)
        dw = (dg * unit + g / size * (dv - radial * unit)) / root
        off: Array = dw[:, ~on]
        return off

    free = np.concatenate([[True], on, [True], on])
    return Region("support", w[:, on], w[:, ~on], change, _coordinates(free))


def _lengths_and_directions(flat: Array) -> tuple[Array, Array]:
    """G (2, 1) and v (2, d) of (g_plus, v_plus, g_minus, v_minus)."""
    both = flat.reshape(2, -1)
    return both[:, :1], both[:, 1:]


def _coordinates(free: Mask) -> Tangent:
    """The directions along some of the parameters."""
    indices = np.flatnonzero(free)

    def embed(c: Array) -> Array:
        out = np.zeros(len(free))
        out[indices] = c
        return out

    return Tangent(len(indices), embed, lambda v: v[indices])


def _basis(point: Point) -> Region:
    """M = {beta_i = 0 off the support of beta*}, beta_i = <phi_i, Theta>."""
    problem = point.problem
    assert problem.basis is not None
    functions = problem.basis.reshape(len(problem.basis), -1)
    known = functions @ problem.truth_matrix().reshape(-1)
    on = np.abs(known) > _ZERO * np.abs(known).max()
    beta = functions @ point.objective.theta(point.flat).reshape(-1)

    def change(flat: Array) -> Array:
        slope = point.objective.theta_derivative(point.flat, flat)
        found: Array = functions[~on] @ slope.reshape(-1)
        return found

    return Region("basis", beta[on], beta[~on], change)

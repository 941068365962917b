"""Balance and coupling of the factors of a product."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np

from .. import AsymmetricFactor, DeepFactor, Objective, Problem
from .checks import Array, check_problem, check_rank, number
from .recorded import product_of

_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class BalanceStep:
    """How the imbalance of neighbouring factors changed in a step, and by how much it had to.

    Attributes
    ----------
    imbalance : list of ndarray
        Of every two neighbours before the step: [VᵀV - WᵀW], or W_{j+1}ᵀ W_{j+1} - W_j W_jᵀ.
    change : list of ndarray
        Measured.
    predicted : list of ndarray
        eta^2 (g_{j+1}ᵀ g_{j+1} - g_j g_jᵀ), g_j the gradient in W_j; for V Wᵀ it is
        eta^2 (WᵀGᵀGW - VᵀGGᵀV) with G = A*(r)/m.
    defect : float
        The largest entry of change - predicted, in units of rounding: divided by
        2^-52 (||V||_F^2 + ||W||_F^2), the same of two layers.
    """

    imbalance: list[Array] = field(repr=False)
    change: list[Array] = field(repr=False)
    predicted: list[Array] = field(repr=False)
    defect: float


def balance_step(
    problem: Problem,
    before: dict[str, Array],
    after: dict[str, Array],
    step_size: float,
) -> BalanceStep:
    """Compare the change of the imbalance in a step of gradient descent with the exact identity.

        (VᵀV - WᵀW)_+ = (VᵀV - WᵀW) + eta^2 (WᵀGᵀGW - VᵀGGᵀV)

    The terms of first order cancel, so that the imbalance drifts by O(eta^2) in a step: descent
    keeps balanced factors nearly balanced. Deep products have the same identity for every two
    layers (ours; Arora, Cohen, Hazan 2018 have it for the flow).

    Parameters
    ----------
    problem : Problem
    before, after : dict of str to ndarray
        The parameters of V Wᵀ or W_N ... W_1 before and after one step.
    step_size : float
        eta.

    Returns
    -------
    BalanceStep

    Raises
    ------
    TypeError, ValueError
        If these are not two iterates of such a product.

    References
    ----------
    Soltanolkotabi, Stöger, Xie (2023), arXiv 2303.14244.
    """
    eta = number("step_size", step_size, positive=True)
    old, new = _layers("before", before), _layers("after", after)
    if [layer.shape for layer in new] != [layer.shape for layer in old]:
        raise ValueError(
            f"after: expected blocks of shapes {[layer.shape for layer in old]}, got "
            f"{[layer.shape for layer in new]}"
        )
    if "V" in before:
        model: AsymmetricFactor | DeepFactor = AsymmetricFactor(before["V"].shape[1])
    else:
        model = DeepFactor(len(old), tuple(len(layer) for layer in old[:-1]))
    slopes = _layers("before", Objective(check_problem(problem), model).gradient(before))
    imbalance = _imbalances(old)
    change = [b - a for a, b in zip(imbalance, _imbalances(new), strict=True)]
    predicted = [eta**2 * part for part in _imbalances(slopes)]
    sizes = [float(np.vdot(layer, layer)) for layer in old]
    defects = [
        _largest(c - p) / (_EPSILON * (sizes[j] + sizes[j + 1]))
        for j, (c, p) in enumerate(zip(change, predicted, strict=True))
    ]
    return BalanceStep(imbalance, change, predicted, max(defects))


def coupling(parameters: dict[str, Array], rank: int) -> float:
    """How far the leading right singular spaces of V and W are apart, as the sine of an angle.

    0 when V = Q_1 S Z and W = Q_2 S' Z share the r rows of Z: the factors are then coupled, as
    those of a balanced Theta = V Wᵀ are, and descent moves them together. 1 when some direction
    that V uses is unknown to W. The measure is ours.

    Parameters
    ----------
    parameters : dict of str to ndarray
        ``{"V": (d1, k), "W": (d2, k)}``.
    rank : int
        r, from 1 to k.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If these are not the blocks of V Wᵀ, or r makes no sense.
    """
    if parameters.keys() != {"V", "W"}:
        raise ValueError(
            f"parameters: expected the blocks V and W, got {', '.join(parameters) or 'none'}"
        )
    k = parameters["V"].shape[1]
    r = check_rank(rank, (min(len(parameters["V"]), k), min(len(parameters["W"]), k)))
    spaces = [np.linalg.svd(parameters[name], full_matrices=False)[2][:r] for name in ("V", "W")]
    # The sine of the largest angle is the part of one space outside the other.
    outside = spaces[0] - (spaces[0] @ spaces[1].T) @ spaces[1]
    return min(1.0, float(np.linalg.norm(outside, 2)))


def _layers(name: str, parameters: dict[str, Array]) -> list[Array]:
    """W_1, ..., W_N of a product; Wᵀ and V of V Wᵀ."""
    try:
        _, depth = product_of(parameters)
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{name}: {error}") from None
    if "U" in parameters:
        raise ValueError(f"{name}: expected the blocks of V Wᵀ or W_N ... W_1, got U")
    if "V" in parameters:
        return [parameters["W"].T, parameters["V"]]
    return [parameters[f"W{j}"] for j in range(1, depth + 1)]


def _largest(matrix: Array) -> float:
    """The size of the largest entry."""
    return float(np.abs(matrix).max())


def _imbalances(layers: list[Array]) -> list[Array]:
    """W_{j+1}ᵀ W_{j+1} - W_j W_jᵀ of every two neighbours."""
    return [b.T @ b - a @ a.T for a, b in itertools.pairwise(layers)]

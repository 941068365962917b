"""Gradient descent in the metric of the factors: ScaledGD and its relatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from .. import _core
from .._support.validate import number
from .base import Algorithm, Auto, Setting, check_auto

DampingLike: TypeAlias = float | Literal["loss"]


def auto_scaled_step_size(setting: Setting) -> float:
    """The rule behind ``step_size="auto"`` of the scaled methods: eta = 1/2, or less.

    The step of a scaled method has no unit, so 1/2, the papers' choice, holds for every problem
    whose operator is normalised, E <A_i, Theta>^2 = ||Theta||_F^2. If every A_i is s times that,
    the gradient is s^2 times as large, and eta = 1 / (2 s^2) with an estimate of s^2
    (:meth:`ipgd.Problem.gain`); one between 1/2 and 2 counts as 1.

    Sampled entries are normalised in the mean over the matrix. Popular rows see more: in the metric
    WᵀW the Hessian of row i of V is d1 d2 / m sum_{j seen in row i} w_j w_jᵀ (WᵀW)^{-1}, about
    G_i = n_i d1 d2 / (m d2') for n_i entries in d2' columns of like size, and the same for W. Steps
    are stable below 2 / G for the largest of these (:attr:`Setting.line_gain`), so eta is
    multiplied by 2 / G where G > 2; uniform sampling has G < 2, and keeps 1/2. (Both rules are
    ours.)
    """
    eta = 0.5 if 0.5 <= setting.gain <= 2 else 0.5 / setting.gain
    return eta * min(1.0, 2 / setting.line_gain)


def _resolve(step_size: Auto, setting: Setting) -> float:
    return auto_scaled_step_size(setting) if step_size == "auto" else float(step_size)


@dataclass(frozen=True)
class ScaledGD(Algorithm):
    """Scaled gradient descent: the gradient of each factor divided by a Gram matrix.

    Theta = U Uᵀ:  U <- U - eta grad_U (UᵀU + lambda I)^{-1}
    Theta = V Wᵀ:  V <- V - eta grad_V (WᵀW + lambda I)^{-1},
                   W <- W - eta grad_W (VᵀV + lambda I)^{-1}

    The number of iterations does not depend on the condition number of Theta*, where that of
    gradient descent grows in proportion to it.

    Parameters
    ----------
    step_size : float or "auto"
        eta > 0. "auto" is 1/2, and less where popular rows or columns of sampled entries ask for
        it (:func:`ipgd.algorithms.scaled.auto_scaled_step_size`).
    damping : float or "loss"
        lambda >= 0. "loss", the default, is lambda_t = sqrt(f_t) (PrecGD), from any init and, where
        the measurements determine Theta* well (Gaussian ones), for any search rank. lambda > 0, of
        the size of the smallest singular value of Theta*, is ScaledGD(lambda) for a search rank
        that may be too large, from a small init. 0 is ScaledGD for the exact rank, from a spectral
        init: from a small one the first step is about as many times too long as the init is too
        small, and the run mostly diverges. A Gram matrix that is singular ends the run with status
        ``singular``.

    Notes
    -----
    Near Theta* the rate is the same for every condition number. The error of a spectral init is
    not: noise hides the small singular values.

    A search rank that is too large costs accuracy, because the metric speeds up the small
    directions, too. With few measurements or few entries such a run does not recover Theta*, and
    its iterates may grow without bound: a step of 1/2 is too large for measurements that are far
    from isotropic on matrices of full rank. Its status is then ``max_iter`` or ``diverged``, and
    its message says what to change; :class:`GD` recovers Theta*. docs/measured.md and
    docs/automatic-steps.md have the figures.

    References
    ----------
    Tong, Ma, Chi (2021), "Accelerating ill-conditioned low-rank matrix estimation via scaled
    gradient descent", arXiv 2005.08898. Xu, Shen, Chi, Ma (2023), "The power of preconditioning in
    overparameterized low-rank matrix sensing", arXiv 2302.01186. Zhang, Fattahi, Zhang (2021),
    "Preconditioned gradient descent for over-parameterized nonconvex matrix factorization",
    arXiv 2504.09708.
    """

    step_size: Auto = "auto"
    damping: DampingLike = "loss"
    perturbed = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", check_auto("step_size", self.step_size))
        damping = self.damping
        if isinstance(damping, str) and damping != "loss":
            raise ValueError(f"damping: expected a number >= 0 or 'loss', got {damping!r}")
        if not isinstance(damping, str):
            object.__setattr__(self, "damping", number("damping", damping, positive=False))

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        from_loss = self.damping == "loss"
        return _core.scaled_gradient_descent(
            step_size=_resolve(self.step_size, setting),
            damping=0.0 if from_loss else float(self.damping),
            from_loss=from_loss,
        )

    def further_settings(self) -> dict[str, Any]:  # noqa: D102
        return {"damping": self.damping}


@dataclass(frozen=True)
class AltScaledGD(Algorithm):
    """Alternating scaled gradient descent, for Theta = V Wᵀ.

    V_+ = V - eta G(V, W) W (WᵀW)^+, then W_+ = W - eta G(V_+, W)ᵀ V_+ (V_+ᵀ V_+)^+ with the
    pseudo-inverse and the gradient at the new V: two evaluations of f an iteration and no damping.
    For the exact search rank or a little more. With many more columns the pseudo-inverse makes the
    small directions of a factor as fast as the large ones, and the run may fit y without finding
    Theta*, with ``success``.

    Parameters
    ----------
    step_size : float or "auto"
        eta > 0. "auto": 1/2, as in :class:`ScaledGD`.

    Notes
    -----
    docs/measured.md has recovery errors for search ranks that are too large.

    References
    ----------
    Jia, Wang, Peng, Feng, Meng (2023), "Preconditioning matters: fast global convergence of
    non-convex matrix factorization via scaled gradient descent", NeurIPS 2023.
    """

    step_size: Auto = "auto"
    perturbed = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", check_auto("step_size", self.step_size))

    def compose(self, setting: Setting) -> _core.Algorithm:  # noqa: D102
        return _core.alternating_scaled_gradient_descent(_resolve(self.step_size, setting))

"""Nuclear-norm minimisation with a certificate."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg, lsmr

from .. import Problem, Solution
from .._support.progress import Progress
from .._support.validate import number
from .checks import check_budget, check_penalty, check_problem
from .projected import curvature
from .report import Report, reporting
from .spectral import Array, dual_norm, nuclear, shrink

_CHECK_EVERY = 10  # iterations between duality gaps, each of which takes two spectra
_CG_TOLERANCE = 1e-12
_EXACT = 1e-8  # of ||y||: a residual below this is rounding
_BEST = (0, 2, 5)  # how lsmr says that this is the least residual
_BALANCE = 10.0  # of primal and dual residual, before the penalty of the splitting is changed


def nuclear_norm(
    problem: Problem,
    penalty: float | None = None,
    *,
    psd: bool = False,
    tolerance: float = 1e-6,
    max_iter: int = 5000,
    record_every: int = 10,
    progress: bool | Progress = False,
    n_threads: int | None = None,
) -> Solution:
    """The matrix of least nuclear norm that explains y, or trades it for the residual.

    penalty=None:  min ||X||_*  subject to A(X) = y, by the alternating direction method of
    multipliers: X is shrunk, Z projected on A(Z) = y (conjugate gradients on AA*).
    penalty > 0:   min 1/(2m) ||A(X) - y||^2 + penalty ||X||_*, by the accelerated proximal gradient
    method with restarts.

    Every answer comes with a certificate. With u feasible for the dual problem (max <y, u> subject
    to ||A*(u)||_2 <= 1, or max <y, u> - m/2 ||u||^2 subject to ||A*(u)||_2 <= penalty) the duality
    gap, primal minus dual objective, is at least the distance to the optimum. It is recorded as
    ``gap``, relative to the primal objective.

    Parameters
    ----------
    problem : Problem
    penalty : float, optional
        For noisy measurements; of the size of ||A*(noise)/m||_2.
    psd : bool
        Over positive semidefinite matrices, where the nuclear norm is the trace.
    tolerance : float
        Stop when the relative gap is at most this.
    max_iter : int
    record_every : int
        A multiple of 10 iterations; rounded up.
    progress : bool or callable
        As in :func:`ipgd.solve`.
    n_threads : int, optional

    Returns
    -------
    Solution
        With ``parameters = {"Theta": ...}``; status ``duality_gap`` or ``max_iter``. ``loss``,
        ``train_error``, ``objective``, ``gap`` and, with a truth, ``test_error`` are recorded;
        ``settings["algorithm"]`` has the final ``objective`` and ``gap``.

    Raises
    ------
    ValueError
        If a setting makes no sense, or there is no penalty and no matrix explains y exactly, as for
        noisy measurements of which there are more than entries of X.
    SolveInterrupted
        On Ctrl-C; its ``solution`` holds the last iterate whose gap was computed.

    References
    ----------
    Recht, Fazel, Parrilo (2010), "Guaranteed minimum-rank solutions of linear matrix equations via
    nuclear norm minimization", arXiv 0706.4138. Toh, Yun (2010), "An accelerated proximal gradient
    algorithm for nuclear norm regularized linear least squares problems". Boyd et al. (2011),
    "Distributed optimization and statistical learning via the alternating direction method of
    multipliers".
    """
    check_problem(problem)
    check_budget(max_iter, record_every, n_threads, progress)
    penalty = check_penalty(penalty)
    tolerance = number("tolerance", tolerance, positive=True)
    d1, d2 = problem.operator.matrix_shape
    if psd and d1 != d2:
        raise ValueError(f"psd: expected False for {d1} x {d2} matrices, got True")
    rounded = -(-record_every // _CHECK_EVERY) * _CHECK_EVERY
    algorithm = {"name": "nuclear_norm", "penalty": penalty, "psd": psd}
    with reporting(problem, rounded, max_iter, progress, algorithm) as report:
        solver = _Solver(problem, psd, tolerance, max_iter, report, n_threads)
        return solver.constrained() if penalty is None else solver.penalised(penalty)


class _Solver:
    def __init__(
        self,
        problem: Problem,
        psd: bool,
        tolerance: float,
        max_iter: int,
        report: Report,
        n_threads: int | None,
    ) -> None:
        self.y, self.m, self.operator = problem.y, problem.m, problem.operator
        self.problem, self.psd, self.report = problem, psd, report
        self.tolerance, self.max_iter, self.n_threads = tolerance, max_iter, n_threads
        self.kind = (problem.operator.symmetric, psd)

    def forward(self, X: Array) -> Array:
        return self.operator.forward(X, n_threads=self.n_threads)

    def adjoint(self, r: Array) -> Array:
        G = self.operator.adjoint(r, n_threads=self.n_threads)
        return (G + G.T) / 2 if self.psd else G

    def penalised(self, penalty: float) -> Solution:
        """FISTA with the restart of O'Donoghue and Candes, step 1/L."""
        y, m = self.y, self.m
        eta = 0.99 / (1.02 * curvature(self.problem) or 1.0)  # the estimate is from below
        X = ahead = np.zeros(self.operator.matrix_shape)
        momentum, norm, t = 1.0, 0.0, 0
        while True:
            if t % _CHECK_EVERY == 0 or t >= self.max_iter:
                r = self.forward(X) - y
                G = self.adjoint(r)
                objective = float(r @ r) / (2 * m) + penalty * norm
                # u = -s r / m with the best s that makes it feasible
                worst = dual_norm(-G / m, *self.kind)
                s = max(0.0, -float(r @ y) / (float(r @ r) or 1.0))
                s = min(s, penalty / worst) if worst > 0 else s
                dual = -s * float(r @ y) / m - s * s * float(r @ r) / (2 * m)
                status = self._checked(t, X, r, objective, dual)
                if status is not None:
                    break
            before = X
            gradient = self.adjoint(self.forward(ahead) - y) / m
            X, norm = shrink(ahead - eta * gradient, eta * penalty, *self.kind)
            if np.vdot(ahead - X, X - before) > 0:
                momentum = 1.0
            following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
            ahead = X + (momentum - 1) / following * (X - before)
            momentum, t = following, t + 1
        return self.report.solution(X, r, G, status=status, nit=t)

    def constrained(self) -> Solution:
        """ADMM on ||X||_* + [A(Z) = y], X = Z, with the scaled multiplier W."""
        Z = self._least_squares()
        W, rho = np.zeros_like(Z), 1 / (float(np.linalg.norm(Z, 2)) or 1.0)
        v, t = np.zeros(self.m), 0
        while True:
            if t % _CHECK_EVERY == 0 or t >= self.max_iter:
                r = self.forward(Z) - self.y
                objective, outside = nuclear(Z, *self.kind)
                left = self.report.train_error(r)
                outside = max(outside, left if left > _EXACT else 0.0)
                # W = -A*(v) and -rho W is nearly a subgradient of the nuclear norm: u = rho v
                worst = dual_norm(-rho * W, *self.kind)
                dual = rho * float(self.y @ v) / max(1.0, worst)
                status = self._checked(t, Z, r, objective, dual, outside)
                if status is not None:
                    break
            X, _ = shrink(Z - W, 1 / rho, *self.kind)
            v = self._solve(self.y - self.forward(X + W), v)
            before, back = Z, self.adjoint(v)
            Z, W = X + W + back, -back
            primal = float(np.linalg.norm(X - Z))
            dual_change = float(np.linalg.norm(Z - before))
            if t % _CHECK_EVERY == 0:
                factor = 2.0 if primal > _BALANCE * dual_change else 1.0
                factor = 0.5 if dual_change > _BALANCE * primal else factor
                rho, W, v = rho * factor, W / factor, v / factor
            t += 1
        return self.report.solution(Z, r, self.adjoint(r), status=status, nit=t)

    def _least_squares(self) -> Array:
        """The solution of A(Z) = y of least Frobenius norm."""
        shape = self.operator.matrix_shape
        A = LinearOperator(
            self.operator.shape,
            matvec=lambda x: self.forward(x.reshape(shape)),
            rmatvec=lambda r: self.adjoint(r).reshape(-1),
            dtype=np.float64,
        )
        steps = 10 * min(self.operator.shape)
        x, stop, *_ = lsmr(A, self.y, atol=_CG_TOLERANCE, btol=_CG_TOLERANCE, maxiter=steps)
        Z: Array = x.reshape(shape)
        left = self.report.train_error(self.forward(Z) - self.y)
        if stop in _BEST and left > _EXACT:
            raise ValueError(
                "penalty: expected a positive number where no matrix explains y exactly (the best "
                f"one leaves {left:.3g} of its norm), got None"
            )
        return Z

    def _solve(self, b: Array, guess: Array) -> Array:
        """(AA*)^{-1} b by conjugate gradients, from a first guess."""
        AA = LinearOperator(
            (self.m, self.m), matvec=lambda u: self.forward(self.adjoint(u)), dtype=np.float64
        )
        return cg(AA, b, x0=guess, rtol=_CG_TOLERANCE, atol=0.0, maxiter=10 * self.m)[0]

    def _checked(
        self, t: int, X: Array, r: Array, objective: float, dual: float, outside: float = 0.0
    ) -> str | None:
        """Record objective and gap; the status when it is time to stop."""
        gap = (objective - dual) / objective if objective > 0 else 0.0
        gap = max(gap, outside)
        status = "duality_gap" if gap <= self.tolerance else None
        if status is None and t >= self.max_iter:
            status = "max_iter"
        certificate = {"objective": objective, "gap": gap}
        self.report.algorithm |= certificate
        self.report.record(t, X, r, last=status is not None, **certificate)
        return status

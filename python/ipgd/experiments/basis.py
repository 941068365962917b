"""Basis functions: gradient descent learns f = sum_i beta_i phi_i one beta_i at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import ipgd
from ipgd.operators import Dense, DenseSymmetric, Entries, Operator

from .command import picture_options, picture_parser

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..parameterizations import Parameterization

_Array = NDArray[np.float64]


@dataclass(frozen=True)
class Instance:
    """A truth sum_i sigma_i phi_i that is fully observed, and all functions phi_i of its kind.

    f = 1/2 ||Theta - Theta*||^2 (1/4 for U Uᵀ).
    """

    name: str
    problem: ipgd.Problem
    model: Parameterization
    scale: float
    step_size: float
    max_iter: int

    def solve(self, init: ipgd.init.Init | None = None) -> ipgd.Solution:
        """Descend, from a Gaussian start by default, and record the beta_i."""
        return ipgd.solve(
            self.problem,
            ipgd.GD(self.step_size),
            parameterization=self.model,
            init=init or ipgd.init.gaussian(self.scale),
            record=("coefficients", "test_error"),
            stop=ipgd.Stop(relative_loss=0),
            max_iter=self.max_iter,
            record_every=max(1, self.max_iter // 2000),
            gram=False,
            rng=0,
        )


def _instance(operator: Operator, truth: _Array, basis: _Array) -> ipgd.Problem:
    return ipgd.Problem(operator, operator.forward(truth), truth, basis)


def symmetric(d: int = 20, values: Sequence[float] = (10, 5, 3, 1)) -> Instance:
    """U Uᵀ with phi_i = e_i e_iᵀ, i = 1, ..., d."""
    pairs = list(combinations_with_replacement(range(d), 2))
    A = np.zeros((len(pairs), d, d))
    for matrix, (a, b) in zip(A, pairs, strict=True):
        matrix[a, b] = matrix[b, a] = np.sqrt(len(pairs) / (1 + (a != b)))
    basis = np.einsum("ia,ib->iab", np.eye(d), np.eye(d))
    truth = np.einsum("i,iab->ab", values, basis[: len(values)])
    problem = _instance(DenseSymmetric(A), truth, basis)
    return Instance("U Uᵀ", problem, ipgd.SymmetricFactor(d), 5e-7, 0.04, 500)


def asymmetric(d1: int = 20, d2: int = 30, values: Sequence[float] = (10, 5, 1)) -> Instance:
    """V Wᵀ with phi_i = e_i e_iᵀ, i = 1, ..., min(d1, d2)."""
    n = min(d1, d2)
    A = np.sqrt(d1 * d2) * np.eye(d1 * d2).reshape(-1, d1, d2)
    basis = np.einsum("ia,ib->iab", np.eye(n, d1), np.eye(n, d2))
    truth = np.einsum("i,iab->ab", values, basis[: len(values)])
    problem = _instance(Dense(A), truth, basis)
    return Instance("V Wᵀ", problem, ipgd.AsymmetricFactor(n), 5e-3, 0.08, 1000)


def tensor(
    d: int = 10,
    values: Sequence[float] = (10, 5, 3, 1),
    max_iter: int = 100_000,
    scale: float = 0.07,
) -> Instance:
    """Sums of u ⊗ u ⊗ u ⊗ u with phi_i = e_i ⊗ e_i ⊗ e_i ⊗ e_i, i = 1, ..., d.

    The error that a start leaves off the support falls like scale^4: 1.2e-3, 1.9e-5 and 1.2e-6
    from scales of 0.3, 0.1 and 0.05. The time grows like scale^-2.
    """
    order = 4
    places = np.arange(d**order)
    operator, _ = Entries.in_core_order(places, np.zeros_like(places), (d**order, 1))
    diagonal = [np.ravel_multi_index((i,) * order, (d,) * order) for i in range(d)]
    basis = np.zeros((d, d**order, 1))
    basis[np.arange(d), diagonal] = 1
    truth = np.einsum("i,iab->ab", values, basis[: len(values)])
    problem = _instance(operator, truth, basis)
    model = ipgd.SymmetricTensor(order, d)
    return Instance("u ⊗ u ⊗ u ⊗ u", problem, model, scale, 2e-3, max_iter)


def picture(instances: Sequence[Instance], solutions: Sequence[ipgd.Solution]) -> Figure:
    """The beta_i over time: those of the truth in colour, the others in grey."""
    figure, axes = ipgd.plots.new_figure(1, len(instances))
    for ax, instance, solution in zip(axes[0], instances, solutions, strict=True):
        betas = np.abs(solution.history["coefficients"])
        assert instance.problem.truth is not None
        rank = np.count_nonzero(instance.problem.truth)
        time = solution.history["iteration"]
        for i in range(rank):
            ax.semilogy(time, betas[:, i], label=f"β{i + 1}")
        off = np.maximum(betas[:, rank:], 1e-30)
        lines = ax.semilogy(time, off, color="silver", linewidth=0.8)
        if lines:
            lines[0].set_label("off the support")
        settled = np.abs(betas[:, :rank] / betas[-1, :rank] - 1).max(axis=1) < 0.01
        ax.set_xlim(0, max(1, min(time[-1], 1.3 * time[np.argmax(settled)])))
        ax.set_title(instance.name)
        ax.set_xlabel("iteration")
    axes[0, 0].set_ylabel("coefficient |β|")
    longest = max((ax.get_legend_handles_labels() for ax in axes[0]), key=lambda both: len(both[1]))
    figure.legend(*longest, fontsize="small", loc="outside right center")
    return figure


def main(arguments: Sequence[str] | None = None, instances: Sequence[Instance] = ()) -> None:
    """Solve the three instances, print where the beta_i end, and draw."""
    output: Path = picture_options(picture_parser(__doc__), arguments).output
    chosen = instances or (symmetric(), asymmetric(), tensor())
    solutions = [instance.solve() for instance in chosen]
    for instance, solution in zip(chosen, solutions, strict=True):
        last = solution.history["coefficients"][-1]
        error = solution.history["test_error"][-1]
        print(f"{instance.name}: error {error:.1e}, beta", *(f"{beta:.3g}" for beta in last))
    ipgd.plots.save(picture(chosen, solutions), output)


if __name__ == "__main__":
    main()

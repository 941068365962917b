"""The constants of Algorithm 2 of Jin et al. for U Uᵀ, and how long it takes with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import ipgd

from ..claims import Claim, at_least, at_most
from ..figure import Data, Figure, Paper
from ..measures import Array, line
from ..progress import Track

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture


@dataclass(frozen=True)
class Setting:
    """f = 1/4 ||U Uᵀ - Theta*||^2, all of Theta* seen, its eigenvalues 1; PGD from U = 0."""

    d: int = 10
    rank: int = 2
    search_rank: int = 3
    gammas: tuple[float, ...] = (1.0, 1.5, 2.0, 3.0, 4.0)
    points: int = 20
    gamma: float = 1.5
    escape_curvatures: tuple[float, ...] = (0.8, 0.4, 0.2, 0.1, 0.05)
    failure_probability: float = 0.1
    max_iter: int = 200_000
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def full_observation(setting: Setting, seed: int) -> ipgd.Problem:
    """A random projection of rank r, seen through an orthonormal basis, so that A*A/m = 1."""
    rows, columns = np.triu_indices(setting.d)
    A = np.zeros((len(rows), setting.d, setting.d))
    entry = np.sqrt(len(rows) / np.where(rows == columns, 1, 2))
    A[range(len(rows)), rows, columns] = A[range(len(rows)), columns, rows] = entry
    columns_of_truth = np.random.default_rng(seed).standard_normal((setting.d, setting.rank))
    Q = np.linalg.qr(columns_of_truth)[0]
    operator = ipgd.operators.DenseSymmetric(A)
    return ipgd.Problem(operator, operator.forward(Q @ Q.T), Q @ Q.T)


def constants(problem: ipgd.Problem, setting: Setting, seed: int) -> Array:
    """The l and rho met at points with ||U||^2 = Gamma and near them; shape (gammas, 2).

    Half of the points are of rank one, where both are largest.
    """
    random = np.random.default_rng(seed)
    shape = (setting.d, setting.search_rank)
    found = []
    for gamma in setting.gammas:
        points = []
        for k in range(setting.points):
            U = random.standard_normal(shape)
            if k % 2:
                U[:, 1:] = 0
            U *= np.sqrt(gamma) / np.linalg.norm(U, 2)
            points += [{"U": U}, {"U": 0.999 * U}]
        measured = ipgd.analysis.lipschitz_constants(problem, points)
        found.append((measured.smoothness, measured.hessian_lipschitz))
    return np.array(found)


def run(setting: Setting, track: Track) -> Data:
    """The constants over Gamma, and PGD with those of one Gamma for each accuracy."""
    smoothness, rho = 4 * setting.gamma, 6 * np.sqrt(setting.gamma)
    epsilon = np.array(setting.escape_curvatures) ** 2 / rho
    shape = (len(setting.seeds), len(epsilon))
    iterations, bound, second_order, error, largest = (np.empty(shape) for _ in range(5))
    measured = np.empty((len(setting.seeds), len(setting.gammas), 2))
    for j in track(range(len(setting.seeds))):
        seed = setting.seeds[j]
        problem = full_observation(setting, seed)
        measured[j] = constants(problem, setting, seed)
        gap = ipgd.Objective(problem, ipgd.SymmetricFactor(setting.search_rank)).value(
            np.zeros(setting.d * setting.search_rank)
        )
        for k, eps in enumerate(epsilon):
            solution = ipgd.solve(
                problem,
                ipgd.PGD(
                    epsilon=eps,
                    smoothness=smoothness,
                    hessian_lipschitz=rho,
                    failure_probability=setting.failure_probability,
                ),
                parameterization=ipgd.SymmetricFactor(setting.search_rank),
                init=ipgd.init.zeros(),
                max_iter=setting.max_iter,
                stop=ipgd.Stop(relative_loss=0),
                record=("singular_values", "test_error"),
                rng=seed,
                progress=track.solving,
            )
            point = ipgd.analysis.second_order(
                problem, solution, epsilon=eps, hessian_lipschitz=rho
            )
            place = (j, k)
            iterations[place] = solution.nit if solution.status == "second_order" else np.inf
            second_order[place] = point.verdict == "second_order"
            work = smoothness * gap / eps**2
            dimension = setting.d * setting.search_rank
            bound[place] = work * np.log(dimension * work / setting.failure_probability) ** 4
            error[place] = np.linalg.norm(solution.theta() - problem.truth_matrix())
            largest[place] = solution.history["singular_values"].max() ** 2
    return {
        "seed": np.array(setting.seeds),
        "gamma": np.array(setting.gammas),
        "epsilon": epsilon,
        "smoothness": measured[..., 0],
        "hessian_lipschitz": measured[..., 1],
        "iterations": iterations,
        "bound": bound,
        "second_order": second_order,
        "error": error,
        "largest": largest / setting.gamma,
    }


def draw(data: Data) -> Picture:
    """Constants over Gamma with their bounds; iterations over epsilon with the theorem's bound."""
    figure, axes = ipgd.plots.new_figure(1, 2)
    left, right = axes[0]
    gamma = data["gamma"]
    fine = np.linspace(gamma.min(), gamma.max(), 100)
    for name, label, formula, values in (
        ("smoothness", "l", "4 Γ", 4 * fine),
        ("hessian_lipschitz", "ρ", "6 √Γ", 6 * np.sqrt(fine)),
    ):
        (drawn,) = left.plot(fine, values, label=f"bound {formula}")
        left.plot(
            gamma,
            data[name].max(axis=0),
            linestyle="none",
            marker="o" if name == "smoothness" else "s",
            markersize=7 if name == "smoothness" else 4,
            fillstyle="none" if name == "smoothness" else "full",
            color=drawn.get_color(),
            label=f"{label}, largest met",
        )
    left.set_xlabel("Γ, the bound of ‖U‖²")
    left.set_ylabel("constant of f")
    left.legend(fontsize="small")
    epsilon = data["epsilon"]
    right.loglog(epsilon, np.median(data["bound"], axis=0), label="l Δf / ε² log⁴")
    right.loglog(
        epsilon, np.median(data["iterations"], axis=0), label="PGD", marker="o", markersize=4
    )
    right.invert_xaxis()
    right.set_xlabel("accuracy ε")
    right.set_ylabel("iterations")
    right.legend(fontsize="small")
    return figure


def exponent(data: Data) -> Array:
    """The p of iterations ~ epsilon^-p, for each seed."""
    x = np.log(1 / data["epsilon"])
    return np.array([line(x, np.log(values))[0] for values in data["iterations"]])


FIGURE = Figure(
    title="The constants of perturbed gradient descent hold, and its bound is far away.",
    paper=Paper("Jin, Ge, Netrapalli, Kakade, Jordan", 2017, "1703.00887", "Algorithm 2"),
    full=Setting(),
    quick=Setting(
        d=6,
        gammas=(1.0, 2.0, 4.0),
        points=6,
        escape_curvatures=(0.8, 0.4, 0.2),
        seeds=(0, 1, 2),
    ),
    run=run,
    axes={
        **dict.fromkeys(("smoothness", "hessian_lipschitz"), ("seed", "gamma")),
        **dict.fromkeys(
            ("iterations", "bound", "second_order", "error", "largest"), ("seed", "epsilon")
        ),
    },
    draw=draw,
    claims=(
        Claim(
            "f is 4 Gamma-smooth where ||U||^2 <= Gamma.",
            "largest ||Hessian|| met over 4 Gamma",
            lambda data: (data["smoothness"] / (4 * data["gamma"])).max(axis=1),
            at_most(1),
        ),
        Claim(
            "Its Hessian is 6 sqrt(Gamma)-Lipschitz there.",
            "largest change of the Hessian met over 6 sqrt(Gamma)",
            lambda data: (data["hessian_lipschitz"] / (6 * np.sqrt(data["gamma"]))).max(axis=1),
            at_most(1),
        ),
        Claim(
            "That constant cannot be smaller.",
            "largest change of the Hessian met over 6 sqrt(Gamma)",
            lambda data: (data["hessian_lipschitz"] / (6 * np.sqrt(data["gamma"]))).max(axis=1),
            at_least(0.99),
            ours=True,
        ),
        Claim(
            "PGD stays where the constants hold.",
            "largest ||U||^2 along a run over its Gamma",
            lambda data: data["largest"].max(axis=1),
            at_most(1),
        ),
        Claim(
            "PGD returns an epsilon-second-order stationary point.",
            "share of the accuracies for which it does",
            lambda data: data["second_order"].mean(axis=1),
            at_least(1),
        ),
        Claim(
            "Such points are the truth: f has no other minima.",
            "largest ||U Uᵀ - Theta*|| of the points returned",
            lambda data: data["error"].max(axis=1),
            at_most(1e-6),
            ours=True,
        ),
        Claim(
            "It takes O(l Δf / ε² log⁴) iterations.",
            "largest ratio of iterations to l Δf / ε² log(dim l Δf / (ε² δ))^4",
            lambda data: (data["iterations"] / data["bound"]).max(axis=1),
            at_most(1),
        ),
        Claim(
            "The iterations grow no faster than ε^-2.",
            "p of iterations ~ ε^-p",
            exponent,
            at_most(2),
        ),
    ),
    seen=(
        "Left: the constants of f where ‖U‖² ≤ Γ. That of the Hessian is attained at points of "
        "rank one; the curvature is up to 3 Γ. Right: PGD leaves the saddle at zero and ends at a "
        "second-order point long before the theorem's bound. Most of its iterations are the two "
        "windows of χ l / √(ρ ε) after its perturbations, so they grow like ε^-1/2 "
        "times a logarithm."
    ),
    ours=(
        "f is half of the paper's example, hence half of its constants 8 Γ and 12 √Γ. Sizes, "
        "Γ = 1.5 for PGD, δ = 0.1, c = 1, and the factor 1 before the bound."
    ),
)

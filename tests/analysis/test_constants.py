"""Constants of the landscape, against those that are known in closed form."""

import itertools

import ipgd
import numpy as np
import pytest
from ipgd.analysis import grid, landscape, lipschitz_constants


def trajectory(problem, model, **options):
    seen = []
    ipgd.solve(
        problem,
        parameterization=model,
        callback=lambda now: seen.append({n: b.copy() for n, b in now.parameters.items()}),
        **options,
    )
    return seen


def scalar(s=2.0):
    """f(u) = (u^2 - s)^2 / 4."""
    return ipgd.Problem(ipgd.operators.DenseSymmetric([[[1.0]]]), [s], [[s]])


def test_constants_of_a_polynomial_are_exact():
    found = lipschitz_constants(scalar(), [{"U": [[u]]} for u in (0.5, 1.0, 3.0, 3.0)])
    # f'' = 3 u^2 - s
    np.testing.assert_allclose(found.curvatures, [1.25, 1.0, 25.0, 25.0])
    np.testing.assert_allclose(found.changes, [4.5, 12.0, np.nan])
    assert found.smoothness == pytest.approx(25)
    assert found.hessian_lipschitz == pytest.approx(12)


@pytest.mark.parametrize("k", [3, 16])
def test_constants_along_a_run_obey_the_papers_bounds(k):
    # f = 1/4 ||U Uᵀ - M||^2 is 4 Gamma-smooth and 6 sqrt(Gamma)-Hessian-Lipschitz for
    # ||U||^2 <= Gamma; with few measurements times 1 + delta
    problem = ipgd.matrix_sensing(d=16, rank=2, m=600, rng=0)
    points = trajectory(problem, ipgd.SymmetricFactor(k), record_every=25, max_iter=200, rng=0)
    found = lipschitz_constants(problem, points)
    gamma = max(np.linalg.norm(point["U"], 2) for point in points) ** 2
    known = problem.scale().magnitude
    assert known / 2 < found.smoothness < 1.5 * 4 * max(gamma, known)
    assert 0.1 * np.sqrt(gamma) < found.hessian_lipschitz < 1.5 * 6 * np.sqrt(gamma)
    secants = []
    objective = ipgd.Objective(problem, ipgd.SymmetricFactor(k))
    for one, other in itertools.pairwise(points):
        g = objective.gradient(one)["U"] - objective.gradient(other)["U"]
        secants.append(np.linalg.norm(g) / np.linalg.norm(one["U"] - other["U"]))
    assert max(secants) < 1.1 * found.smoothness


def test_suggested_settings_solve_the_problem(sensing):
    model = ipgd.SymmetricFactor(2)
    points = trajectory(sensing, model, record_every=20, rng=0)
    found = lipschitz_constants(sensing, points)
    assert found.ipgd(radius=1e-8).step_size == 1 / found.smoothness
    assert found.pgd(epsilon=1e-3).smoothness == found.smoothness
    assert found.pgd(epsilon=1e-3).hessian_lipschitz == found.hessian_lipschitz
    solution = ipgd.solve(
        sensing, found.ipgd(), parameterization=model, init=ipgd.init.zeros(), rng=0, max_iter=5000
    )
    assert solution.success
    assert solution.perturbations > 0


def test_the_saddle_of_a_polynomial_is_strict():
    s = 2.0
    points = grid({"U": [[0.0]]}, [{"U": [[1.0]]}], np.linspace(-2, 2, 401))
    found = landscape(scalar(s), points)
    u = np.array([point["U"][0, 0] for point in points])
    np.testing.assert_allclose(found.distance, np.abs(np.abs(u) - np.sqrt(s)), atol=1e-12)
    np.testing.assert_allclose(found.smallest_eigenvalue, 3 * u**2 - s, atol=1e-12)
    np.testing.assert_allclose(found.gradient_norm, np.abs(u * (u**2 - s)), atol=1e-12)
    # only points around zero are stuck: |u| |u^2 - s| < 1/10 there for |u| < 0.0501
    assert found.strict_saddle(0.1, 0.5) == pytest.approx(s - 3 * 0.05**2, rel=1e-6)
    assert found.strict_saddle(0.1, 0.0) < 0  # near a minimum it is convex
    assert found.strict_saddle(0.1, 2.0) == np.inf
    alpha, beta = found.regularity(0.5)
    # <g, x - x*> = u (u + x*) (u - x*)^2 for u > 0
    near = u[(np.abs(u - np.sqrt(s)) < 0.5) & (u > 0)]
    assert alpha == pytest.approx((near * (near + np.sqrt(s))).min(), rel=1e-9)
    assert beta == pytest.approx((1 / (near * (near + np.sqrt(s)))).min(), rel=1e-9)
    assert found.regularity(1e-9) == (np.inf, np.inf)


@pytest.mark.parametrize("name", ["sensing", "rectangular"])
def test_a_turned_solution_is_a_minimum_at_distance_zero(name, request):
    problem = request.getfixturevalue(name)
    left, right = problem.truth_bases
    P, sigma, Q = np.linalg.svd(left.T @ problem.truth @ right)
    turn = np.linalg.qr(np.random.default_rng(40).standard_normal((3, 2)))[0].T
    U, W = (left @ P * np.sqrt(sigma) @ turn, right @ Q.T * np.sqrt(sigma) @ turn)
    at = {"U": U} if name == "sensing" else {"V": U, "W": W}
    found = landscape(problem, [at])
    assert found.distance[0] < 1e-13
    assert found.gradient_norm[0] < 1e-12
    assert found.smallest_eigenvalue[0] > -1e-10
    moved = {block: array + 1e-3 for block, array in at.items()}
    away = np.sqrt(sum(array.size for array in at.values())) * 1e-3
    assert 0 < landscape(problem, [moved]).distance[0] <= away * (1 + 1e-9)


def test_the_minima_of_vectors_have_any_sign(sparse):
    theta = sparse.truth
    u, v = np.sqrt(np.maximum(theta, 0)), np.sqrt(np.maximum(-theta, 0))
    found = landscape(sparse, [{"u": -u, "v": v}], parameterization=ipgd.HadamardPower())
    assert found.distance[0] == 0
    assert found.gradient_norm[0] < 1e-12


def test_a_grid_has_every_combination():
    points = grid(
        {"U": np.zeros((2, 1))}, [{"U": [[1.0], [0.0]]}, {"U": [[0.0], [1.0]]}], [1, 2, 3]
    )
    assert len(points) == 9
    assert {tuple(point["U"][:, 0]) for point in points} == {
        (a, b) for a in (1, 2, 3) for b in (1, 2, 3)
    }


def test_bad_arguments_are_refused_by_name(sensing, sparse):
    with pytest.raises(ValueError, match="points: expected at least 2, got 1"):
        lipschitz_constants(sensing, [{"U": np.ones((6, 2))}])
    with pytest.raises(TypeError, match="points: expected a sequence of parameters"):
        lipschitz_constants(sensing, {"U": np.ones((6, 2))})
    with pytest.raises(ValueError, match="trajectory: expected a point with curvature"):
        lipschitz_constants(
            sparse, [{"u": np.zeros((6, 1)), "v": np.zeros((6, 1))}] * 2,
            parameterization=ipgd.HadamardPower(3),
        )  # fmt: skip
    with pytest.raises(ValueError, match="directions: expected blocks of shapes"):
        grid({"U": np.zeros((2, 1))}, [{"U": [[1.0]]}], [1.0])
    blind = ipgd.Problem(sensing.operator, sensing.y)
    with pytest.raises(ValueError, match="problem: expected one with a truth for its landscape"):
        landscape(blind, [{"U": np.ones((6, 2))}])
    with pytest.raises(ValueError, match="parameterization: expected SymmetricFactor, Asymmetric"):
        landscape(
            sparse, [{"u": np.ones((6, 1)), "v": np.ones((6, 1))}],
            parameterization=ipgd.HadamardProduct(),
        )  # fmt: skip
    found = landscape(scalar(), [{"U": [[1.0]]}])
    with pytest.raises(ValueError, match="epsilon: expected a finite positive number"):
        found.strict_saddle(0.0, 0.1)
    with pytest.raises(ValueError, match="zeta: expected a finite positive number"):
        found.regularity(0.0)

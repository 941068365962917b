"""Projected gradient descent on Theta."""

import ipgd
import numpy as np
import pytest
from ipgd import baselines


def numpy_projected(problem, steps, eta):
    """The plain loop over the PSD cone."""
    A = problem.operator.to_dense()
    X = np.zeros(problem.operator.matrix_shape)
    for _ in range(steps):
        r = np.einsum("iab,ab->i", A, X) - problem.y
        values, vectors = np.linalg.eigh(X - eta / problem.m * np.einsum("i,iab->ab", r, A))
        X = vectors @ np.diag(np.maximum(values, 0)) @ vectors.T
    return X


def test_over_the_cone_it_agrees_with_numpy(problem):
    solution = baselines.projected_gradient(problem, step_size=0.4, max_iter=20, relative_loss=0)
    expected = numpy_projected(problem, 20, 0.4)
    assert np.linalg.norm(solution.theta() - expected) <= 1e-10 * np.linalg.norm(expected)
    assert solution.nit == 20
    assert list(solution.parameters) == ["Theta"]


def test_a_rank_projection_keeps_the_largest_singular_values(rectangular_problem):
    solution = baselines.projected_gradient(
        rectangular_problem, "rank", rank=1, step_size=0.5, max_iter=1, relative_loss=0
    )
    operator, m = rectangular_problem.operator, rectangular_problem.m
    left, sigma, right = np.linalg.svd(0.5 / m * operator.adjoint(rectangular_problem.y))
    expected = sigma[0] * np.outer(left[:, 0], right[0])
    assert np.allclose(solution.theta(), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["problem", "rectangular_problem"])
def test_singular_value_projection_recovers_the_matrix(name, request):
    given = request.getfixturevalue(name)
    solution = baselines.projected_gradient(given, "rank", rank=2)
    assert solution.status == "relative_loss"
    assert solution.success
    assert solution.history["test_error"][-1] < 1e-4
    assert solution.numerical_rank() == 2


def test_the_cone_needs_more_measurements_than_factored_descent():
    """d = 50, r = 5: m = 2 d r is enough for factors from a small start, and not for the cone."""
    problem = ipgd.matrix_sensing(50, 5, 500, rng=0)
    cone = baselines.projected_gradient(problem, max_iter=1500, record_every=100)
    factors = ipgd.solve(
        problem, init=ipgd.init.gaussian(1e-4), max_iter=8000, record=("test_error",), rng=0
    )
    assert cone.train_error < 1e-2
    assert cone.history["test_error"][-1] > 0.2
    assert factors.history["test_error"][-1] < 0.02


def test_a_run_that_diverges_says_so(problem):
    solution = baselines.projected_gradient(problem, step_size=1e200, max_iter=50)
    assert (solution.status, solution.success) == ("diverged", False)


def test_a_solution_is_saved_and_loaded(problem, tmp_path):
    solution = baselines.projected_gradient(problem, max_iter=3)
    solution.save(tmp_path / "cone.npz")
    loaded = ipgd.load_solution(tmp_path / "cone.npz")
    assert np.array_equal(loaded.theta(), solution.theta())
    assert loaded.settings["algorithm"]["constraint"] == "psd"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"constraint": "cone"}, "constraint: expected 'psd' or 'rank', got 'cone'"),
        ({"constraint": "psd"}, "constraint: expected 'rank' for 7 x 5 matrices"),
        ({"constraint": "rank"}, "rank: expected an integer from 1 to 5, got None"),
        ({"constraint": "rank", "rank": 6}, "rank: expected an integer from 1 to 5, got 6"),
        ({"constraint": "rank", "rank": 2, "record_every": 0}, "record_every: expected"),
    ],
)
def test_what_makes_no_sense_is_refused(rectangular_problem, arguments, text):
    with pytest.raises(ValueError, match=text):
        baselines.projected_gradient(rectangular_problem, **arguments)


def test_a_large_matrix_is_projected_by_few_singular_triplets():
    """Above 400 x 400, ARPACK; the same as LAPACK's."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((420, 2)) @ rng.standard_normal((2, 400))
    X += 0.01 * rng.standard_normal(X.shape)
    found, basis = baselines.spectral.low_rank_part(X, 2, symmetric=False)
    left, sigma, right = np.linalg.svd(X, full_matrices=False)
    expected = left[:, :2] * sigma[:2] @ right[:2]
    assert np.linalg.norm(found - expected) <= 1e-9 * np.linalg.norm(expected)
    assert np.allclose(basis @ basis.T, left[:, :2] @ left[:, :2].T, atol=1e-9)


def test_a_rank_asks_for_projections_of_that_rank():
    problem = ipgd.matrix_sensing(8, 1, 60, rng=0)
    by_rank = ipgd.baselines.projected_gradient(problem, rank=1)
    assert by_rank.settings["algorithm"]["constraint"] == "rank"
    with pytest.raises(ValueError, match="rank: expected None with constraint='psd', got 1"):
        ipgd.baselines.projected_gradient(problem, "psd", rank=1)

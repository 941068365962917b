"""Quadratic regression: the network with quadratic activations."""

import ipgd
import numpy as np
import pytest


@pytest.fixture(scope="module")
def fitted():
    problem = ipgd.quadratic_regression(50, 3, 1200, rng=0)
    solution = ipgd.solve(problem, record=("test_error",), record_every=1000, max_iter=4000, rng=0)
    return problem, solution


def test_gradient_descent_from_a_small_start_finds_the_network(fitted):
    """m = 8 d r, full search rank."""
    problem, solution = fitted
    assert solution.history["test_error"][-1] < 2e-2
    assert solution.numerical_rank() == 3
    truth = problem.truth_matrix()
    error = np.linalg.norm(solution.theta() - truth) / np.linalg.norm(truth)
    assert solution.history["test_error"][-1] == pytest.approx(error, rel=1e-6)


def test_predictions_on_new_inputs(fitted):
    problem, solution = fitted
    X = np.random.default_rng(5).standard_normal((400, 50))
    U, U_star = solution.parameters["U"], problem.truth[0]
    predicted = problem.predict(solution, X)
    np.testing.assert_allclose(predicted, ((X @ U) ** 2).sum(axis=1), rtol=1e-12)
    expected = ((X @ U_star) ** 2).sum(axis=1)
    assert np.linalg.norm(predicted - expected) < 0.02 * np.linalg.norm(expected)
    with pytest.raises(ValueError, match=r"^X: expected shape \(any, 50\), got \(2, 3\)"):
        problem.predict(solution, np.ones((2, 3)))


def test_the_scale_is_that_of_the_ensemble():
    """||A*(y)/m|| is 2 sigma_1 + tr in the mean."""
    problem = ipgd.quadratic_regression(10, 2, 100_000, rng=0, condition_number=2)
    assert problem.scale().curvature == pytest.approx(2 + 1.5, rel=0.05)


def test_data_and_generator():
    rng = np.random.default_rng(0)
    X, U = rng.standard_normal((30, 4)), rng.standard_normal((4, 2))
    y = ((X @ U) ** 2).sum(axis=1)
    problem = ipgd.QuadraticRegression(X, y, (U, U))
    np.testing.assert_allclose(problem.operator.forward((U, U)), y, rtol=1e-12)
    np.testing.assert_allclose(problem.truth_matrix(), U @ U.T)
    np.testing.assert_allclose(problem.operator.vectors()[0], X)
    drawn = ipgd.quadratic_regression(6, 2, 5000, rng=1, noise=0.2)
    clean = ipgd.quadratic_regression(6, 2, 5000, rng=1)
    ratio = np.linalg.norm(drawn.y - clean.y) / np.linalg.norm(clean.y)
    assert ratio == pytest.approx(0.2, rel=0.05)
    inputs = clean.operator.vectors()[0]
    np.testing.assert_allclose(clean.y, ((inputs @ clean.truth[0]) ** 2).sum(axis=1), rtol=1e-12)
    assert clean.operator.storage == "float32"
    with pytest.raises(ValueError, match=r"^rank: expected at most d = 3, got 4$"):
        ipgd.quadratic_regression(3, 4, 5)


@pytest.mark.parametrize("rank", [1, 4])
def test_the_gain_is_the_one_along_the_truth(rank):
    """E y^2 / ||Theta*||_F^2, in whatever unit y is."""
    problem = ipgd.quadratic_regression(d=20, rank=rank, m=20_000, rng=0)
    along = np.mean(problem.y**2) / np.linalg.norm(problem.truth_matrix()) ** 2
    assert along > 2.5
    assert problem.gain() == pytest.approx(along, rel=0.15)
    scaled = ipgd.Problem(problem.operator, 16 * problem.y)
    assert scaled.gain() == pytest.approx(problem.gain(), rel=1e-12)

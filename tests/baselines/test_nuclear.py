"""Nuclear-norm minimisation beside cvxpy, and its certificate."""

import warnings

import ipgd
import numpy as np
import pytest
from ipgd import baselines


@pytest.fixture(scope="module")
def cvxpy():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports
        import cvxpy

    return cvxpy


@pytest.fixture(scope="module")
def few():
    """Too few measurements to determine Theta, so that the norm decides: 8 x 6, rank 2, m = 30."""
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((8, 2)) @ rng.standard_normal((2, 6))
    operator = ipgd.operators.Dense.gaussian(30, 8, 6, rng=rng)
    return ipgd.Problem(operator, operator.forward(truth), truth)


@pytest.fixture(scope="module")
def few_symmetric():
    return ipgd.matrix_sensing(8, 2, 20, rng=1)


def by_cvxpy(cvxpy, problem, penalty, psd):
    A, m = problem.operator.to_dense().reshape(problem.m, -1), problem.m
    d1, d2 = problem.operator.matrix_shape
    X = cvxpy.Variable((d1, d2), PSD=psd, symmetric=problem.operator.symmetric and not psd)
    image = A @ cvxpy.vec(X, order="C")
    norm = cvxpy.trace(X) if psd else cvxpy.normNuc(X)
    if penalty is None:
        goal = cvxpy.Problem(cvxpy.Minimize(norm), [image == problem.y])
    else:
        loss = cvxpy.sum_squares(image - problem.y) / (2 * m)
        goal = cvxpy.Problem(cvxpy.Minimize(loss + penalty * norm))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        goal.solve(solver=cvxpy.SCS, eps=1e-8, max_iters=100_000)
    return X.value, goal.value


@pytest.mark.parametrize("penalty", [None, 0.05])
@pytest.mark.parametrize(
    ("name", "psd"), [("few", False), ("few_symmetric", False), ("few_symmetric", True)]
)
def test_the_answer_is_that_of_cvxpy(cvxpy, request, name, psd, penalty):
    problem = request.getfixturevalue(name)
    expected, value = by_cvxpy(cvxpy, problem, penalty, psd)
    solution = baselines.nuclear_norm(problem, penalty, psd=psd, tolerance=1e-7, max_iter=20_000)
    assert solution.status == "duality_gap"
    assert solution.settings["algorithm"]["gap"] <= 1e-7
    assert solution.settings["algorithm"]["objective"] == pytest.approx(value, rel=1e-4)
    assert np.linalg.norm(solution.theta() - expected) <= 1e-4 * np.linalg.norm(expected)


@pytest.mark.parametrize("penalty", [None, 0.02])
def test_the_gap_bounds_the_distance_to_the_optimum(few, penalty):
    best = baselines.nuclear_norm(few, penalty, tolerance=1e-8, max_iter=20_000)
    optimum = best.settings["algorithm"]["objective"]
    rough = baselines.nuclear_norm(few, penalty, tolerance=1e-9, max_iter=60)
    objective, gap = rough.history["objective"], rough.history["gap"]
    assert rough.status == "max_iter"
    assert np.all(objective - optimum <= gap * objective + 1e-7 * optimum)
    assert gap[-1] < gap[0]


def test_constraints_hold_and_the_rank_is_found_from_enough_measurements():
    rng = np.random.default_rng(3)
    truth = rng.standard_normal((12, 2)) @ rng.standard_normal((2, 10))
    operator = ipgd.operators.Dense.gaussian(100, 12, 10, rng=rng)
    problem = ipgd.Problem(operator, operator.forward(truth), truth)
    solution = baselines.nuclear_norm(problem, tolerance=1e-8)
    assert solution.train_error < 1e-9
    assert solution.history["test_error"][-1] < 1e-6
    assert solution.numerical_rank(1e-5) == 2


def test_a_penalty_that_is_large_enough_gives_zero(few):
    largest = np.linalg.norm(few.back_projection(), 2)
    assert not baselines.nuclear_norm(few, 1.01 * largest).theta().any()
    assert baselines.nuclear_norm(few, 0.9 * largest).theta().any()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"penalty": 0.0}, "penalty: expected a finite positive number or None, got 0.0"),
        ({"penalty": np.nan}, "penalty: expected"),
        ({"tolerance": 0}, "tolerance: expected a finite positive number, got 0"),
        ({"psd": True}, "psd: expected False for 8 x 6 matrices, got True"),
    ],
)
def test_what_makes_no_sense_is_refused(few, arguments, text):
    with pytest.raises(ValueError, match=text):
        baselines.nuclear_norm(few, **arguments)


def test_without_a_penalty_some_matrix_has_to_explain_y(few):
    rng = np.random.default_rng(2)
    operator = ipgd.operators.Dense.gaussian(60, 8, 6, rng=rng)
    noisy = ipgd.Problem(operator, rng.standard_normal(60))
    with pytest.raises(ValueError, match=r"penalty: expected .* one leaves 0\.\d+ of its norm"):
        baselines.nuclear_norm(noisy)
    blind = ipgd.Problem(ipgd.operators.Dense(np.zeros((3, 2, 2))), np.ones(3))
    with pytest.raises(ValueError, match=r"penalty: expected .* leaves 1 of its norm"):
        baselines.nuclear_norm(blind)
    twice = ipgd.MatrixCompletion(([0, 0, 1], [0, 0, 1], [1.0, 1.5, 2.0]))
    with pytest.raises(ValueError, match="penalty: expected"):
        baselines.nuclear_norm(twice)

"""Sparse regression, drawn and from data."""

import ipgd
import numpy as np
import pytest


def test_the_truth_is_sparse_and_measured():
    problem = ipgd.sparse_regression(50, 4, 30, rng=0, magnitude=2.5)
    truth = problem.truth
    assert truth.shape == (50, 1)
    assert sorted(np.abs(truth[truth != 0])) == [2.5] * 4
    A = problem.operator.to_dense()[:, :, 0]
    assert A.shape == (30, 50)
    assert problem.y == pytest.approx((A @ truth)[:, 0], rel=1e-12)


def test_it_is_a_function_of_rng():
    one, same, other = (ipgd.sparse_regression(50, 4, 30, rng=rng, noise=0.1) for rng in (0, 0, 1))
    assert np.array_equal(one.y, same.y)
    assert np.array_equal(one.truth, same.truth)
    assert not np.array_equal(one.truth, other.truth)


def test_noise_is_relative():
    clean, noisy = (ipgd.sparse_regression(50, 4, 3000, rng=0, noise=s) for s in (0.0, 0.2))
    assert np.array_equal(clean.truth, noisy.truth)
    ratio = np.std(noisy.y - clean.y) / np.sqrt(np.mean(clean.y**2))
    assert ratio == pytest.approx(0.2, rel=5 / np.sqrt(2 * 3000))


def test_storage_is_passed_on():
    operator = ipgd.sparse_regression(50, 4, 30, rng=0, dtype="int8", sums="float64").operator
    assert (operator.storage, operator.sums) == ("int8", "float64")


@pytest.mark.parametrize("shape", [(20,), (20, 1)])
def test_data_of_your_own(shape):
    rng = np.random.default_rng(0)
    A, truth = rng.standard_normal((15, 20)), np.zeros(shape)
    truth[3] = -2.0
    problem = ipgd.sparse_regression_data(A, A @ truth.reshape(-1), truth)
    assert np.array_equal(problem.operator.to_dense()[:, :, 0], A)
    assert problem.truth.shape == (20, 1)
    solution = ipgd.solve(problem, record=("test_error",))
    assert solution.history["test_error"][-1] < 1e-4


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ipgd.sparse_regression(5, 6, 3), "sparsity: expected at most d = 5, got 6"),
        (lambda: ipgd.sparse_regression(5, 0, 3), "sparsity: expected an integer >= 1, got 0"),
        (lambda: ipgd.sparse_regression(5, 1, 3, magnitude=0), "magnitude: expected a finite pos"),
        (lambda: ipgd.sparse_regression(5, 1, 3, noise=-1), "noise: expected a finite number >="),
        (lambda: ipgd.sparse_regression_data(np.ones(3), [1.0]), r"A: expected shape \(any, any\)"),
        (lambda: ipgd.sparse_regression_data(np.ones((2, 3)), [1.0]), r"y: expected shape \(2,\)"),
        (
            lambda: ipgd.sparse_regression_data(np.full((1, 3), np.nan), [1.0]),
            r"A: expected finite numbers, got nan at index \(0, 0, 0\)",
        ),
    ],
)
def test_what_makes_no_sense(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("factor", [16.0, 1 / 16])
def test_automatic_settings_go_by_the_size_of_y(factor):
    """theta is in units of the root of y."""
    one = ipgd.sparse_regression(40, 3, 30, rng=0)
    other = ipgd.Problem(one.operator, factor * one.y)
    starts = [ipgd.solve(problem, max_iter=0).parameters["u"] for problem in (one, other)]
    assert starts[1] / starts[0] == pytest.approx(factor**0.5, rel=1e-9)
    used = [
        ipgd.solve(problem, ipgd.PGD(), max_iter=0, rng=0).settings["algorithm"]
        for problem in (one, other)
    ]
    for name, power in (("radius", 0.5), ("step_size", -1), ("gradient_threshold", 1.5)):
        assert used[1][name] / used[0][name] == pytest.approx(factor**power, rel=1e-9), name
    assert used[0]["window"] == used[1]["window"]

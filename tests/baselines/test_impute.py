"""Soft-impute on sampled entries."""

import ipgd
import numpy as np
import pytest
from ipgd import baselines

D1, D2 = 24, 18


def sampling(seed, share, scale):
    """An operator that samples entries, as stored matrices with one entry each; and where."""
    rng = np.random.default_rng(seed)
    observed = rng.random((D1, D2)) < share
    rows, cols = np.nonzero(observed)
    A = np.zeros((len(rows), D1, D2))
    A[np.arange(len(rows)), rows, cols] = scale
    truth = rng.standard_normal((D1, 2)) @ rng.standard_normal((2, D2))
    return ipgd.Problem(ipgd.operators.Dense(A), scale * truth[observed], truth), observed


def numpy_soft_impute(observed, truth, penalty, steps):
    Z = np.zeros_like(truth)
    for _ in range(steps):
        left, sigma, right = np.linalg.svd(np.where(observed, truth, Z), full_matrices=False)
        Z = left * np.maximum(sigma - penalty, 0) @ right
    return Z


@pytest.mark.parametrize("scale", [1.0, np.sqrt(D1 * D2)])
def test_it_ends_where_the_plain_loop_ends(scale):
    problem, observed = sampling(0, 0.6, scale)
    solution = baselines.soft_impute(problem, penalty=0.5, tolerance=1e-10)
    assert solution.status == "settled"
    expected = numpy_soft_impute(observed, problem.truth, 0.5, 1000)
    assert np.linalg.norm(solution.theta() - expected) <= 1e-7 * np.linalg.norm(expected)


def test_it_minimises_the_penalised_objective():
    """The same problem as the nuclear norm's with that penalty / (m s^2)."""
    problem, _ = sampling(1, 0.6, 1.0)
    solution = baselines.soft_impute(problem, penalty=0.3, tolerance=1e-9)
    other = baselines.nuclear_norm(problem, 0.3 / problem.m, tolerance=1e-9, max_iter=20_000)
    assert np.linalg.norm(solution.theta() - other.theta()) <= 1e-4 * np.linalg.norm(other.theta())


def test_a_small_penalty_recovers_a_matrix_of_low_rank():
    """To 0.056; 0.045 with a penalty near zero, where the nuclear norm alone decides."""
    problem, _ = sampling(2, 0.7, 1.0)
    solution = baselines.soft_impute(problem, tolerance=1e-6)
    assert solution.history["test_error"][-1] < 0.1
    closer = baselines.soft_impute(problem, penalty=1e-2, tolerance=1e-5)
    assert closer.history["test_error"][-1] < 0.9 * solution.history["test_error"][-1]
    assert np.all(np.diff(solution.history["penalty"]) <= 0)
    assert solution.settings["algorithm"]["name"] == "soft_impute"


def test_what_is_never_observed_is_zero_and_nothing_is_made_of_nothing():
    problem, _ = sampling(3, 0.5, 1.0)
    empty = ipgd.Problem(problem.operator, np.zeros(problem.m))
    assert not baselines.soft_impute(empty).theta().any()
    assert baselines.soft_impute(problem, max_iter=2).status == "max_iter"


def test_other_operators_are_refused(problem):
    with pytest.raises(ValueError, match="problem: expected an operator that samples entries"):
        baselines.soft_impute(problem)


def test_penalties_that_make_no_sense_are_refused(problem):
    with pytest.raises(ValueError, match="penalty: expected a finite positive number or None"):
        baselines.soft_impute(problem, penalty=-1.0)


def test_completion_by_soft_impute_nuclear_norm_and_rank_projection():
    """The same problem for all three, on the operator of sampled entries."""
    problem = ipgd.matrix_completion(40, 30, 2, fraction=0.6, rng=0)
    errors = [
        solution.history["test_error"][-1]
        for solution in (
            baselines.soft_impute(problem, tolerance=1e-5),
            baselines.nuclear_norm(problem),
            baselines.projected_gradient(problem, "rank", rank=2),
        )
    ]
    assert errors[0] < 0.03  # what 1 % of shrinkage leaves
    assert errors[1] < 1e-5
    assert errors[2] < 1e-4

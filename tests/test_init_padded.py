"""Factors of low rank beside columns that are exactly zero."""

import ipgd
import numpy as np
import pytest


def start(problem, init, model):
    return ipgd.solve(problem, init=init, max_iter=0, parameterization=model).parameters


def test_factors_of_full_rank_are_kept_beside_zeros(problem):
    U = np.random.default_rng(0).standard_normal((10, 2))
    for init in (ipgd.init.padded(U), ipgd.init.padded({"U": U})):
        padded = start(problem, init, ipgd.SymmetricFactor(5))["U"]
        assert np.array_equal(padded[:, :2], U)
        assert not padded[:, 2:].any()


def test_factors_of_lower_rank_are_turned(problem, rectangular_problem):
    random = np.random.default_rng(1)
    U = random.standard_normal((10, 2)) @ random.standard_normal((2, 6))
    padded = start(problem, ipgd.init.padded(U), ipgd.SymmetricFactor(4))["U"]
    assert not padded[:, 2:].any()
    assert np.abs(padded @ padded.T - U @ U.T).max() < 1e-13 * np.abs(U @ U.T).max()

    right = random.standard_normal((2, 3))
    V, W = random.standard_normal((7, 2)) @ right, random.standard_normal((5, 2)) @ right
    init = ipgd.init.padded({"W": W, "V": V})
    assert init.rank == 2
    blocks = start(rectangular_problem, init, ipgd.AsymmetricFactor(3))
    assert not blocks["V"][:, 2:].any()
    assert not blocks["W"][:, 2:].any()
    theta = V @ W.T
    assert np.abs(blocks["V"] @ blocks["W"].T - theta).max() < 1e-13 * np.abs(theta).max()


def test_the_tolerance_says_what_counts_as_zero(problem):
    U = np.random.default_rng(2).standard_normal((10, 2)) * [1, 1e-6]
    assert ipgd.init.padded(U).rank == 2
    assert ipgd.init.padded(U, tolerance=1e-4).rank == 1
    assert repr(ipgd.init.padded(U, tolerance=1e-4)) == "padded(rank=1)"
    nothing = ipgd.init.padded(np.zeros((10, 3)))
    assert nothing.rank == 0
    assert not start(problem, nothing, ipgd.SymmetricFactor(3))["U"].any()


def test_the_given_array_may_change_afterwards(problem):
    U = np.ones((10, 1))
    init = ipgd.init.padded(U)
    U[:] = 0
    init.factors["U"][:] = 0
    assert start(problem, init, ipgd.SymmetricFactor(2))["U"][:, 0].tolist() == [1.0] * 10


def test_descent_keeps_zero_columns(problem):
    """Exactly, where a full start of the same Theta leaves its rank by rounding."""
    u = np.random.default_rng(3).standard_normal((10, 1)) / 5
    run = ipgd.solve(
        problem, init=ipgd.init.padded(u), parameterization=ipgd.SymmetricFactor(4), max_iter=500
    )
    assert not run.parameters["U"][:, 1:].any()


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        ({"A": np.eye(3)}, "factors: expected U, or a dict with the blocks U, or V and W, got"),
        ({}, "factors: expected U, or a dict with the blocks U, or V and W, got"),
        (np.ones(3), r"factors\['U'\]: expected shape \(any, any\), got \(3,\)"),
        ([[np.nan]], r"factors\['U'\]: expected finite numbers, got nan at index \(0, 0\)"),
        (
            {"V": np.ones((3, 2)), "W": np.ones((3, 1))},
            r"factors: expected V and W with as many columns, got shapes \(3, 2\) and \(3, 1\)",
        ),
    ],
)
def test_bad_factors_are_refused(factors, words):
    with pytest.raises(ValueError, match=words):
        ipgd.init.padded(factors)


def test_another_model_is_refused(problem, rectangular_problem):
    U = np.eye(10, 3)
    with pytest.raises(ValueError, match=r"expected factors of rank at most the search rank 2, go"):
        start(problem, ipgd.init.padded(U), ipgd.SymmetricFactor(2))
    with pytest.raises(ValueError, match="expected factors whose U has 10 rows, got 9"):
        start(problem, ipgd.init.padded(U[:9]), ipgd.SymmetricFactor(4))
    with pytest.raises(ValueError, match=r"for AsymmetricFactor, got padded\(rank=3\) of U, which"):
        start(rectangular_problem, ipgd.init.padded(U), ipgd.AsymmetricFactor(4))
    with pytest.raises(ValueError, match="tolerance: expected a finite number >= 0, got -1"):
        ipgd.init.padded(U, tolerance=-1)

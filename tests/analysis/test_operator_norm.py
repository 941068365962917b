"""Norms of operators and the test of their adjoints, against numpy on the dense matrix."""

import numpy as np
import pytest
from ipgd import analysis
from ipgd.operators import Dense, DenseSymmetric, Entries, RankOne
from scipy.sparse.linalg import LinearOperator

SMALL = [
    DenseSymmetric.gaussian(50, 8, rng=0),
    Dense.gaussian(50, 8, 6, rng=0),
    Entries.uniform(30, 8, 6, rng=0),
    RankOne.gaussian(50, 8, rng=0),
    RankOne.gaussian(50, 8, 6, rng=0),
]


@pytest.mark.parametrize("operator", SMALL, ids=repr)
def test_small_norms_are_those_of_numpy(operator):
    norm = analysis.operator_norm(operator)
    assert float(norm) == pytest.approx(np.linalg.norm(np.asarray(operator), 2), rel=1e-12)
    assert norm.upper == norm.value
    assert norm.failure == 0


@pytest.mark.parametrize("m", [150, 500])
def test_large_norms_lie_below_their_bound(m):
    for seed in range(3):
        operator = Dense.gaussian(m, 22, 20, rng=seed)
        A = np.asarray(operator)
        exact = np.sqrt(np.linalg.eigvalsh(A @ A.T)[-1])
        norm = analysis.operator_norm(operator, rng=seed)
        assert norm.value == pytest.approx(exact, rel=1e-8)
        assert exact <= norm.upper < 1.02 * exact


def test_the_norm_of_zero_is_zero():
    for d in (3, 30):
        norm = analysis.operator_norm(Dense(np.zeros((2, d, d))))
        assert (norm.value, norm.upper) == (0, 0)


@pytest.mark.parametrize("operator", SMALL, ids=repr)
def test_adjoints_are_adjoint_to_rounding(operator):
    assert analysis.adjoint_test(operator) < 1e-14


def test_an_adjoint_that_is_none_is_found():
    A = np.random.default_rng(0).standard_normal((20, 30))
    right = LinearOperator(A.shape, matvec=lambda x: A @ x, rmatvec=lambda y: A.T @ y)
    wrong = LinearOperator(A.shape, matvec=lambda x: A @ x, rmatvec=lambda y: 1.001 * A.T @ y)
    assert analysis.adjoint_test(right) < 1e-14
    assert analysis.adjoint_test(wrong) > 1e-6


def test_pairs_are_counted():
    with pytest.raises(ValueError, match="pairs: expected an integer >= 1, got 0"):
        analysis.adjoint_test(SMALL[0], pairs=0)

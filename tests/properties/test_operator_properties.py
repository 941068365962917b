"""Laws of the operators, for shapes and numbers nobody chose."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from ipgd.operators import Dense, DenseSymmetric

quick = settings(deadline=None, max_examples=60, derandomize=True)

ENTRIES = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: round(x, 3))


@st.composite
def measured(draw):
    """An operator with one matrix and one residual that fit."""
    symmetric = draw(st.booleans())
    m, d1 = draw(st.integers(1, 12)), draw(st.integers(1, 9))
    d2 = d1 if symmetric else draw(st.integers(1, 9))
    A = draw(hnp.arrays(float, (m, d1, d2), elements=ENTRIES))
    make = DenseSymmetric if symmetric else Dense
    operator = make(A, dtype=draw(st.sampled_from(["float64", "float32", None])))
    X = draw(hnp.arrays(float, (d1, d2), elements=ENTRIES))
    r = draw(hnp.arrays(float, m, elements=ENTRIES))
    return operator, X, r


def size(operator, X, r):
    return np.linalg.norm(operator.to_dense()) * np.linalg.norm(X) * np.linalg.norm(r)


@quick
@given(measured())
def test_adjointness(case):
    operator, X, r = case
    gap = operator.forward(X) @ r - np.sum(X * operator.adjoint(r))
    assert abs(gap) <= 1e-13 * size(operator, X, r)


@quick
@given(measured(), st.integers(-60, 60))
def test_powers_of_two_and_signs_pass_through_exactly(case, k):
    operator, X, r = case
    factor = -(2.0**k)
    assert np.array_equal(operator.forward(factor * X), factor * operator.forward(X))
    assert np.array_equal(operator.adjoint(factor * r), factor * operator.adjoint(r))


@quick
@given(measured())
def test_the_fused_pass_is_the_two_passes(case):
    operator, X, r = case
    residual, G = operator.residual_adjoint(X, r)
    assert np.array_equal(residual, operator.forward(X) - r)
    assert np.array_equal(G, operator.adjoint(residual))


@quick
@given(measured())
def test_an_operator_made_of_its_own_matrices_is_the_same(case):
    operator, X, r = case
    again = type(operator)(operator.to_dense(), dtype=operator.storage)
    assert np.array_equal(again.to_dense(), operator.to_dense())
    assert np.array_equal(again.forward(X), operator.forward(X))
    assert np.array_equal(again.adjoint(r), operator.adjoint(r))


@quick
@given(measured(), st.integers(1, 9))
def test_threads_do_not_show(case, n_threads):
    operator, X, r = case
    assert np.array_equal(operator.forward(X, n_threads=n_threads), operator.forward(X))
    assert np.array_equal(operator.adjoint(r, n_threads=n_threads), operator.adjoint(r))


@quick
@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 2**64))
def test_rows_of_an_ensemble_are_functions_of_seed_and_position(m, d, seed):
    few = DenseSymmetric.gaussian(m, d, rng=seed).to_dense()
    many = DenseSymmetric.gaussian(m + 3, d, rng=seed).to_dense()
    assert np.array_equal(few, many[:m])

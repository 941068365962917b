"""Laws of the operators, for shapes and numbers nobody chose."""

import functools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from ipgd.operators import Dense, DenseSymmetric, Entries, RankOne

quick = settings(deadline=None, max_examples=120, derandomize=True)

KINDS = ("DenseSymmetric", "Dense", "Entries", "RankOne a a", "RankOne a b")
ENTRIES = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: round(x, 3))


def rank_one(A, B):
    return np.einsum("ia,ib->iab", A, B)


@st.composite
def measured(draw):
    """An operator with its matrices, and one matrix and one residual that fit."""
    kind = draw(st.sampled_from(KINDS))
    m, d1 = draw(st.integers(1, 12)), draw(st.integers(1, 9))
    d2 = d1 if kind in ("DenseSymmetric", "RankOne a a") else draw(st.integers(1, 9))
    numbers = functools.partial(hnp.arrays, float, elements=ENTRIES)
    dtype = draw(st.sampled_from(["float64", "float32", None]))
    if kind == "Entries":
        rows = draw(hnp.arrays(int, m, elements=st.integers(0, d1 - 1)))
        cols = draw(hnp.arrays(int, m, elements=st.integers(0, d2 - 1)))
        operator = Entries(rows, cols, (d1, d2))
        A = np.zeros((m, d1, d2))
        A[np.arange(m), rows, cols] = np.sqrt(d1 * d2)
    elif kind == "RankOne a a":
        operator = RankOne(draw(numbers((m, d1))), dtype=dtype)
        A = rank_one(*operator.vectors())
    elif kind == "RankOne a b":
        operator = RankOne(draw(numbers((m, d1))), draw(numbers((m, d2))), dtype=dtype)
        A = rank_one(*operator.vectors())
    else:
        make = DenseSymmetric if kind == "DenseSymmetric" else Dense
        operator = make(draw(numbers((m, d1, d2))), dtype=dtype)
        A = operator.to_dense()
    return operator, A, draw(numbers((d1, d2))), draw(numbers(m))


def size(A, X, r):
    return np.linalg.norm(A) * np.linalg.norm(X) * np.linalg.norm(r)


@quick
@given(measured())
def test_adjointness(case):
    operator, A, X, r = case
    y, G = operator.forward(X), operator.adjoint(r)
    assert abs(y @ r - np.sum(X * G)) <= 1e-13 * size(A, X, r)
    assert np.abs(y - np.einsum("iab,ab->i", A, X)).max() <= 1e-13 * size(A, X, 1)
    assert np.abs(G - np.einsum("i,iab->ab", r, A)).max() <= 1e-13 * size(A, 1, r)


@quick
@given(measured(), st.integers(1, 4), st.integers(0, 1000))
def test_factors_are_adjoint_too(case, k, seed):
    """<A(L Rᵀ), r> = <L, A*(r) R> = <R, A*(r)ᵀ L>."""
    operator, A, X, r = case
    rng = np.random.default_rng(seed)
    L, R = (rng.integers(-9, 10, (n, k)).astype(float) for n in X.shape)
    y = operator.forward((L, R))
    bound = 1e-13 * size(A, np.linalg.norm(L), r) * np.linalg.norm(R)
    assert abs(y @ r - np.sum(L * operator.adjoint_times(r, R))) <= bound
    assert abs(y @ r - np.sum(R * operator.adjoint_times(r, L, transposed=True))) <= bound
    assert np.abs(y - operator.forward(L @ R.T)).max() <= 1e-13 * size(A, L, np.linalg.norm(R))


@quick
@given(measured(), st.integers(-60, 60))
def test_powers_of_two_and_signs_pass_through_exactly(case, k):
    operator, _, X, r = case
    factor = -(2.0**k)
    assert np.array_equal(operator.forward(factor * X), factor * operator.forward(X))
    assert np.array_equal(operator.adjoint(factor * r), factor * operator.adjoint(r))


@quick
@given(measured())
def test_the_fused_pass_is_the_two_passes(case):
    operator, _, X, r = case
    residual, G = operator.residual_adjoint(X, r)
    assert np.array_equal(residual, operator.forward(X) - r)
    assert np.array_equal(G, operator.adjoint(residual))


@quick
@given(measured())
def test_an_operator_made_of_its_own_matrices_is_the_same(case):
    operator, _, X, r = case
    if isinstance(operator, Entries):
        again = Entries(operator.rows, operator.cols, operator.matrix_shape)
    elif isinstance(operator, RankOne):
        x, y = operator.vectors()
        again = RankOne(x, None if operator.symmetric else y, dtype=operator.storage)
    else:
        again = type(operator)(operator.to_dense(), dtype=operator.storage)
        assert np.array_equal(again.to_dense(), operator.to_dense())
    assert np.array_equal(again.forward(X), operator.forward(X))
    assert np.array_equal(again.adjoint(r), operator.adjoint(r))


@quick
@given(measured(), st.integers(1, 9))
def test_threads_do_not_show(case, n_threads):
    operator, _, X, r = case
    assert np.array_equal(operator.forward(X, n_threads=n_threads), operator.forward(X))
    assert np.array_equal(operator.adjoint(r, n_threads=n_threads), operator.adjoint(r))


@quick
@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 2**64))
def test_rows_of_an_ensemble_are_functions_of_seed_and_position(m, d, seed):
    few = DenseSymmetric.gaussian(m, d, rng=seed).to_dense()
    many = DenseSymmetric.gaussian(m + 3, d, rng=seed).to_dense()
    assert np.array_equal(few, many[:m])
    few, many = (RankOne.gaussian(n, d, 2, rng=seed).vectors() for n in (m, m + 3))
    for one, other in zip(few, many, strict=True):
        assert np.array_equal(one, other[:m])

"""operator.gram(): a smaller operator with the same normal operator."""

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric, Operator
from ipgd.operators.gram import Gram
from scipy.sparse.linalg import LinearOperator, aslinearoperator

TOLERANCE = 1e-13
# p = 21 and 20 free entries: m below, at and above p, and beyond 3 (p + 1), where R takes in A in
# several stretches
SYMMETRIC = [("symmetric", m) for m in (1, 5, 20, 21, 22, 60, 66, 67, 300)]
RECTANGULAR = [("rectangular", m) for m in (1, 7, 20, 21, 63, 64, 200)]


def operator_of(kind, m, **storage):
    rng = np.random.default_rng([m, len(kind)])
    if kind == "symmetric":
        return DenseSymmetric(rng.standard_normal((m, 6, 6)), **storage)
    return Dense(rng.standard_normal((m, 4, 5)), **storage)


def flat(operator):
    return operator.to_dense().reshape(operator.shape)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "int8"])
@pytest.mark.parametrize(("kind", "m"), SYMMETRIC + RECTANGULAR)
def test_the_normal_operator_is_the_same(kind, m, dtype):
    operator = operator_of(kind, m, dtype=dtype)
    R, A = operator.gram(), flat(operator)
    normal = R.rmatmat(R.matmat(np.eye(A.shape[1])))
    assert np.linalg.norm(normal - A.T @ A) <= TOLERANCE * np.linalg.norm(A) ** 2
    X = np.random.default_rng(0).standard_normal(operator.matrix_shape)
    energy = np.linalg.norm(A) ** 2 * np.linalg.norm(X) ** 2
    norms = np.linalg.norm(R.forward(X)), np.linalg.norm(A @ X.reshape(-1))
    assert abs(norms[0] ** 2 - norms[1] ** 2) <= TOLERANCE * energy


@pytest.mark.parametrize("kind", ["symmetric", "rectangular"])
def test_a_deficient_operator_has_a_gram_too(kind):
    """Equal rows, a row of zeros, and an entry that no A_i sees."""
    A = operator_of(kind, 40).to_dense()
    A[3] = A[2]
    A[5] = 0
    A[:, 2, 2] = 0
    operator = DenseSymmetric(A) if kind == "symmetric" else Dense(A)
    R = operator.gram()
    X = np.random.default_rng(0).standard_normal(operator.matrix_shape)
    expected = operator.adjoint(operator.forward(X))
    error = np.linalg.norm(R.adjoint(R.forward(X)) - expected)
    assert error <= TOLERANCE * np.linalg.norm(A) ** 2 * np.linalg.norm(X)


@pytest.mark.parametrize("d", [20, 33])
def test_it_takes_the_bytes_of_a_triangle(d):
    p = d * (d + 1) // 2
    operator = DenseSymmetric.gaussian(2 * p, d, rng=0, dtype="float64")
    R = operator.gram()
    triangle = 8 * p * (p + 1) // 2
    assert triangle <= R.nbytes <= 1.15 * triangle  # rows come by sixteen, and entries by eight
    assert R.nbytes < 0.3 * operator.nbytes


def test_names_and_shape():
    operator = operator_of("rectangular", 200, dtype="int8")
    R = operator.gram()
    assert isinstance(R, Operator)
    assert isinstance(R, Gram)
    assert R.matrix_shape == operator.matrix_shape
    assert R.shape[1] == operator.shape[1]
    assert 20 <= R.shape[0] < 20 + 16  # rows come by sixteen
    assert (R.storage, R.sums, R.symmetric) == ("float64", "float64", False)
    assert operator_of("symmetric", 50).gram().symmetric
    assert repr(R) == f"Gram(m={R.shape[0]}, 4 x 5, float64, {R.nbytes / 1e6:.3g} MB)"


@pytest.mark.parametrize("kind", ["symmetric", "rectangular"])
def test_it_is_a_linear_operator_of_scipy(kind):
    R = operator_of(kind, 90).gram()
    wrapped = aslinearoperator(R)
    assert isinstance(wrapped, LinearOperator)
    m, n = wrapped.shape
    columns = wrapped.matmat(np.eye(n))
    rng = np.random.default_rng(0)
    x, r = rng.standard_normal(n), rng.standard_normal(m)
    np.testing.assert_allclose(wrapped.matvec(x), columns @ x, rtol=0, atol=1e-12)
    np.testing.assert_allclose(wrapped.rmatvec(r), columns.T @ r, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(R @ x, R.matvec(x))
    residual, G = R.residual_adjoint(x.reshape(R.matrix_shape), r)
    np.testing.assert_allclose(residual, columns @ x - r, rtol=0, atol=1e-12)
    expected = (columns.T @ residual).reshape(R.matrix_shape)
    np.testing.assert_allclose(G, expected, rtol=0, atol=1e-11)


def test_only_the_symmetric_part_of_theta_is_seen():
    R = operator_of("symmetric", 50).gram()
    X = np.random.default_rng(0).standard_normal((6, 6))
    np.testing.assert_array_equal(R.forward(X), R.forward(X.T))
    G = R.adjoint(np.random.default_rng(1).standard_normal(R.shape[0]))
    np.testing.assert_array_equal(G, G.T)


@pytest.mark.parametrize("kind", ["symmetric", "rectangular"])
@pytest.mark.parametrize("m", [15, 21, 400])
def test_threads_do_not_change_a_bit(kind, m):
    operator = operator_of(kind, m)
    X = np.random.default_rng(0).standard_normal(operator.matrix_shape)
    first = operator.gram(n_threads=1)
    y = first.forward(X, n_threads=1)
    G = first.adjoint(y, n_threads=1)
    for n_threads in (2, 3, 7, None):
        R = operator.gram(n_threads=n_threads)
        np.testing.assert_array_equal(R.forward(X, n_threads=n_threads), y)
        np.testing.assert_array_equal(R.adjoint(y, n_threads=n_threads), G)


def test_a_problem_may_be_made_of_it():
    truth = np.outer([1.0, 2, 0, 1, 0, 1], [1.0, 2, 0, 1, 0, 1]) / 7
    R = operator_of("symmetric", 100).gram()
    problem = ipgd.Problem(R, R.forward(truth), truth)
    solution = ipgd.solve(problem, record=("test_error",), rng=0)
    assert solution.success
    assert solution.history["test_error"][-1] < 1e-4
    assert solution.settings["operator"] == {
        "name": "Gram",
        "matrix_shape": [6, 6],
        "storage": "float64",
        "gram": False,
    }


def test_a_gram_that_does_not_fit_is_refused_before_the_work(monkeypatch):
    operator = DenseSymmetric.gaussian(100, 10, rng=0)
    monkeypatch.setattr("ipgd._support.memory.total_memory", lambda: 9000)
    monkeypatch.setattr("ipgd._core.gram", lambda *_: pytest.fail("it was computed"))
    words = (
        r"^gram: expected what fits in memory \(9 kB\), got a QR factorisation of 100 x 55 float64 "
        r"numbers: \d\d\.\d kB$"
    )
    with pytest.raises(MemoryError, match=words):
        operator.gram()
    problem = ipgd.Problem(operator, np.ones(100))
    with pytest.raises(MemoryError, match=words):
        ipgd.solve(problem, gram=True)


@pytest.mark.parametrize("bad", [0, -3, 1.5, "all"])
def test_thread_counts_that_make_no_sense(bad):
    with pytest.raises((ValueError, TypeError), match=r"^n_threads: expected an integer"):
        operator_of("symmetric", 5).gram(n_threads=bad)

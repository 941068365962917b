"""Operators as SciPy's linear operators: what SciPy asks of its own, asked of ours."""

import operator as python
import pickle

import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric, Entries, RankOne
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.optimize import lsq_linear
from scipy.sparse.linalg import LinearOperator, aslinearoperator, lsqr, svds


def small(name):
    """An operator of 4 measurements of 2 x 3 (or 3 x 3) matrices of small whole numbers."""
    rng = np.random.default_rng(3)
    whole = lambda *shape: rng.integers(-3, 4, shape).astype(float)  # noqa: E731
    symmetric = whole(4, 3, 3)
    makes = {
        "Dense": lambda: Dense(whole(4, 2, 3)),
        "Dense square": lambda: Dense(whole(4, 2, 2)),
        "DenseSymmetric": lambda: DenseSymmetric(symmetric + symmetric.transpose(0, 2, 1)),
        "Entries": lambda: Entries([1, 0, 1, 0], [2, 0, 0, 1], (2, 3)),
        "RankOne": lambda: RankOne(whole(4, 3)),
        "RankOne a b": lambda: RankOne(whole(4, 2), whole(4, 3)),
        "Gram": lambda: Dense(whole(4, 2, 3)).gram(),
    }
    return makes[name]()


@pytest.fixture(
    params=["Dense", "Dense square", "DenseSymmetric", "Entries", "RankOne", "RankOne a b", "Gram"]
)
def op(request):
    return small(request.param)


@pytest.fixture
def matrix(op):
    """The dense matrix, by the plain way: column j is the image of the j-th unit matrix."""
    units = np.eye(op.shape[1]).reshape(-1, *op.matrix_shape)
    return np.stack([op.forward(unit) for unit in units], axis=1)


def some(*shape, kind=float):
    rng = np.random.default_rng(sum(shape))
    values = rng.standard_normal(shape)
    return values + 1j * rng.standard_normal(shape) if kind is complex else values


def close(actual, expected):
    assert isinstance(actual, np.ndarray)
    assert_allclose(actual, expected, rtol=0, atol=1e-12 * max(1, np.abs(expected).max()))


@pytest.mark.parametrize("kind", [float, complex])
def test_products_with_vectors_and_columns(op, matrix, kind):
    m, n = op.shape
    wrapped = aslinearoperator(op)
    for A in (op, wrapped, op.aslinearoperator()):
        for x in (some(n, kind=kind), some(n, 1, kind=kind)):
            for product in (A.matvec(x), A @ x, A.dot(x), A * x, A(x), python.matmul(A, x)):
                close(product, matrix @ x)
        for y in (some(m, kind=kind), some(m, 1, kind=kind)):
            for product in (A.rmatvec(y), A.H.matvec(y), A.T @ y, A.H @ y):
                close(product, matrix.T @ y)
        for y in (some(m, kind=kind), some(2, m, kind=kind)):
            close(y @ A, y @ matrix)
        for k in (1, 3, 40):
            X, Y = some(n, k, kind=kind), some(m, k, kind=kind)
            close(A.matmat(X), matrix @ X)
            close(A @ X, matrix @ X)
            close(A.rmatmat(Y), matrix.T @ Y)
            close(A.H.matmat(Y), matrix.T @ Y)
            close(A.T.matmat(Y), matrix.T @ Y)


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_lists_matrices_and_no_columns(op, matrix):
    m, n = op.shape
    close(op @ list(range(n)), matrix @ np.arange(n))
    close(op.matvec(np.asmatrix(some(n, 1))), matrix @ some(n, 1))
    close(list(range(m)) @ op, np.arange(m) @ matrix)
    assert op.matmat(np.empty((n, 0))).shape == (m, 0)
    assert op.rmatmat(np.empty((m, 0))).shape == (n, 0)


def test_sparse_columns_are_columns(op, matrix):
    m, n = op.shape
    for kind in (sparse.csr_array, sparse.coo_matrix):
        close(op @ kind(np.eye(n)), matrix)
        close(op.dot(kind(np.eye(n))), matrix)
        close(op.rmatmat(kind(np.eye(m))), matrix.T)


def test_algebra(op, matrix):
    m, n = op.shape
    x, X, y, Y = some(n), some(n, 2), some(m), some(m, 2)
    theirs = aslinearoperator(2 * matrix)
    for A, dense in (
        (2 * op, 2 * matrix),
        (op * 2, 2 * matrix),
        (2j * op, 2j * matrix),
        (op / 2, matrix / 2),
        (op + op, 2 * matrix),
        (op - 2 * op, -matrix),
        (2 * op - op, matrix),
        (-op, -matrix),
        (op + 2j * op, (1 + 2j) * matrix),
        (theirs + op, 3 * matrix),
        (op + theirs, 3 * matrix),
        (theirs - op, matrix),
        (op - theirs, -matrix),
    ):
        assert isinstance(A, LinearOperator)
        for product, expected in (
            (A @ x, dense @ x),
            (A @ X, dense @ X),
            (A.rmatvec(y), dense.conj().T @ y),
            (A.rmatmat(Y), dense.conj().T @ Y),
            (A.H.matvec(y), dense.conj().T @ y),
            (A.adjoint() @ y, dense.conj().T @ y),
            (A.T @ y, dense.T @ y),
        ):
            close(product, expected)
    normal = op.H @ op
    assert isinstance(normal, LinearOperator)
    close(normal @ x, matrix.T @ (matrix @ x))
    close((op @ op.T) @ y, matrix @ (matrix.T @ y))
    close(normal**2 @ x, matrix.T @ matrix @ matrix.T @ matrix @ x)
    assert (2 * op).args[1] == 2
    assert (2j * op).dtype == complex
    assert op.aslinearoperator().dtype == op.dtype == float


def test_what_makes_no_sense_is_refused(op):
    m, n = op.shape
    for x in (some(n + 1), some(n + 1, 1), some(1, n), 1.0):
        with pytest.raises(ValueError, match=r"^x: expected shape "):
            op.matvec(x)
    with pytest.raises(ValueError, match=r"^X: expected shape "):
        op.matmat(some(m + n, 2))
    with pytest.raises(ValueError, match=r"^x: expected an array for @, got a number"):
        op @ 2
    with pytest.raises(ValueError, match=r"^x: expected an array for @, got a number"):
        2 @ op
    if m != n:
        with pytest.raises(ValueError, match="square"):
            op**2
    with pytest.raises(TypeError, match=r"^x: .* without mask"):
        op.matvec(np.ma.array(some(n), mask=np.arange(n) == 1))
    with pytest.raises(ValueError, match=r"^x: expected finite numbers"):
        op.matvec(np.full(n, np.nan))
    with pytest.raises(TypeError, match=r"^X: expected an array of real numbers, got dtype <U"):
        op.matmat(np.full((n, 1), "a"))


def test_as_an_array(op, matrix):
    assert np.array_equal(np.asarray(op), matrix) or np.allclose(np.asarray(op), matrix, atol=1e-14)
    assert np.asarray(op, np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="copy"):
        np.array(op, copy=False)


def test_an_array_that_does_not_fit_is_refused():
    op = Entries([0], [0], (2**26, 2**20))
    with pytest.raises(MemoryError, match=r"^operator: .* a 1 x 70368744177664 matrix"):
        np.asarray(op)


def test_solvers_take_an_operator(op, matrix):
    y = matrix @ some(op.shape[1])
    expected = np.linalg.lstsq(matrix, y, rcond=None)[0]
    assert_allclose(lsqr(op, y, atol=1e-14, btol=1e-14)[0], expected, atol=1e-8)
    assert_allclose(matrix @ lsq_linear(op, y).x, y, atol=1e-8)
    sigma = np.sort(svds(op, k=2, return_singular_vectors=False, rng=0))
    largest = np.sort(np.linalg.svd(matrix, compute_uv=False))[-2:]
    assert_allclose(sigma, largest, atol=1e-8)


def test_columns_share_a_pass(op, matrix, monkeypatch):
    passes = []
    many = type(op)._forward_many
    monkeypatch.setattr(
        type(op), "_forward_many", lambda self, t: passes.append(len(t)) or many(self, t)
    )
    X = some(op.shape[1], 33)
    close(op.aslinearoperator() @ X, matrix @ X)
    assert passes == [32, 1]


def test_columns_have_the_bits_of_vectors():
    for op in (DenseSymmetric.gaussian(300, 12, rng=0), Dense.gaussian(300, 7, 5, rng=0)):
        X, Y = some(op.shape[1], 5), some(op.shape[0], 5)
        assert np.array_equal(op @ X, np.stack([op @ x for x in X.T], axis=1))
        assert np.array_equal(op.rmatmat(Y), np.stack([op.rmatvec(y) for y in Y.T], axis=1))


def test_the_scipy_operator_is_pickled():
    again = pickle.loads(pickle.dumps(2 * small("Dense")))
    assert np.array_equal(again @ np.ones(6), 2 * (small("Dense") @ np.ones(6)))

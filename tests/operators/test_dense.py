"""Dense operators against numpy's einsum, and as SciPy linear operators."""

import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric, Operator
from scipy.sparse.linalg import LinearOperator, aslinearoperator, lsqr

TOLERANCE = 1e-13
SHAPES = [(d, d) for d in (1, 2, 7, 33)] + [(1, 7), (7, 2), (33, 7), (2, 33)]
MEASUREMENTS = (1, 3, 1000)
STORAGE = ("float64", "float32")


def symmetric_part(A):
    return (A + np.swapaxes(A, -1, -2)) / 2


@pytest.fixture(params=STORAGE)
def dtype(request):
    return request.param


@pytest.fixture(params=MEASUREMENTS)
def m(request):
    return request.param


@pytest.fixture(
    params=[("symmetric", d, d) for d in (1, 2, 7, 33)] + [("dense", *s) for s in SHAPES],
    ids=lambda p: f"{p[0]}-{p[1]}x{p[2]}",
)
def case(request, m, dtype):
    """An operator, the matrices it ought to hold, and a generator."""
    kind, d1, d2 = request.param
    rng = np.random.default_rng([m, d1, d2])
    A = rng.standard_normal((m, d1, d2))
    given = A.copy()
    if kind == "symmetric":
        operator = DenseSymmetric(A, dtype=dtype)
        held = symmetric_part(A).astype(dtype).astype(float)
    else:
        operator = Dense(A, dtype=dtype)
        held = A.astype(dtype).astype(float)
    assert np.array_equal(A, given)
    return operator, held, rng


def test_forward_is_the_inner_product_with_every_matrix(case):
    operator, A, rng = case
    X = rng.standard_normal(operator.matrix_shape)
    expected = np.einsum("iab,ab->i", A, X)
    bound = TOLERANCE * np.linalg.norm(A, axis=(1, 2)) * np.linalg.norm(X)
    assert np.all(np.abs(operator.forward(X) - expected) <= bound)


def test_adjoint_is_the_weighted_sum_of_the_matrices(case):
    operator, A, rng = case
    r = rng.standard_normal(operator.shape[0])
    expected = np.einsum("i,iab->ab", r, A)
    error = np.linalg.norm(operator.adjoint(r) - expected)
    assert error <= TOLERANCE * np.linalg.norm(A) * np.linalg.norm(r)


def test_forward_and_adjoint_are_adjoint(case):
    operator, _, rng = case
    X = rng.standard_normal(operator.matrix_shape)
    r = rng.standard_normal(operator.shape[0])
    y, G = operator.forward(X), operator.adjoint(r)
    scale = max(np.linalg.norm(y) * np.linalg.norm(r), np.linalg.norm(X) * np.linalg.norm(G))
    assert abs(y @ r - np.sum(X * G)) <= TOLERANCE * scale


def test_residual_adjoint_is_both_at_once(case):
    operator, A, rng = case
    X = rng.standard_normal(operator.matrix_shape)
    y = rng.standard_normal(operator.shape[0])
    r, G = operator.residual_adjoint(X, y)
    expected = np.einsum("iab,ab->i", A, X) - y
    scale = np.linalg.norm(A, axis=(1, 2)) * np.linalg.norm(X) + np.abs(y)
    assert np.all(np.abs(r - expected) <= TOLERANCE * scale)
    back = np.einsum("i,iab->ab", r, A)
    assert np.linalg.norm(G - back) <= TOLERANCE * np.linalg.norm(A) * np.linalg.norm(r)


def test_the_stored_matrices_come_back(case):
    operator, A, _ = case
    assert np.array_equal(operator.to_dense(), A)
    assert np.array_equal(operator.to_dense(1, 3), A[1:3])
    assert np.array_equal(operator.to_dense(-1), A[-1:])
    assert operator.to_dense(2, 1).shape == (0, *operator.matrix_shape)


def test_linear_operator_products(case):
    operator, A, rng = case
    flat = A.reshape(len(A), -1)
    m, n = flat.shape
    assert operator.shape == (m, n)
    wrapped = aslinearoperator(operator)
    assert isinstance(wrapped, LinearOperator)
    X, R = rng.standard_normal((n, 3)), rng.standard_normal((m, 2))
    scale = TOLERANCE * np.linalg.norm(flat)
    assert np.linalg.norm(wrapped.matmat(X) - flat @ X) <= scale * np.linalg.norm(X)
    assert np.linalg.norm(wrapped.rmatmat(R) - flat.T @ R) <= scale * np.linalg.norm(R)
    assert np.array_equal(wrapped @ X[:, 0], operator.matvec(X[:, 0]))
    assert np.array_equal(wrapped.H @ R[:, 0], operator.rmatvec(R[:, 0]))


def test_shapes_of_the_products():
    operator = Dense(np.arange(24.0).reshape(2, 3, 4))
    assert operator.matvec(np.ones(12)).shape == (2,)
    assert operator.matvec(np.ones((12, 1))).shape == (2, 1)
    assert operator.rmatvec(np.ones(2)).shape == (12,)
    assert operator.rmatvec(np.ones((2, 1))).shape == (12, 1)
    assert operator.matmat(np.ones((12, 5))).shape == (2, 5)
    assert operator.rmatmat(np.ones((2, 5))).shape == (12, 5)
    assert (operator @ np.ones(12)).shape == (2,)
    assert (operator @ np.ones((12, 5))).shape == (2, 5)


def test_lsqr_solves_an_overdetermined_system(dtype):
    operator = Dense(np.random.default_rng(0).standard_normal((60, 4, 5)), dtype=dtype)
    truth = np.random.default_rng(1).standard_normal((4, 5))
    solved = lsqr(operator, operator.forward(truth), atol=1e-14, btol=1e-14)[0]
    assert np.allclose(solved.reshape(4, 5), truth, rtol=0, atol=1e-10)


@pytest.mark.parametrize("make", [DenseSymmetric, Dense])
def test_default_storage_is_float32_exactly_when_nothing_is_lost(make):
    exact = np.random.default_rng(0).integers(-1000, 1000, (5, 4, 4)).astype(float)
    exact += np.swapaxes(exact, 1, 2)
    assert make(exact).storage == "float32"
    assert np.array_equal(make(exact).to_dense(), exact)
    exact[4, 3, 3] += 2.0**-40
    assert make(exact).storage == "float64"
    assert np.array_equal(make(exact).to_dense(), exact)
    assert make(np.full((1, 1, 1), 1e300)).storage == "float64"


@pytest.mark.parametrize("make", [DenseSymmetric, Dense])
def test_blocks_of_rows_join_without_a_seam(make, monkeypatch):
    monkeypatch.setattr("ipgd.operators.dense._BLOCK_BYTES", 8 * 16 * 3)
    A = np.random.default_rng(0).standard_normal((10, 4, 4)).astype(np.float32).astype(float)
    A = (A + np.swapaxes(A, 1, 2)) * 4
    A[:] = A.astype(np.float32)
    assert make(A).storage == "float32"
    assert np.array_equal(make(A).to_dense(), A)
    A[7, 1, 1] = 0.1  # only the third block cannot be float32
    assert make(A).storage == "float64"
    assert np.array_equal(make(A).to_dense(), A)
    A[9, 2, 3] = np.nan
    with pytest.raises(
        ValueError, match=r"A: expected finite numbers, got nan at index \(9, 2, 3\)"
    ):
        make(A)


def test_float32_storage_halves_the_bytes():
    A = np.zeros((8, 16, 16))
    assert Dense(A, dtype="float32").nbytes * 2 == Dense(A, dtype="float64").nbytes
    packed, full = DenseSymmetric(A, dtype="float64").nbytes, Dense(A, dtype="float64").nbytes
    assert packed / full == pytest.approx(136 / 256)


def test_only_the_symmetric_part_of_theta_is_seen():
    rng = np.random.default_rng(0)
    operator = DenseSymmetric(rng.standard_normal((9, 5, 5)))
    X = rng.standard_normal((5, 5))
    assert np.array_equal(operator.forward(X), operator.forward(X.T))
    G = operator.adjoint(rng.standard_normal(9))
    assert np.array_equal(G, G.T)


def test_gaussian_ensembles_are_isotropic():
    for operator in (
        DenseSymmetric.gaussian(4000, 6, rng=0),
        Dense.gaussian(4000, 6, 4, rng=0),
    ):
        rng = np.random.default_rng(3)
        X = rng.standard_normal(operator.matrix_shape)
        X = symmetric_part(X) if operator.symmetric else X
        energy = np.mean(operator.forward(X) ** 2) / np.linalg.norm(X) ** 2
        assert energy == pytest.approx(1, abs=6 * np.sqrt(2 / 4000))


def test_entries_of_the_symmetric_ensemble_have_the_stated_variances():
    A = DenseSymmetric.gaussian(4000, 6, rng=0).to_dense()
    diagonal = A[:, np.arange(6), np.arange(6)]
    off = A[:, *np.tril_indices(6, -1)]
    assert np.var(diagonal) == pytest.approx(1, abs=0.05)
    assert np.var(off) == pytest.approx(0.5, abs=0.02)
    assert np.array_equal(A, np.swapaxes(A, 1, 2))


def test_storage_does_not_change_a_generated_operator():
    for make in (
        lambda dtype: DenseSymmetric.gaussian(50, 9, rng=4, dtype=dtype),
        lambda dtype: Dense.gaussian(50, 9, 4, rng=4, dtype=dtype),
    ):
        default, wide, narrow = make(None), make("float64"), make("float32")
        assert (default.storage, wide.storage, narrow.storage) == ("float32", "float64", "float32")
        X = np.random.default_rng(0).standard_normal(wide.matrix_shape)
        assert np.array_equal(wide.to_dense(), narrow.to_dense())
        assert np.array_equal(wide.forward(X), narrow.forward(X))


def test_a_row_of_the_ensemble_does_not_depend_on_how_many_there_are():
    few, many = (DenseSymmetric.gaussian(m, 9, rng=4).to_dense() for m in (3, 30))
    assert np.array_equal(few, many[:3])
    other = DenseSymmetric.gaussian(3, 9, rng=5).to_dense()
    assert not np.any(few == other)


def test_repr_and_attributes():
    operator = Dense(np.ones((3, 2, 5)))
    assert repr(operator) == "Dense(m=3, 2 x 5, float32, 0.000192 MB)"
    assert isinstance(operator, Operator)
    assert (operator.matrix_shape, operator.symmetric) == ((2, 5), False)
    assert operator.forward(np.ones((2, 5))).dtype == operator.adjoint(np.ones(3)).dtype
    assert operator.dtype == operator.forward(np.ones((2, 5))).dtype == np.float64
    assert DenseSymmetric(np.ones((3, 2, 2))).symmetric

"""The advice in errors about complex numbers, followed to the end."""

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric, RankOne

STOP = ipgd.Stop(relative_loss=1e-14)


def complex_normals(rng, *shape):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / np.sqrt(2)


def low_rank(rng, d, rank, kind):
    u = complex_normals(rng, d, rank) if kind is complex else rng.standard_normal((d, rank))
    return u @ u.conj().T


def found(operator, y, **options):
    solution = ipgd.solve(ipgd.Problem(operator, y), max_iter=20_000, stop=STOP, rng=0, **options)
    return solution.theta()


def error(found, truth):
    return np.linalg.norm(found - truth) / np.linalg.norm(truth)


def blocks(A):
    """[[Re A, -Im A], [Im A, Re A]]."""
    return np.concatenate(
        [np.concatenate([A.real, -A.imag], axis=-1), np.concatenate([A.imag, A.real], axis=-1)],
        axis=-2,
    )


def hermitian(T):
    """T11 + T22 + 1j (T21 - T12)."""
    d = len(T) // 2
    return T[:d, :d] + T[d:, d:] + 1j * (T[d:, :d] - T[:d, d:])


def test_two_measurements_of_a_real_theta():
    rng = np.random.default_rng(0)
    A = complex_normals(rng, 120, 8, 8)
    A = A + A.transpose(0, 2, 1)  # complex symmetric
    truth = low_rank(rng, 8, 1, float)
    y = np.einsum("ijk,jk->i", A, truth)
    with pytest.raises(TypeError, match="for a real Theta pass Re A_i and Im A_i as two meas"):
        DenseSymmetric(A)
    both, image = np.concatenate([A.real, A.imag]), np.concatenate([y.real, y.imag])
    assert error(found(DenseSymmetric(both), image), truth) < 1e-5
    with pytest.raises(TypeError, match="for a real Theta pass Re A_i and Im A_i as two meas"):
        Dense(A)
    assert error(found(Dense(both), image), truth) < 1e-4


def test_hermitian_matrices_as_blocks():
    rng = np.random.default_rng(1)
    A = complex_normals(rng, 300, 6, 6)
    A = A + A.conj().transpose(0, 2, 1)
    truth = low_rank(rng, 6, 1, complex)
    y = np.einsum("ijk,kj->i", A, truth)  # tr(A Theta)
    assert np.abs(y.imag).max() < 1e-12
    words = r"pass \[\[Re A_i, -Im A_i\], \[Im A_i, Re A_i\]\] .* T11 \+ T22 \+ 1j \(T21 - T12\)"
    with pytest.raises(TypeError, match=words):
        DenseSymmetric(A)
    T = found(DenseSymmetric(blocks(A)), y.real, parameterization=ipgd.SymmetricFactor(4))
    assert error(hermitian(T), truth) < 1e-4


def test_a_complex_rectangular_theta_as_two_blocks():
    rng = np.random.default_rng(2)
    A = complex_normals(rng, 200, 5, 4)
    truth = complex_normals(rng, 5, 1) @ complex_normals(rng, 1, 4)
    y = np.einsum("ijk,jk->i", A, truth)
    with pytest.raises(TypeError, match=r"\[Re A_i; -Im A_i\] and \[Im A_i; Re A_i\]"):
        Dense(A)
    real, imaginary = A.real, A.imag
    measured = np.concatenate(
        [np.concatenate([real, -imaginary], axis=1), np.concatenate([imaginary, real], axis=1)]
    )
    S = found(Dense(measured), np.concatenate([y.real, y.imag]))
    assert error(S[:5] + 1j * S[5:], truth) < 1e-4


@pytest.mark.parametrize("kind", [float, complex])
def test_complex_quadratic_forms_are_of_rank_two(kind):
    rng = np.random.default_rng(3)
    X = complex_normals(rng, 300, 6)
    truth = low_rank(rng, 6, 1, kind)
    y = np.einsum("ij,jk,ik->i", X.conj(), truth, X)
    assert np.abs(y.imag).max() < 1e-12
    words = r"A_i = Re a_i Re a_iᵀ \+ Im a_i Im a_iᵀ, for a Hermitian one with A_i = a_i a_i\^H as"
    for make in (RankOne, lambda X: ipgd.QuadraticRegression(X, y.real)):
        with pytest.raises(TypeError, match=words):
            make(X)
    if kind is float:
        A = np.einsum("ij,ik->ijk", X.real, X.real) + np.einsum("ij,ik->ijk", X.imag, X.imag)
        theta = found(DenseSymmetric(A), y.real, parameterization=ipgd.SymmetricFactor(1))
        assert error(theta, truth) < 1e-4
    else:
        A = blocks(np.einsum("ij,ik->ijk", X, X.conj()))
        T = found(DenseSymmetric(A), y.real, parameterization=ipgd.SymmetricFactor(2))
        assert error(hermitian(T), truth) < 1e-4


def test_complex_bilinear_forms_are_two_dense_measurements():
    rng = np.random.default_rng(4)
    X, Y = complex_normals(rng, 200, 5), complex_normals(rng, 200, 4)
    truth = np.outer(rng.standard_normal(5), rng.standard_normal(4))
    y = np.einsum("ij,jk,ik->i", X, truth, Y)
    with pytest.raises(TypeError, match=r"^X: .*use Dense: .* Re \(a_i b_iᵀ\) and Im \(a_i b_iᵀ\)"):
        RankOne(X, Y)
    with pytest.raises(TypeError, match=r"^Y: .*use Dense: .* Re \(a_i b_iᵀ\) and Im \(a_i b_iᵀ\)"):
        RankOne(X.real, Y)
    A = np.einsum("ij,ik->ijk", X, Y)
    operator = Dense(np.concatenate([A.real, A.imag]))
    assert error(found(operator, np.concatenate([y.real, y.imag])), truth) < 1e-4


def test_parts_of_y_are_two_problems():
    rng = np.random.default_rng(5)
    A = rng.standard_normal((200, 6, 5))
    truth = complex_normals(rng, 6, 1) @ complex_normals(rng, 1, 5)
    y = np.einsum("ijk,jk->i", A, truth)
    operator = Dense(A)
    with pytest.raises(TypeError, match=r"^y: .*Re y and Im y measure Re Theta and Im Theta: two"):
        ipgd.Problem(operator, y)
    assert error(found(operator, y.real) + 1j * found(operator, y.imag), truth) < 1e-4


def test_both_parts_of_a_matrix_are_completed_side_by_side():
    rng = np.random.default_rng(6)
    truth = complex_normals(rng, 40, 1) @ complex_normals(rng, 1, 30)
    rows, cols = np.nonzero(rng.random((40, 30)) < 0.6)
    values = truth[rows, cols]
    with pytest.raises(
        TypeError, match=r"^values: .* side by side, \[Re, Im\] \(d1 x 2 d2; NaN in both"
    ):
        ipgd.MatrixCompletion((rows, cols, values))
    unseen = np.full(truth.shape, complex(np.nan, np.nan))
    unseen[rows, cols] = values
    with pytest.raises(TypeError, match=r"^data: .* side by side, \[Re, Im\]"):
        ipgd.MatrixCompletion(unseen)
    problem = ipgd.MatrixCompletion(np.concatenate([unseen.real, unseen.imag], axis=1))
    solution = ipgd.solve(
        problem, parameterization=ipgd.AsymmetricFactor(2), stop=STOP, max_iter=20_000, rng=0
    )
    both = solution.theta()
    assert error(both[:, :30] + 1j * both[:, 30:], truth) < 1e-4


@pytest.mark.parametrize("kind", [float, complex])
def test_complex_rows_of_a_sparse_vector(kind):
    rng = np.random.default_rng(7)
    A = complex_normals(rng, 60, 40)
    truth = np.zeros(40, kind)
    truth[[3, 17]] = [1.0, -1.0] if kind is float else [1.0 + 0.5j, -1.0j]
    y = A @ truth
    with pytest.raises(TypeError, match=r"^A: .*for a real theta pass Re A and Im A below each"):
        ipgd.sparse_regression_data(A, y)
    image = np.concatenate([y.real, y.imag])
    matrix = np.concatenate([A.real, A.imag]) if kind is float else blocks(A)
    solution = ipgd.solve(ipgd.sparse_regression_data(matrix, image), max_iter=50_000)
    theta = solution.theta()[:, 0]
    theta = theta if kind is float else theta[:40] + 1j * theta[40:]
    assert error(theta, truth) < 1e-2


def test_linear_maps_are_applied_to_both_parts():
    rng = np.random.default_rng(8)
    A = rng.standard_normal((20, 3, 2))
    operator = Dense(A)
    theta, r = complex_normals(rng, 3, 2), complex_normals(rng, 20)
    with pytest.raises(
        TypeError, match=r"^theta: .*apply it to the real and to the imaginary part"
    ):
        operator.forward(theta)
    image = operator.forward(theta.real) + 1j * operator.forward(theta.imag)
    np.testing.assert_allclose(image, np.einsum("ijk,jk->i", A, theta), atol=1e-12)
    with pytest.raises(TypeError, match=r"^residual: .*apply it to the real and to the imaginary"):
        operator.adjoint(r)
    back = operator.adjoint(r.real) + 1j * operator.adjoint(r.imag)
    np.testing.assert_allclose(back, np.einsum("ijk,i->jk", A, r), atol=1e-12)

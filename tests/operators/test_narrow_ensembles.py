"""Ensembles drawn in narrow storage: on which grid they lie, and that they still recover."""

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric

DTYPES = ("float64", "float32", "bfloat16", "int8")
GRID = np.float32(24)  # steps a standard deviation
STEP = 1 / np.sqrt(576 + 1 / 12)  # rounding to a step adds 1/12 to the variance


def to_bfloat16(x):
    """The nearest numbers of 8 significant bits, ties to even."""
    fraction, exponent = np.frexp(x)
    return np.ldexp(np.rint(fraction * 2**8), exponent - 8)


def normals(dtype, *, m=300, d=21):
    """The N(0, 1) numbers that a symmetric ensemble is made of, as stored."""
    A = DenseSymmetric.gaussian(m, d, rng=3, dtype=dtype).to_dense()
    rows, columns = np.tril_indices(d)
    return A[:, rows, columns] * np.where(rows == columns, 1, np.sqrt(2))


def test_bfloat16_is_the_same_ensemble_rounded():
    wide, narrow = (
        Dense.gaussian(300, 21, 9, rng=3, dtype=dtype).to_dense()
        for dtype in ("float64", "bfloat16")
    )
    np.testing.assert_array_equal(narrow, to_bfloat16(wide))
    drawn = normals("float64").astype(np.float32).astype(float)  # without the rounding of sqrt(2)
    np.testing.assert_allclose(normals("bfloat16"), to_bfloat16(drawn), rtol=1e-15)


def test_int8_is_the_same_ensemble_on_a_grid():
    wide, narrow = (
        Dense.gaussian(300, 21, 9, rng=3, dtype=dtype).to_dense() for dtype in ("float64", "int8")
    )
    counts = np.clip(np.rint(wide.astype(np.float32) * GRID), -127, 127)
    np.testing.assert_allclose(narrow, STEP * counts, rtol=1e-15)
    drawn = normals("float64").astype(np.float32)
    counts = np.clip(np.rint(drawn * GRID), -127, 127)
    np.testing.assert_allclose(normals("int8"), STEP * counts, rtol=1e-15)


def test_int8_entries_are_sub_gaussian_of_unit_variance():
    """q rounded from 24 z has variance 576 + 1/12 and a fourth moment below that of a Gaussian.

    E q^4 = 3 * 576^2 + 576/2 + 1/80 (Sheppard) = 3 (E q^2)^2 - 1/120, and what is cut off at
    5.3 standard deviations only takes away. Sample moments are within six standard deviations.
    """
    z = normals("int8", m=4000).reshape(-1)
    n = z.size
    assert abs(np.mean(z)) <= 6 / np.sqrt(n)
    assert abs(np.var(z) - 1) <= 6 * np.sqrt(2 / n)
    kurtosis = np.mean(z**4) / np.mean(z**2) ** 2
    assert abs(kurtosis - 3) <= 6 * np.sqrt(24 / n)
    assert np.abs(z).max() <= 127 * STEP * (1 + 1e-15)


@pytest.mark.parametrize("make", ["symmetric", "rectangular"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_norms_of_matrices_of_rank_one_are_kept(dtype, make):
    """(1/m) ||A(X)||^2 / ||X||^2 is a mean of m squares of standard normals, or sub-Gaussians.

    P(|mean - 1| > 2 sqrt(x/m) + 2 x/m) <= 2 exp(-x) (Laurent, Massart 2000): with x = 27 for 200
    matrices, 1e-9 in all.
    """
    m, count, d = 2000, 200, 20
    if make == "symmetric":
        operator = DenseSymmetric.gaussian(m, d, rng=5, dtype=dtype, sums=None)
    else:
        operator = Dense.gaussian(m, d, 13, rng=5, dtype=dtype, sums=None)
    rng = np.random.default_rng(0)
    energies = []
    for _ in range(count):
        u, v = (rng.standard_normal(n) for n in operator.matrix_shape)
        X = np.outer(u, u if operator.symmetric else v)
        energies.append(np.mean(operator.forward(X, n_threads=1) ** 2) / np.sum(X**2))
    assert np.max(np.abs(np.array(energies) - 1)) <= 2 * np.sqrt(27 / m) + 2 * 27 / m
    assert np.std(energies) == pytest.approx(np.sqrt(2 / m), rel=0.3)  # 1/sqrt(2 count) = 0.05


@pytest.mark.parametrize("dtype", ["bfloat16", "int8"])
def test_a_row_of_the_ensemble_does_not_depend_on_how_many_there_are(dtype):
    few, many = (DenseSymmetric.gaussian(m, 9, rng=4, dtype=dtype).to_dense() for m in (3, 30))
    np.testing.assert_array_equal(few, many[:3])


@pytest.mark.parametrize(("sums", "error"), [("float64", 1e-9), ("float32", 1e-6)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
@pytest.mark.parametrize("gram", [True, False])
def test_what_is_measured_with_the_stored_entries_is_recovered(dtype, sums, error, gram):
    problem = ipgd.matrix_sensing(d=20, rank=2, m=400, rng=0, dtype=dtype, sums=sums)
    assert (problem.operator.storage, problem.operator.sums) == (dtype, sums)
    solution = ipgd.solve(
        problem,
        parameterization=ipgd.SymmetricFactor(2),
        max_iter=600,
        stop=ipgd.Stop(relative_loss=0),
        record=("test_error",),
        gram=gram,
        rng=0,
    )
    assert solution.history["test_error"][-1] < error
    assert solution.settings["operator"]["storage"] == dtype


def test_the_narrow_problem_is_another_one_with_the_same_truth():
    wide, narrow = (
        ipgd.matrix_sensing(d=12, rank=2, m=100, rng=0, dtype=d) for d in ("float64", "int8")
    )
    np.testing.assert_array_equal(wide.truth, narrow.truth)
    difference = np.linalg.norm(wide.y - narrow.y) / np.linalg.norm(wide.y)
    assert STEP / 10 < difference < STEP

"""Given matrices in narrow storage: the names, the rounding, and the precision of the sums."""

import math

import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric

BOTH = pytest.mark.parametrize("make", [Dense, DenseSymmetric])
DTYPES = ("float64", "float32", "bfloat16", "int8")
PAIRS = [("float64", "float64")] + [
    (dtype, sums) for dtype in DTYPES[1:] for sums in ("float64", "float32")
]
DEFAULT_SUMS = {"float64": "float64", "float32": "float64", "bfloat16": "float32"}
WIDTH = {"float64": 8, "float32": 4, "bfloat16": 2, "int8": 1}
# Relative to the norms. Below 1100 additions in float64; x, the products and the additions each
# round by 6e-8 in float32, and there are some tens of additions in each of the 16 lanes.
TOLERANCE = {"float64": 1e-12, "float32": 1e-5}
RECTANGULAR = {1: 3, 2: 7, 7: 2, 33: 5}


def to_bfloat16(x):
    """The nearest numbers of 8 significant bits, ties to even, of numbers that are not tiny."""
    fraction, exponent = np.frexp(x)
    return np.ldexp(np.rint(fraction * 2**8), exponent - 8)


def to_int8(A):
    """Each A_i on the grid of max |A_i| / 127; no random A_i lies on a power of two's grid."""
    step = np.abs(A).max(axis=(1, 2), keepdims=True) / 127
    return step * np.rint(A / step)


ROUNDED = {
    "float64": np.array,
    "float32": lambda A: A.astype(np.float32).astype(float),
    "bfloat16": to_bfloat16,
    "int8": to_int8,
}


def symmetric_part(A):
    return A / 2 + np.swapaxes(A, 1, 2) / 2


def given(make, m, d, *, rng=0):
    """Random matrices for this kind of operator, and what it keeps of them before rounding."""
    other = d if make is DenseSymmetric else RECTANGULAR[d]
    A = np.random.default_rng([rng, m, d]).standard_normal((m, d, other))
    return A, symmetric_part(A) if make is DenseSymmetric else A


@pytest.mark.parametrize("sums", [None, "float64", "float32"])
@pytest.mark.parametrize("dtype", DTYPES)
@BOTH
def test_names_and_bytes(make, dtype, sums):
    A, _ = given(make, 3, 33)
    drawn = (make.gaussian, (3, *A.shape[1:][: 1 if make is DenseSymmetric else 2]))
    if (dtype, sums) == ("float64", "float32"):
        words = "^sums: expected 'float64' for float64 storage .*, got 'float32'$"
        with pytest.raises(ValueError, match=words):
            make(A, dtype=dtype, sums=sums)
        with pytest.raises(ValueError, match=words):
            drawn[0](*drawn[1], dtype=dtype, sums=sums)
        return
    entries = 33 * 34 // 2 if make is DenseSymmetric else 33 * 5
    row = math.ceil(entries * WIDTH[dtype] / 64) * 64 + (8 if dtype == "int8" else 0)
    for operator in (make(A, dtype=dtype, sums=sums), drawn[0](*drawn[1], dtype=dtype, sums=sums)):
        assert operator.storage == dtype
        assert operator.sums == (sums or DEFAULT_SUMS.get(dtype, "float32"))
        assert operator.nbytes == 3 * row
        assert operator.dtype == np.float64
        assert f", {dtype}, " in repr(operator)


@pytest.mark.parametrize("d", [1, 2, 7, 33])
@pytest.mark.parametrize("m", [1, 3, 1000])
@pytest.mark.parametrize("dtype", DTYPES)
@BOTH
def test_the_entries_are_the_given_ones_rounded(make, dtype, m, d):
    A, kept = given(make, m, d)
    np.testing.assert_array_equal(make(A, dtype=dtype).to_dense(), ROUNDED[dtype](kept))


@pytest.mark.parametrize("d", [1, 2, 7, 33])
@pytest.mark.parametrize("m", [1, 3, 1000])
@pytest.mark.parametrize(("dtype", "sums"), PAIRS)
@BOTH
def test_products_are_those_of_the_stored_entries(make, dtype, sums, m, d):
    operator = make(given(make, m, d)[0], dtype=dtype, sums=sums)
    A, rng = operator.to_dense(), np.random.default_rng(1)
    X, r = rng.standard_normal(operator.matrix_shape), rng.standard_normal(m)
    y, G = np.einsum("iab,ab->i", A, X), np.einsum("i,iab->ab", r, A)
    row = TOLERANCE[sums] * np.linalg.norm(A, axis=(1, 2)) * np.linalg.norm(X)
    back = TOLERANCE[sums] * np.linalg.norm(A)
    assert np.all(np.abs(operator.forward(X) - y) <= row)
    assert np.linalg.norm(operator.adjoint(r) - G) <= back * np.linalg.norm(r)
    residual, gradient = operator.residual_adjoint(X, r)
    assert np.all(np.abs(residual - (y - r)) <= row + TOLERANCE[sums] * np.abs(r))
    expected = np.einsum("i,iab->ab", residual, A)
    assert np.linalg.norm(gradient - expected) <= back * np.linalg.norm(residual)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
@BOTH
def test_float32_sums_are_another_result_than_float64_sums(make, dtype):
    """Were they the same, `sums` would do nothing."""
    A, _ = given(make, 50, 33)
    X = np.random.default_rng(2).standard_normal(A.shape[1:])
    wide, narrow = (make(A, dtype=dtype, sums=s).forward(X) for s in ("float64", "float32"))
    difference = np.linalg.norm(wide - narrow) / np.linalg.norm(wide)
    assert 1e-9 < difference < 1e-5


@pytest.mark.parametrize("sums", ["float64", "float32"])
@pytest.mark.parametrize(("dtype", "k"), [("float32", 60), ("bfloat16", -70), ("int8", 400)])
@BOTH
def test_powers_of_two_come_out_as_they_went_in(make, dtype, sums, k):
    """Far beyond the range of float32, too, in which the sums may be taken."""
    A, _ = given(make, 40, 7)
    one, other = make(A, dtype=dtype, sums=sums), make(2.0**k * A, dtype=dtype, sums=sums)
    rng = np.random.default_rng(3)
    X, r = rng.standard_normal(one.matrix_shape), rng.standard_normal(40)
    for n in (-300, 0, 300):
        scale = 2.0**n
        np.testing.assert_array_equal(other.forward(scale * X), 2.0**k * scale * one.forward(X))
        np.testing.assert_array_equal(other.adjoint(scale * r), 2.0**k * scale * one.adjoint(r))


TINY = 2.0**-133  # the smallest bfloat16
NEAREST = {
    "float32": [
        (1 + 2.0**-24, 1.0),
        (1 + 3 * 2.0**-24, 1 + 2.0**-22),
        (1 + 2.0**-24 + 2.0**-50, 1 + 2.0**-23),
        (2.0**-149, 2.0**-149),
        (1.5 * 2.0**-149, 2.0**-148),
        (2.0**-150, 0.0),
        (1e-300, 0.0),
    ],
    "bfloat16": [
        (1 + 2.0**-8, 1.0),
        (1 + 3 * 2.0**-8, 1 + 2.0**-6),
        (2 - 2.0**-8, 2.0),
        (1 + 2.0**-8 + 2.0**-23, 1 + 2.0**-7),
        (1 + 2.0**-8 - 2.0**-23, 1.0),
        (TINY, TINY),
        (TINY / 2, 0.0),
        (1.5 * TINY, 2 * TINY),
        (2.0**127 * (2 - 2.0**-7), 2.0**127 * (2 - 2.0**-7)),
        (1e-300, 0.0),
    ],
}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("dtype", "value", "nearest"), [(dtype, *pair) for dtype in NEAREST for pair in NEAREST[dtype]]
)
@BOTH
def test_rounding_is_to_nearest_and_ties_go_to_even(make, dtype, value, nearest, sign):
    A = np.full((1, 2, 2), sign * value)
    np.testing.assert_array_equal(make(A, dtype=dtype).to_dense(), np.full_like(A, sign * nearest))


@pytest.mark.parametrize("above", [2.0**-30, 2.0**-40, 2.0**-52])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_just_off_the_middle_goes_to_its_side(above, sign):
    """Rounding to float32 first would make a tie of it."""
    A = sign * np.array([[[1 + 2.0**-8 + above, 1 + 3 * 2.0**-8 - above]]])
    stored = Dense(A, dtype="bfloat16").to_dense()
    np.testing.assert_array_equal(stored, sign * np.array([[[1 + 2.0**-7, 1 + 2.0**-7]]]))


@BOTH
@pytest.mark.parametrize("scale", [1.0, 2.0**-70, 2.0**60])
def test_signs_and_small_integers_lose_nothing_in_int8(make, scale):
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], (20, 6, 6))
    integers = rng.integers(-127, 128, (20, 6, 6)).astype(float)
    for values in (signs, integers, np.zeros((3, 6, 6))):
        A = np.tril(values) + np.swapaxes(np.tril(values, -1), 1, 2)
        np.testing.assert_array_equal(make(scale * A, dtype="int8").to_dense(), scale * A)


@BOTH
def test_int8_has_a_grid_for_each_matrix(make):
    """Scales of the A_i may differ; the largest entry of each is kept."""
    A, kept = given(make, 30, 7)
    scales = 10.0 ** np.arange(-15, 15)[:, None, None]
    stored, kept = make(scales * A, dtype="int8").to_dense(), scales * kept
    largest = np.abs(kept).max(axis=(1, 2), keepdims=True)
    step = largest / 127
    # half a step, and the last bits of an entry
    assert np.all(np.abs(stored - kept) <= step / 2 + 1e-15 * largest)
    counts = stored / step
    np.testing.assert_allclose(counts, np.rint(counts), rtol=0, atol=1e-12)
    assert np.all(np.abs(np.rint(counts)).max(axis=(1, 2)) == 127)
    rms = np.sqrt(np.mean(((stored - kept) / step) ** 2))
    assert rms == pytest.approx(1 / np.sqrt(12), rel=0.2)  # as spread evenly over a step


@BOTH
@pytest.mark.parametrize("sums", ["float16", "bfloat16", "int8", "", np.float32, 32])
def test_unknown_sums(make, sums):
    words = "^sums: expected one of 'float64', 'float32', got "
    with pytest.raises(ValueError, match=words):
        make(np.ones((1, 2, 2)), sums=sums)
    size = (3, 2) if make is DenseSymmetric else (3, 2, 2)
    for dtype in (None, "float64", "int8"):
        with pytest.raises(ValueError, match=words):
            make.gaussian(*size, dtype=dtype, sums=sums)


@BOTH
def test_float32_sums_of_given_data_that_need_float64_storage(make):
    """Without a dtype, storage is a matter of the data; float32 sums then ask for float32."""
    exact = make(np.ones((3, 2, 2)), sums="float32")
    assert (exact.storage, exact.sums) == ("float32", "float32")
    with pytest.raises(ValueError, match="sums: expected 'float64' for float64 storage"):
        make(np.full((3, 2, 2), 0.1), sums="float32")


@BOTH
@pytest.mark.parametrize(("dtype", "value"), [("float32", 3.5e38), ("bfloat16", 3.4e38)])
def test_the_first_entry_that_is_too_large_is_named(make, dtype, value, monkeypatch):
    monkeypatch.setattr("ipgd.operators.dense._BLOCK_BYTES", 8 * 9 * 2)  # it is in the third block
    A = np.ones((6, 3, 3))
    A[4, 1, 2] = A[4, 2, 1] = A[5] = -value
    words = rf"^A: expected entries that fit {dtype} \(dtype='{dtype}'\), got {-value!r} at index "
    with pytest.raises(ValueError, match=words.replace("+", r"\+") + r"\(4, 1, 2\)$"):
        make(A, dtype=dtype)


@BOTH
def test_int8_takes_numbers_of_any_size(make):
    A = np.array([1.7e308, -1.7e308, 5e-324, 0.0])[:, None, None] * np.ones((4, 2, 2))
    stored = make(A, dtype="int8").to_dense()
    np.testing.assert_allclose(stored[:2], A[:2], rtol=4e-16)
    assert np.all(np.abs(stored[2]) <= 5e-324)
    assert np.all(stored[3] == 0)


@pytest.mark.parametrize("dtype", ["bfloat16", "int8"])
@BOTH
def test_how_the_data_lie_in_memory_makes_no_difference(make, dtype, tmp_path, monkeypatch):
    monkeypatch.setattr("ipgd.operators.dense._BLOCK_BYTES", 8 * 33 * 33 * 2)  # blocks join
    A = given(make, 9, 33)[0].astype(np.float32)
    np.save(tmp_path / "A.npy", A)
    expected = make(A.astype(float), dtype=dtype).to_dense()
    for same in (A, np.asfortranarray(A), np.load(tmp_path / "A.npy", mmap_mode="r")):
        before = same.tobytes()
        np.testing.assert_array_equal(make(same, dtype=dtype).to_dense(), expected)
        assert same.tobytes() == before

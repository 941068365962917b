"""What operators refuse, with the words they use, and the awkward arrays they take."""

import itertools

import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric, Entries, RankOne

BOTH = pytest.mark.parametrize("make", [Dense, DenseSymmetric])
# Operators that take Theta by its factors, from arrays of integers (7, 4) and (7, 3).
ON_FACTORS = {
    "Entries": lambda X, Y: Entries(X[:, 0], Y[:, 0], (60, 50)),
    "RankOne a a": lambda X, _: RankOne(X),
    "RankOne a b": RankOne,
}


@BOTH
@pytest.mark.parametrize(
    ("A", "words"),
    [
        (np.ones((3, 3)), r"A: expected shape \(m, d1, d2\), got \(3, 3\)"),
        (np.float64(1), r"A: expected shape \(m, d1, d2\), got \(\)"),
        (np.ones((2, 2, 2, 2)), r"A: expected shape \(m, d1, d2\), got \(2, 2, 2, 2\)"),
        (np.ones((0, 3, 3)), r"A: expected a non-empty array, got shape \(0, 3, 3\)"),
        (np.ones((3, 0, 0)), r"A: expected a non-empty array, got shape \(3, 0, 0\)"),
    ],
)
def test_wrong_dimensions(make, A, words):
    with pytest.raises(ValueError, match=words):
        make(A)


def test_rectangular_matrices_are_no_symmetric_ones():
    words = r"A: expected square matrices \(m, d, d\), one for each measurement, got \(4, 2, 3\);"
    with pytest.raises(ValueError, match=words):
        DenseSymmetric(np.ones((4, 2, 3)))


@BOTH
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_entry_that_is_not_finite_is_named(make, bad):
    A = np.ones((4, 3, 3))
    A[2, 1, 0] = A[3, 0, 0] = bad
    with pytest.raises(
        ValueError, match=rf"A: expected finite numbers, got {bad} at index \(2, 1, 0\)"
    ):
        make(A)


@BOTH
@pytest.mark.parametrize(
    ("A", "words"),
    [
        (
            np.ones((1, 2, 2), complex),
            "got dtype complex128; for a real Theta pass Re A_i and Im A_i",
        ),
        (np.ones((1, 2, 2), object), "got dtype object"),
        (np.full((1, 2, 2), "1"), "got dtype <U1"),
        (np.zeros((1, 2, 2), "M8[s]"), r"got dtype datetime64\[s\]"),
        (None, "got None"),
    ],
)
def test_arrays_that_are_not_real(make, A, words):
    with pytest.raises(TypeError, match=rf"A: expected an array of real numbers, {words}"):
        make(A)


@BOTH
def test_ragged_and_masked_arrays(make):
    with pytest.raises(
        TypeError, match=r"A: expected an array of real numbers, got .*inhomogeneous"
    ):
        make([[[1.0, 2.0], [3.0]]])
    masked = np.ma.masked_greater(np.arange(8.0).reshape(2, 2, 2), 5)
    with pytest.raises(
        TypeError, match=r"A: expected an array without mask .*, got a masked array"
    ):
        make(masked)


@BOTH
@pytest.mark.parametrize("dtype", ["float16", "int16", np.float32, "", 32])
def test_unknown_storage(make, dtype):
    words = "dtype: expected one of 'float64', 'float32', 'bfloat16', 'int8', got"
    with pytest.raises(ValueError, match=words):
        make(np.ones((1, 2, 2)), dtype=dtype)


@BOTH
def test_entries_too_large_for_float32(make):
    A = np.ones((3, 2, 2))
    A[1, 0, 1] = A[1, 1, 0] = 1e39
    with pytest.raises(
        ValueError,
        match=r"A: expected entries that fit float32 \(dtype='float32'\), "
        r"got 1e\+39 at index \(1, 0, 1\)",
    ):
        make(A, dtype="float32")


def test_arguments_of_the_ensembles():
    with pytest.raises(ValueError, match="m: expected an integer >= 1, got 0"):
        DenseSymmetric.gaussian(0, 3)
    with pytest.raises(ValueError, match="d: expected an integer >= 1, got -1"):
        DenseSymmetric.gaussian(3, -1)
    with pytest.raises(TypeError, match=r"d2: expected an integer, got 2\.0"):
        Dense.gaussian(3, 3, 2.0)
    with pytest.raises(ValueError, match="d1: expected an integer >= 1, got 0"):
        Dense.gaussian(3, 0, 2)
    words = "dtype: expected one of 'float64', 'float32', 'bfloat16', 'int8', got 'f4'"
    with pytest.raises(ValueError, match=words):
        Dense.gaussian(3, 3, 2, dtype="f4")
    with pytest.raises(TypeError, match="rng: expected None, an integer >= 0 or a numpy Generator"):
        Dense.gaussian(3, 3, 2, rng="seed")


def test_sizes_beyond_the_address_space():
    words = r"^A: expected what fits in memory \(.*B\), got m = 1099511627776 matrices of "
    with pytest.raises(MemoryError, match=words + "1048576 x 1048576 as float32: 2.42e[+]06 EB"):
        DenseSymmetric.gaussian(2**40, 2**20)


@pytest.fixture(params=["Dense", "Entries", "RankOne"])
def operator(request):
    """Four measurements of 2 x 3 matrices."""
    makes = {
        "Dense": lambda: Dense(np.arange(24.0).reshape(4, 2, 3)),
        "Entries": lambda: Entries([0, 1, 0, 1], [2, 0, 1, 1], (2, 3)),
        "RankOne": lambda: RankOne(np.arange(8).reshape(4, 2), np.arange(12).reshape(4, 3)),
    }
    return makes[request.param]()


def test_theta_of_the_wrong_kind(operator):
    with pytest.raises(ValueError, match=r"theta: expected shape \(2, 3\), got \(3, 2\)"):
        operator.forward(np.ones((3, 2)))
    with pytest.raises(
        ValueError, match=r"theta: expected finite numbers, got nan at index \(1, 2\)"
    ):
        operator.forward([[1, 2, 3], [4, 5, np.nan]])
    with pytest.raises(
        TypeError, match="theta: expected an array of real numbers, got dtype complex"
    ):
        operator.residual_adjoint(1j * np.ones((2, 3)), np.ones(4))


def test_residual_of_the_wrong_kind(operator):
    with pytest.raises(ValueError, match=r"residual: expected shape \(4,\), got \(5,\)"):
        operator.adjoint(np.ones(5))
    with pytest.raises(
        ValueError, match=r"residual: expected finite numbers, got -inf at index \(1,\)"
    ):
        operator.adjoint([0, -np.inf, np.nan, 0])
    with pytest.raises(ValueError, match=r"y: expected shape \(4,\), got \(4, 1\)"):
        operator.residual_adjoint(np.ones((2, 3)), np.ones((4, 1)))


def test_integers_and_booleans_are_numbers(operator):
    X = np.array([[1, 0, 1], [0, 1, 1]])
    expected = operator.forward(X.astype(float))
    assert np.array_equal(operator.forward(X), expected)
    assert np.array_equal(operator.forward(X.astype(bool)), expected)
    assert np.array_equal(operator.forward(X.astype(np.uint8)), expected)
    assert np.array_equal(operator.forward(X.tolist()), expected)
    r = np.arange(4)
    assert np.array_equal(operator.adjoint(r), operator.adjoint(r.astype(float)))
    L, R = np.array([[1], [0]]), np.array([[1], [0], [1]])
    as_floats = operator.forward((L.astype(float), R.astype(float)))
    assert np.array_equal(operator.forward((L.astype(bool), R.astype(np.int8))), as_floats)
    A = np.arange(24).reshape(4, 2, 3)
    assert np.array_equal(Dense(A).to_dense(), A)
    assert np.array_equal(Dense(A % 2 == 0).to_dense(), A % 2 == 0)
    assert np.array_equal(RankOne(A[0]).vectors()[0], A[0])
    assert np.array_equal(RankOne(A[0] % 2 == 0).vectors()[0], A[0] % 2 == 0)


def fortran(A, _):
    return np.asfortranarray(A)


def strided(A, _):
    every_other = (slice(None, None, 2),) * A.ndim
    wide = np.full([2 * n for n in A.shape], -1 if A.dtype.kind == "i" else np.nan, A.dtype)
    wide[every_other] = A
    return wide[every_other]


def reverse(A, _):
    return A[::-1].copy()[::-1]


def read_only(A, _):
    out = A.copy()
    out.flags.writeable = False
    return out


def byte_swapped(A, _):
    return A.astype(A.dtype.newbyteorder())


def memory_map(A, folder):
    path = folder / f"{A.ndim}.npy"
    np.save(path, A)
    return np.load(path, mmap_mode="r")


def unaligned(A, _):
    raw = np.zeros(A.nbytes + 1, np.uint8)
    out = raw[1:].view(A.dtype).reshape(A.shape)
    out[...] = A
    assert not out.flags.aligned
    return out


def half(A, _):
    return A.astype(np.float16)


def single(A, _):
    return A.astype(np.float32)


def extended(A, _):
    return A.astype(np.longdouble)


AWKWARD = [
    fortran,
    strided,
    reverse,
    read_only,
    byte_swapped,
    memory_map,
    unaligned,
    half,
    single,
    extended,
]


@BOTH
@pytest.mark.parametrize("awkward", AWKWARD)
def test_awkward_memory_gives_the_same_operator(make, awkward, tmp_path):
    rng = np.random.default_rng(0)
    A = rng.integers(-50, 50, (7, 4, 4)).astype(float)
    X = rng.integers(-5, 5, (4, 4)).astype(float)
    r = rng.integers(-5, 5, 7).astype(float)
    plain = make(A)
    given = awkward(A, tmp_path)
    before = given.tobytes(), given.flags.writeable
    operator = make(given)
    assert (given.tobytes(), given.flags.writeable) == before
    assert np.array_equal(operator.to_dense(), plain.to_dense())
    x, s = awkward(X, tmp_path), awkward(r, tmp_path)
    kept = x.tobytes(), s.tobytes()
    assert np.array_equal(operator.forward(x), plain.forward(X))
    assert np.array_equal(operator.adjoint(s), plain.adjoint(r))
    for got, want in zip(
        operator.residual_adjoint(x, s), plain.residual_adjoint(X, r), strict=True
    ):
        assert np.array_equal(got, want)
    assert (x.tobytes(), s.tobytes()) == kept


@pytest.mark.parametrize(
    ("kind", "awkward"),
    [
        (kind, awkward)
        for kind, awkward in itertools.product(ON_FACTORS, AWKWARD)
        if kind != "Entries" or awkward not in (half, single, extended)  # indices are integers
    ],
)
def test_awkward_memory_gives_the_same_operator_on_factors(kind, awkward, tmp_path):
    rng, make = np.random.default_rng(0), ON_FACTORS[kind]
    X, Y = (rng.integers(0, 50, (7, n)) for n in (4, 3))
    if kind != "Entries":
        X, Y = X - 25.0, Y - 25.0
    plain = make(X, Y)
    given = [awkward(part, _folder(tmp_path, k)) for k, part in enumerate((X, Y))]
    before = [(part.tobytes(), part.flags.writeable) for part in given]
    operator = make(*given)
    assert [(part.tobytes(), part.flags.writeable) for part in given] == before
    assert (operator.matrix_shape, operator.storage) == (plain.matrix_shape, plain.storage)
    d1, d2 = plain.matrix_shape
    theta, r, L, R = (
        rng.integers(-5, 5, shape).astype(float) for shape in ((d1, d2), 7, (d1, 2), (d2, 2))
    )
    t, s, left, right = (
        awkward(part, _folder(tmp_path, k)) for k, part in enumerate((theta, r, L, R))
    )
    kept = [part.tobytes() for part in (t, s, left, right)]
    for got, want in (
        (operator.forward(t), plain.forward(theta)),
        (operator.forward((left, right)), plain.forward((L, R))),
        (operator.adjoint(s), plain.adjoint(r)),
        (operator.adjoint_times(s, right), plain.adjoint_times(r, R)),
        (
            operator.adjoint_times(s, left, transposed=True),
            plain.adjoint_times(r, L, transposed=True),
        ),
        *zip(operator.residual_adjoint(t, s), plain.residual_adjoint(theta, r), strict=True),
    ):
        assert np.array_equal(got, want)
    assert [part.tobytes() for part in (t, s, left, right)] == kept


def _folder(parent, k):
    folder = parent / str(k)
    folder.mkdir(exist_ok=True)
    return folder


def test_not_finite_factors_are_named(operator):
    L, R, r = np.ones((2, 1)), np.ones((3, 1)), np.ones(4)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=rf"^R: expected finite numbers, got {bad} at index"):
            operator.forward((L, bad * R))
        with pytest.raises(ValueError, match=r"^factor: expected finite numbers, got"):
            operator.adjoint_times(r, bad * R)
        with pytest.raises(ValueError, match=r"^residual: expected finite numbers, got"):
            operator.adjoint_times(bad * r, R)


def test_operators_keep_no_array_of_the_user(operator):
    if isinstance(operator, Dense):
        A = np.arange(24.0).reshape(4, 2, 3)
        again, arrays = Dense(A), (A,)
    elif isinstance(operator, Entries):
        arrays = (np.array([0, 1, 0, 1]), np.array([2, 0, 1, 1]))
        again = Entries(*arrays, (2, 3))
    else:
        arrays = (np.arange(8.0).reshape(4, 2), np.arange(12.0).reshape(4, 3))
        again = RankOne(*arrays)
    for array in arrays:
        array[:] = 0
    X = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(again.forward(X), operator.forward(X))
    first = again.forward(X)
    first[:] = 7
    assert np.array_equal(again.forward(X), operator.forward(X))


@BOTH
def test_zero_strides(make):
    row = np.arange(16.0).reshape(4, 4)
    A = np.broadcast_to(row, (5, 4, 4))
    assert A.strides[0] == 0
    operator = make(A)
    assert np.array_equal(operator.to_dense(), make(A.copy()).to_dense())
    X, r = np.broadcast_to(2.0, (4, 4)), np.broadcast_to(3.0, (5,))
    assert np.array_equal(operator.forward(X), operator.forward(np.full((4, 4), 2.0)))
    assert np.array_equal(operator.adjoint(r), operator.adjoint(np.full(5, 3.0)))


def test_results_do_not_share_memory_with_inputs():
    operator = Dense(np.ones((1, 1, 1)))
    y = np.ones(1)
    r, G = operator.residual_adjoint([[2.0]], y)
    r[:], G[:] = 7, 7
    assert y[0] == 1
    assert operator.forward([[2.0]])[0] == 2


@pytest.mark.parametrize("bad", [0, -3, 1.5, "all"])
def test_thread_counts_that_make_no_sense(operator, bad):
    X, r = np.ones((2, 3)), np.ones(4)
    for call in (
        lambda: operator.forward(X, n_threads=bad),
        lambda: operator.adjoint(r, n_threads=bad),
        lambda: operator.residual_adjoint(X, r, n_threads=bad),
    ):
        with pytest.raises((ValueError, TypeError), match=r"^n_threads: expected an integer"):
            call()


def test_vectors_of_another_length_and_no_columns():
    operator = Dense.gaussian(5, 2, 3, rng=0)
    with pytest.raises(ValueError, match=r"x: expected shape \(6,\) or \(6, 1\), got \(7,\)"):
        operator.matvec(np.ones(7))
    assert operator.matmat(np.ones((6, 0))).shape == (5, 0)
    assert operator.rmatmat(np.ones((5, 0))).shape == (6, 0)


def test_an_index_without_axes_is_named():
    with pytest.raises(TypeError, match="rows: expected integers, got dtype complex128"):
        Entries(np.array(1e300 + 0j), np.array([0, 1]), (2, 2))

"""Operators that take Theta as factors, beside the dense ones made of the same matrices."""

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric, Entries, RankOne


def entries(m, d1, d2, seed=0):
    rng = np.random.default_rng(seed)
    rows, cols = rng.integers(0, d1, m), rng.integers(0, d2, m)
    A = np.zeros((m, d1, d2))
    A[np.arange(m), rows, cols] = np.sqrt(d1 * d2)
    return Entries(rows, cols, (d1, d2)), A


def symmetric_rank_one(m, d, _, seed=0):
    X = np.random.default_rng(seed).standard_normal((m, d))
    return RankOne(X), np.einsum("ia,ib->iab", X, X)


def rank_one(m, d1, d2, seed=0):
    rng = np.random.default_rng(seed)
    X, Y = rng.standard_normal((m, d1)), rng.standard_normal((m, d2))
    return RankOne(X, Y), np.einsum("ia,ib->iab", X, Y)


CASES = [entries, symmetric_rank_one, rank_one]
every_case = pytest.mark.parametrize("make", CASES)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@every_case
def test_it_measures_and_projects_back_as_its_matrices_do(make, rng):
    operator, A = make(50, 7, 7 if make is symmetric_rank_one else 9)
    m, d1, d2 = A.shape
    assert (operator.shape, operator.matrix_shape) == ((m, d1 * d2), (d1, d2))
    assert operator.factored
    L, R, r = (rng.standard_normal(shape) for shape in ((d1, 3), (d2, 3), m))
    theta, G = L @ R.T, np.tensordot(r, A, 1)
    expected = A.reshape(m, -1) @ theta.reshape(-1)
    np.testing.assert_allclose(operator.forward(theta), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(operator.forward((L, R)), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(operator.adjoint(r), G, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(operator.adjoint_times(r, R), G @ R, rtol=1e-11, atol=1e-11)
    back = operator.adjoint_times(r, L, transposed=True)
    np.testing.assert_allclose(back, G.T @ L, rtol=1e-11, atol=1e-11)
    residual, gradient = operator.residual_adjoint(theta, r)
    np.testing.assert_allclose(residual, expected - r, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(gradient, np.tensordot(expected - r, A, 1), rtol=1e-11, atol=1e-11)
    np.testing.assert_array_equal(operator.matvec(theta.reshape(-1)), operator.forward(theta))
    np.testing.assert_array_equal(operator.rmatvec(r), operator.adjoint(r).reshape(-1))


@every_case
def test_runs_follow_those_on_the_dense_operator(make):
    operator, A = make(200, 8, 8 if make is symmetric_rank_one else 6)
    dense = DenseSymmetric(A) if operator.symmetric else Dense(A)
    rng = np.random.default_rng(1)
    L = rng.standard_normal((8, 2)) / 4
    R = L if operator.symmetric else rng.standard_normal((A.shape[2], 2)) / 4
    settings = {
        "algorithm": ipgd.GD(0.01 if operator.symmetric else 0.1),
        "init": ipgd.init.gaussian(0.1),
        "max_iter": 50,
        "record": ("loss", "train_error", "test_error", "gradient_norm", "singular_values"),
        "gram": False,
        "rng": 2,
    }
    factors = ipgd.solve(ipgd.Problem(operator, operator.forward((L, R)), (L, R)), **settings)
    plain = ipgd.solve(ipgd.Problem(dense, dense.forward(L @ R.T), L @ R.T), **settings)
    assert factors.nit == plain.nit == 50
    for name, block in plain.parameters.items():
        distance = np.linalg.norm(factors.parameters[name] - block)
        assert distance < 1e-12 * np.linalg.norm(block)
    for name in settings["record"]:
        expected = plain.history[name]
        np.testing.assert_allclose(
            factors.history[name], expected, rtol=1e-11, atol=1e-13 * abs(expected).max()
        )
    assert plain.history["loss"][-1] < 0.9 * plain.history["loss"][0]


@every_case
def test_runs_have_the_same_bits_for_every_number_of_threads(make, same_bits):
    operator, _ = make(20000, 20, 20)
    y = np.random.default_rng(0).standard_normal(20000)
    problem = ipgd.Problem(operator, y)

    def run(n_threads, solve=ipgd.solve, **seeds):
        return solve(
            problem, ipgd.GD(1e-3), max_iter=20, record=("loss",), n_threads=n_threads, **seeds
        )

    alone = run(1, rng=1)
    for n_threads in (2, 7):
        same_bits(run(n_threads, rng=1), alone)
    same_bits(run(3, ipgd.solve_batch, seeds=[5, 1, 2])[1], alone)


def test_entries_keep_the_order_in_which_they_were_given():
    rng = np.random.default_rng(3)
    rows, cols = rng.integers(0, 30, 20000), rng.integers(0, 40, 20000)
    theta = rng.standard_normal((30, 40))
    operator = Entries(rows, cols, (30, 40))
    assert not operator._native.is_small  # several tiles: the core has another order
    np.testing.assert_array_equal(operator.rows, rows)
    np.testing.assert_array_equal(operator.cols, cols)
    assert operator.scale == np.sqrt(1200)
    np.testing.assert_array_equal(operator.forward(theta), operator.scale * theta[rows, cols])
    own, order = Entries.in_core_order(rows, cols, (30, 40))
    np.testing.assert_array_equal(own.rows, rows[order])
    np.testing.assert_array_equal(own.forward(theta), operator.forward(theta)[order])
    r = rng.standard_normal(20000)
    np.testing.assert_array_equal(own.adjoint(r[order]), operator.adjoint(r))
    y, start = operator.forward(theta), ipgd.init.gaussian(0.1)
    given, sorted_ = (
        ipgd.solve(ipgd.Problem(op, target), ipgd.GD(0.1), init=start, max_iter=5, rng=0)
        for op, target in ((operator, y), (own, y[order]))
    )
    assert given.parameters["V"].tobytes() == sorted_.parameters["V"].tobytes()


def test_uniform_entries_are_different_and_spread():
    operator = Entries.uniform(600, 30, 40, rng=0)
    places = operator.rows * 40 + operator.cols
    assert len(set(places)) == 600
    assert abs(np.bincount(operator.rows, minlength=30).mean() - 20) < 1e-12
    assert places.mean() == pytest.approx(600, abs=60)
    everything = Entries.uniform(12, 3, 4, rng=0)
    assert sorted(zip(everything.rows, everything.cols, strict=True)) == [
        (a, b) for a in range(3) for b in range(4)
    ]


def test_rank_one_storage_is_exact_unless_asked_otherwise():
    X = np.float32(np.random.default_rng(0).standard_normal((5, 3))).astype(float)
    assert RankOne(X).storage == "float32"
    assert RankOne(X).vectors()[0].tobytes() == X.tobytes()
    assert RankOne(X / 3).storage == "float64"
    assert RankOne(X, X / 3).storage == "float64"
    rounded = RankOne(X / 3, dtype="float32").vectors(1, 3)[0]
    np.testing.assert_array_equal(rounded, np.float32(X / 3)[1:3])
    drawn, again = (RankOne.gaussian(4, 3, 2, rng=0, dtype=t) for t in (None, "float64"))
    assert (drawn.storage, again.storage) == ("float32", "float64")
    for one, other in zip(drawn.vectors(), again.vectors(), strict=True):
        np.testing.assert_array_equal(one, other)
    a, b = drawn.vectors()
    assert a.shape == (4, 3)
    assert b.shape == (4, 2)


def test_gaussian_rank_one_measurements_have_the_stated_mean():
    """E <xxᵀ, D> xxᵀ = 2 D + tr(D) I, and D for independent a and b."""
    D = np.array([[2.0, 1.0], [1.0, -1.0]])
    symmetric = RankOne.gaussian(200_000, 2, rng=0)
    mean = symmetric.adjoint(symmetric.forward(D)) / 200_000
    np.testing.assert_allclose(mean, 2 * D + np.trace(D) * np.eye(2), atol=0.15)
    bilinear = RankOne.gaussian(200_000, 2, 2, rng=0)
    np.testing.assert_allclose(bilinear.adjoint(bilinear.forward(D)) / 200_000, D, atol=0.05)


def test_factors_are_measured_by_dense_operators_too(rng):
    L, R = rng.standard_normal((5, 2)), rng.standard_normal((5, 2))
    for operator in (DenseSymmetric.gaussian(20, 5, rng=0), Dense.gaussian(20, 5, 5, rng=0)):
        expected = operator.forward(L @ R.T)
        np.testing.assert_allclose(operator.forward((L, R)), expected, rtol=1e-12, atol=1e-13)
        r = rng.standard_normal(20)
        np.testing.assert_allclose(
            operator.adjoint_times(r, R), operator.adjoint(r) @ R, rtol=1e-12, atol=1e-12
        )


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Entries([0, 1], [0], (2, 2)), ValueError, r"^cols: expected as many indices as"),
        (lambda: Entries([], [], (2, 2)), ValueError, r"^rows: expected a vector of at least one"),
        (lambda: Entries([0.0], [0], (2, 2)), TypeError, r"^rows: expected integers, got dtype"),
        (lambda: Entries([0], [2], (2, 2)), ValueError, r"^cols: expected indices from 0 to 1, g"),
        (lambda: Entries([-1], [0], (2, 2)), ValueError, r"^rows: expected indices from 0 to 1, "),
        (lambda: Entries([0], [0], 2), ValueError, r"^shape: expected \(d1, d2\), got 2$"),
        (
            lambda: Entries([0], [0], (2, 2**27)),
            ValueError,
            r"^shape\[1\]: expected an integer <= ",
        ),
        (lambda: Entries.uniform(5, 2, 2), ValueError, r"^m: expected at most d1 d2 = 4 differ"),
        (lambda: RankOne(np.ones(3)), ValueError, r"^X: expected shape \(any, any\), got \(3,\)"),
        (lambda: RankOne([[np.nan]]), ValueError, r"^X: expected finite numbers, got nan at index"),
        (lambda: RankOne(np.ones((3, 2)), np.ones((2, 2))), ValueError, r"^Y: expected as many r"),
        (lambda: RankOne([[1e300]], dtype="float32"), ValueError, r"^X: expected entries that fit"),
        (lambda: RankOne([[1.0]], dtype="int8"), ValueError, r"^dtype: expected one of 'float64'"),
        (lambda: RankOne([[1j]]), TypeError, r"^X: expected an array of real numbers"),
    ],
)
def test_wrong_arguments_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_wrong_factors_are_named():
    operator = Entries([0], [1], (2, 3))
    good = np.ones((2, 1))
    for theta, words in [
        ((good,), r"^theta: expected two factors \(L, R\), got 1$"),
        ((good.T, good), r"^L: expected shape \(2, any\), got \(1, 2\)$"),
        ((good, np.ones((3, 2))), r"^R: expected shape \(3, 1\), got \(3, 2\)$"),
        ((good, np.full((3, 1), np.inf)), r"^R: expected finite numbers"),
    ]:
        with pytest.raises(ValueError, match=words):
            operator.forward(theta)
    with pytest.raises(ValueError, match=r"^factor: expected shape \(3, any\)"):
        operator.adjoint_times([1.0], good)


def test_what_would_form_a_large_matrix_is_refused():
    operator = Entries([0], [1], (2**20, 2**20))
    words = r"^adjoint: expected what fits in memory \(.*\), got a 1048576 x 1048576 matrix: 8.8 TB"
    with pytest.raises(MemoryError, match=words):
        operator.adjoint([1.0])
    with pytest.raises(MemoryError, match=r"^search_rank: expected what fits in memory"):
        ipgd.solve(ipgd.Problem(operator, [1.0]))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_number_of_a_vector_that_is_not_finite_is_named(bad):
    X, Y = np.ones((4, 3)), np.ones((4, 2))
    for name, array in (("X", X), ("Y", Y)):
        array[2, 1] = array[3, 0] = bad
        words = rf"^{name}: expected finite numbers, got {bad} at index \(2, 1\)"
        with pytest.raises(ValueError, match=words):
            RankOne(X, Y)
        array[:] = 1
    with pytest.raises(TypeError, match=r"^X: expected an array without mask .*, got a masked"):
        RankOne(np.ma.ones((3, 2)))
    with pytest.raises(TypeError, match=r"^rows: expected an array without mask .*, got a masked"):
        Entries(np.ma.ones(3, int), [0, 0, 0], (2, 2))
    for index in (np.array([np.nan]), np.array([1j]), np.array(["0"]), np.array([True])):
        with pytest.raises(TypeError, match=r"^cols: expected integers, got dtype"):
            Entries([0], index, (2, 2))


def test_operators_on_factors_take_zero_strides():
    one = np.broadcast_to(np.arange(3.0), (5, 3))
    assert one.strides[0] == 0
    for got, want in (
        (RankOne(one, one), RankOne(one.copy(), one.copy())),
        (
            Entries(np.broadcast_to(1, 5), np.broadcast_to(2, 5), (3, 3)),
            Entries([1] * 5, [2] * 5, (3, 3)),
        ),
    ):
        X, r = np.broadcast_to(2.0, (3, 3)), np.broadcast_to(3.0, (5,))
        assert np.array_equal(got.forward(X), want.forward(X.copy()))
        assert np.array_equal(got.adjoint(r), want.adjoint(r.copy()))
        factor = np.broadcast_to(2.0, (3, 2))
        assert np.array_equal(
            got.forward((factor, factor)), want.forward((factor.copy(), factor.copy()))
        )

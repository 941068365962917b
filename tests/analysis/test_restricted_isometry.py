"""delta_r where it is known, and how its estimates behave where it is not."""

import ipgd
import numpy as np
import pytest
from ipgd import analysis
from ipgd.operators import Dense, DenseSymmetric, Entries, RankOne

FEW = {"restarts": 8, "samples": 64, "max_iter": 60}


def orthonormal(d1, d2, scale, seed):
    """A with A*A/m = scale^2 I."""
    p = d1 * d2
    Q, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((p, p)))
    return Dense(scale * np.sqrt(p) * Q.reshape(p, d1, d2))


def restricted_to(operator, X):
    """||A(X)||^2/m of a matrix that a search returned."""
    return np.sum(operator.forward(X) ** 2) / operator.shape[0]


@pytest.mark.parametrize("scale", [1.0, 0.5, 3.0])
@pytest.mark.parametrize("rank", [1, 3])
def test_a_scaled_orthonormal_operator_has_delta_s_squared_minus_one(scale, rank):
    for seed in range(2):
        found = analysis.rip(orthonormal(5, 4, scale, seed), rank, **FEW)
        assert found.delta == pytest.approx(abs(scale**2 - 1), abs=1e-12)
        assert found.upper == pytest.approx(found.delta, abs=1e-12)
        assert found.scaled_delta == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    "operator",
    [DenseSymmetric.gaussian(90, 7, rng=0), Dense.gaussian(90, 7, 5, rng=0)],
    ids=["symmetric", "rectangular"],
)
def test_full_rank_is_the_spectrum_of_the_normal_operator(operator):
    sigma = np.linalg.svd(np.asarray(operator), compute_uv=False) ** 2 / 90
    free = 28 if operator.symmetric else 35
    found = analysis.rip(operator, min(operator.matrix_shape))
    assert found.largest == pytest.approx(sigma[0], rel=1e-10)
    assert found.smallest == pytest.approx(sigma[free - 1], rel=1e-8)
    assert found.upper == pytest.approx(found.delta, rel=1e-10)
    assert found.failure == 0


@pytest.mark.parametrize("shape", [(12, None), (9, 14)])
def test_delta_grows_with_the_rank_and_lies_between_its_bounds(shape):
    for seed in range(2):
        d1, d2 = shape
        operator = (
            DenseSymmetric.gaussian(200, d1, rng=seed)
            if d2 is None
            else Dense.gaussian(200, d1, d2, rng=seed)
        )
        found = [analysis.rip(operator, rank, rng=seed, **FEW) for rank in (1, 3)]
        assert found[0].delta < found[1].delta
        for one in found:
            assert one.sampled < one.delta < one.upper
            assert min(one.largest - 1, 1 - one.smallest) > 1.2 * one.sampled
            # Both witnesses are of norm one and of rank r, and they prove the figures.
            for X, value in ((one.largest_at, one.largest), (one.smallest_at, one.smallest)):
                assert np.linalg.norm(X) == pytest.approx(1)
                sigma = np.linalg.svd(X, compute_uv=False)
                assert (sigma[one.rank :] < 1e-10).all()
                assert restricted_to(operator, X) == pytest.approx(value, rel=1e-10)


def test_delta_falls_with_the_number_of_measurements():
    for seed in range(2):
        deltas = [
            analysis.rip(DenseSymmetric.gaussian(m, 10, rng=seed), 2, rng=seed, **FEW).delta
            for m in (80, 240, 720)
        ]
        assert deltas[0] > 1.3 * deltas[1] > 1.3**2 * deltas[2]


def test_the_search_finds_what_random_matrices_do_not():
    """An operator that nearly ignores one matrix of rank one."""
    for seed in range(2):
        rng = np.random.default_rng(seed)
        u, v = (x / np.linalg.norm(x) for x in (rng.standard_normal(12), rng.standard_normal(9)))
        hidden = np.outer(u, v)
        A = orthonormal(12, 9, 1.0, seed).to_dense()
        A -= 0.9 * np.tensordot(A, hidden)[:, None, None] * hidden
        found = analysis.rip(Dense(A), 1, rng=seed, **FEW)
        assert found.delta == pytest.approx(1 - 0.1**2, rel=1e-6)
        assert found.sampled < 0.5
        assert abs(np.vdot(found.smallest_at, hidden)) == pytest.approx(1, abs=1e-6)


def test_numbers_have_nothing_to_search():
    found = analysis.rip(Dense(np.full((3, 1, 1), 2.0)), 1)
    assert (found.smallest, found.largest, found.delta) == (4, 4, 3)
    assert found.scaled_delta == 0


def test_an_operator_that_is_zero_keeps_nothing():
    for size in (3, 30):
        found = analysis.rip(Dense(np.zeros((2, size, size))), 1, **FEW)
        assert (found.smallest, found.largest, found.delta, found.upper) == (0, 0, 1, 1)
        assert np.isnan(found.scaled_delta)


def test_an_entry_that_was_not_seen_makes_delta_one():
    rows, cols = (axis.reshape(-1)[:-1] for axis in np.indices((6, 5)))
    found = analysis.rip(Entries(rows, cols, (6, 5)), 1)
    assert found.smallest == pytest.approx(0, abs=1e-12)
    assert found.delta == pytest.approx(1)


def test_measurements_of_rank_one_are_not_isometric_at_any_scale():
    """E <a aᵀ, X>^2 = 2 ||X||_F^2 + tr(X)^2 depends on the trace."""
    quadratic, gaussian = (kind.gaussian(1000, 6, rng=0) for kind in (RankOne, DenseSymmetric))
    assert analysis.rip(quadratic, 2, **FEW).scaled_delta > 0.4
    assert analysis.rip(gaussian, 2, **FEW).scaled_delta < 0.3


def test_large_operators_are_bounded_by_lanczos():
    operator = DenseSymmetric.gaussian(600, 29, rng=0)
    A = np.asarray(operator)
    largest = np.linalg.eigvalsh(A @ A.T)[-1] / 600
    found = analysis.rip(operator, 29, restarts=2, samples=2, max_iter=20)
    assert 0 < found.failure < 1e-5
    assert largest - 1 <= found.upper < 1.05 * largest
    assert found.largest == pytest.approx(largest, rel=1e-6)


def test_vectors_have_one_rank():
    operator = Dense(np.random.default_rng(0).standard_normal((40, 6, 1)))
    sigma = np.linalg.svd(np.asarray(operator), compute_uv=False) ** 2 / 40
    assert analysis.rip(operator, 1).largest == pytest.approx(sigma[0])


@pytest.mark.parametrize("search", [analysis.rip, analysis.sign_rip])
@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"rank": 0}, ValueError, "rank: expected an integer >= 1, got 0"),
        ({"rank": 6}, ValueError, "rank: expected an integer from 1 to 5, got 6"),
        ({"rank": 1.5}, TypeError, "rank: expected an integer, got 1.5"),
        ({"rank": 1, "restarts": 0}, ValueError, "restarts: expected an integer >= 1, got 0"),
        ({"rank": 1, "samples": 3}, ValueError, "samples: expected an integer >= 16, got 3"),
        ({"rank": 1, "max_iter": -1}, ValueError, "max_iter: expected an integer >= 0, got -1"),
        ({"rank": 1, "rng": "x"}, TypeError, "rng: expected None, an integer"),
    ],
)
def test_arguments_that_make_no_sense(search, arguments, error, words):
    with pytest.raises(error, match=words):
        search(Dense.gaussian(20, 5, 6, rng=0), **arguments)


@pytest.mark.parametrize(
    "call",
    [
        lambda x: analysis.rip(x, 1),
        lambda x: analysis.sign_rip(x, 1),
        analysis.operator_norm,
        analysis.adjoint_test,
    ],
)
def test_an_operator_is_needed(call):
    with pytest.raises(TypeError, match=r"operator: expected an ipgd\.operators operator"):
        call(3)


def test_signs_of_gaussian_measurements_are_scaled_by_the_root_of_two_over_pi():
    for seed in range(2):
        found = analysis.sign_rip(DenseSymmetric.gaussian(2000, 8, rng=seed), 1, rng=seed)
        assert found.scaling == pytest.approx(np.sqrt(2 / np.pi), rel=0.02)
        assert 0 < found.sampled <= found.delta < 0.5


def test_the_pair_that_sign_rip_returns_proves_its_figure():
    operator = Dense.gaussian(150, 7, 5, rng=0)
    found = analysis.sign_rip(operator, 2, scaling=0.8)
    X, Y = found.x_at, found.y_at
    D = operator.adjoint(np.sign(operator.forward(X))) / 150
    assert np.vdot(D - 0.8 * X, Y) == pytest.approx(0.8 * found.delta)
    for one in (X, Y):
        assert np.linalg.norm(one) == pytest.approx(1)
        assert np.linalg.matrix_rank(one, 1e-8) == 2


def test_sign_rip_falls_with_the_number_of_measurements_and_grows_with_the_rank():
    for seed in range(2):
        few, many = (DenseSymmetric.gaussian(m, 10, rng=seed) for m in (150, 1200))
        deltas = [analysis.sign_rip(op, r).delta for op, r in ((few, 2), (many, 2), (many, 1))]
        assert deltas[0] > 1.5 * deltas[1]
        assert deltas[1] > deltas[2]


def test_sign_rip_needs_a_positive_scaling():
    with pytest.raises(ValueError, match="scaling: expected a finite positive number, got 0"):
        analysis.sign_rip(Dense.gaussian(20, 5, 6, rng=0), 1, scaling=0)


def test_results_print_their_figures_and_not_their_matrices():
    found = analysis.rip(ipgd.matrix_sensing(d=4, rank=1, m=30, rng=0).operator, 1)
    assert "delta=" in repr(found)
    assert "array" not in repr(found)

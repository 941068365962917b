"""Second-order certificates and the spectral density, against dense Hessians."""

import ipgd
import mpmath
import numpy as np
import pytest
from ipgd.analysis import second_order, spectral_density


def dense_hessian(problem, model, flat):
    objective = ipgd.Objective(problem, model)
    H = objective.hessian_product(flat, np.eye(objective.size))
    return (H + H.T) / 2


def flat_of(blocks):
    return np.concatenate([block.reshape(-1) for block in blocks.values()])


def test_the_smallest_eigenvalue_is_that_of_the_dense_hessian(pairing):
    problem, model, blocks = pairing
    found = second_order(problem, blocks, parameterization=model)
    values = np.linalg.eigvalsh(dense_hessian(problem, model, flat_of(blocks)))
    scale = np.abs(values).max()
    assert found.smallest_eigenvalue == pytest.approx(values[0], abs=1e-12 * scale)
    assert found.error_bound < 1e-12 * scale
    v = flat_of(found.direction)
    assert np.linalg.norm(v) == pytest.approx(1, rel=1e-14)
    assert {n: b.shape for n, b in found.direction.items()} == {
        n: b.shape for n, b in blocks.items()
    }
    curvature = ipgd.Objective(problem, model).hessian_product(flat_of(blocks), v) @ v
    assert curvature == pytest.approx(found.smallest_eigenvalue, abs=1e-13 * scale)


def test_lanczos_finds_what_the_dense_matrix_has():
    problem = ipgd.matrix_sensing(d=16, rank=2, m=200, rng=0)
    model = ipgd.SymmetricFactor(16)  # 256 parameters: by Lanczos
    U = 0.3 * np.random.default_rng(30).standard_normal((16, 16))
    H = dense_hessian(problem, model, U.ravel())
    values = np.linalg.eigvalsh(H)
    found = second_order(problem, {"U": U}, tolerance=1e-9)
    assert found.smallest_eigenvalue == pytest.approx(values[0], abs=1e-8 * values[-1])
    assert found.error_bound < 1e-7 * values[-1]
    assert np.abs(values - found.smallest_eigenvalue).min() <= found.error_bound + 1e-12
    again = second_order(problem, {"U": U}, tolerance=1e-9)
    assert again.smallest_eigenvalue == found.smallest_eigenvalue
    V = problem.truth_bases[0]
    W = np.linalg.svd(V.T @ U)[2][:2].T
    left, _, right = np.linalg.svd(U)
    for region, P, Q in (
        ("column", V @ V.T, np.eye(16)),
        ("row", np.eye(16), W @ W.T),
        ("rank", left[:, 2:] @ left[:, 2:].T, right[2:].T @ right[2:]),
    ):
        inside = np.kron(P, Q) if region != "rank" else np.eye(256) - np.kron(P, Q)
        values, vectors = np.linalg.eigh(inside)
        B = vectors[:, values > 0.5]
        expected = np.linalg.eigvalsh(B.T @ H @ B)
        found = second_order(problem, {"U": U}, region, tolerance=1e-9)
        assert found.region == region
        close = 1e-8 * expected[-1]
        assert found.smallest_eigenvalue == pytest.approx(expected[0], abs=close), region
        v = flat_of(found.direction)
        np.testing.assert_allclose(inside @ v, v, atol=1e-12)
        gradient = ipgd.Objective(problem, model).gradient(U.ravel())
        assert found.gradient_norm == pytest.approx(np.linalg.norm(inside @ gradient))


def test_the_origin_is_a_strict_saddle_and_its_direction_leads_away(sensing):
    found = second_order(sensing, {"U": np.zeros((6, 3))})
    assert found.verdict == "strict_saddle"
    lowest = -np.linalg.eigvalsh(sensing.back_projection())[-1]  # Hess[V] = -A*(y)/m V
    assert found.smallest_eigenvalue == pytest.approx(lowest, rel=1e-12)
    assert "strict_saddle" in found.message
    objective = ipgd.Objective(sensing, ipgd.SymmetricFactor(3))
    step = 0.1 * found.direction["U"]
    assert objective.value({"U": step}) < objective.value({"U": np.zeros((6, 3))})
    assert found.curvature_tolerance == pytest.approx(0.1 * sensing.scale().curvature, rel=1e-12)


def test_the_saddle_of_rank_one_is_a_minimum_of_its_region(full):
    # U = the leading eigenvector of Theta*, as it stands: on rank 1 there is nothing better
    values, vectors = np.linalg.eigh(full.truth)
    U = np.zeros((6, 3))
    U[:, 0] = np.sqrt(values[-1]) * vectors[:, -1]
    whole = second_order(full, {"U": U})
    assert whole.verdict == "strict_saddle"
    assert whole.smallest_eigenvalue == pytest.approx(-values[-2], rel=1e-8)
    overlap = np.linalg.norm(vectors[:, -2] @ whole.direction["U"])
    assert overlap == pytest.approx(1, rel=1e-8)
    region = second_order(full, {"U": U}, "rank", rank=1)
    assert region.verdict == "region_second_order"
    assert region.smallest_eigenvalue > -1e-10


def test_a_solution_is_a_second_order_point_whole_and_on_every_region(sensing):
    solution = ipgd.solve(sensing, max_iter=10_000, rng=0)
    assert solution.success
    assert second_order(sensing, solution).verdict == "second_order"
    for region in ("column", "rank", "row"):
        assert second_order(sensing, solution, region).verdict == "region_second_order"


def test_vectors_have_a_certificate_on_the_support(sparse):
    solution = ipgd.solve(sparse, rng=0)
    found = second_order(sparse, solution, "support")
    assert found.verdict == "region_second_order"
    off = sparse.truth[:, 0] == 0
    assert not found.direction["u"][off].any()
    assert not found.direction["v"][off].any()


def test_a_point_on_a_slope_is_not_stationary(sensing):
    found = second_order(sensing, {"U": np.ones((6, 3))})
    assert found.verdict == "not_stationary"
    assert found.gradient_norm > found.epsilon
    loose = second_order(sensing, {"U": np.ones((6, 3))}, epsilon=1e3, hessian_lipschitz=1e3)
    assert loose.verdict == "second_order"
    assert loose.curvature_tolerance == pytest.approx(1e3)


def test_the_hessian_at_d_1_is_that_of_mpmath():
    problem = ipgd.Problem(ipgd.operators.DenseSymmetric([[[2.0]], [[-1.0]]]), [3.0, 0.5])
    u = 0.7
    found = second_order(problem, {"U": [[u]]})
    with mpmath.workdps(40):
        # f(u) = 1/8 ((2 u^2 - 3)^2 + (-u^2 - 1/2)^2)
        f = lambda x: ((2 * x**2 - 3) ** 2 + (-(x**2) - mpmath.mpf(1) / 2) ** 2) / 8  # noqa: E731
        curvature, slope = (float(mpmath.diff(f, mpmath.mpf(u), n)) for n in (2, 1))
    assert found.smallest_eigenvalue == pytest.approx(curvature, rel=1e-13)
    assert found.gradient_norm == pytest.approx(abs(slope), rel=1e-13)


@pytest.mark.parametrize("probes", [1, 4])
def test_a_quadrature_is_exact_for_moments_of_its_probes(pairing, probes):
    problem, model, blocks = pairing
    found = spectral_density(problem, blocks, probes=probes, steps=4, parameterization=model)
    H = dense_hessian(problem, model, flat_of(blocks))
    n = len(H)
    z = 2.0 * np.random.default_rng(0).integers(0, 2, (probes, n)) - 1
    assert found.weights.sum() == pytest.approx(1, rel=1e-12)
    power = np.eye(n)
    for k in range(8):  # up to 2 steps - 1
        expected = np.einsum("ka,ab,kb->", z, power, z) / (n * probes)
        size = np.linalg.norm(H, 2) ** k
        assert found.moment(k) == pytest.approx(expected, abs=1e-11 * size)
        power = power @ H


def test_the_density_estimates_the_spectrum(sensing):
    U = np.random.default_rng(31).standard_normal((6, 4))
    values = np.linalg.eigvalsh(dense_hessian(sensing, ipgd.SymmetricFactor(4), U.ravel()))
    found = spectral_density(sensing, {"U": U}, probes=400, steps=24)
    assert found.size == 24
    assert found.moment(1) == pytest.approx(values.mean(), rel=0.1)
    assert found.moment(2) == pytest.approx((values**2).mean(), rel=0.1)
    middle = (values[11] + values[12]) / 2
    assert found.below(middle) == pytest.approx(0.5, abs=0.1)
    assert found.nodes.min() == pytest.approx(values[0], rel=1e-6, abs=1e-9)
    assert found.nodes[:, :-1].max() <= values[-1] * (1 + 1e-9)
    grid, density = found.density()
    assert density.min() >= 0
    assert density.sum() * (grid[1] - grid[0]) == pytest.approx(1, rel=1e-2)


def test_the_spectrum_on_a_region_is_that_of_the_projected_hessian(full):
    V = full.truth_bases[0]
    U = (
        V
        @ np.diag([1.0, 0.7])
        @ np.linalg.qr(np.random.default_rng(32).standard_normal((4, 2)))[0].T
    )
    found = spectral_density(full, {"U": U}, "column", probes=200)
    assert found.size == 8
    B = np.kron(V, np.eye(4))
    H = B.T @ dense_hessian(full, ipgd.SymmetricFactor(4), U.ravel()) @ B
    assert found.moment(1) == pytest.approx(np.trace(H) / 8, rel=0.2)
    assert found.nodes.min() > -1e-10  # a solution is a minimum there


def test_a_krylov_space_that_ends_early_is_no_error(sensing):
    zero = {"U": np.zeros((6, 3))}  # each eigenvalue three times
    found = spectral_density(sensing, zero, probes=3, steps=18)
    values = np.linalg.eigvalsh(-sensing.back_projection())
    assert found.weights.sum() == pytest.approx(1, rel=1e-12)
    assert found.nodes.min() == pytest.approx(values[0], rel=1e-9)
    expected = values.mean()
    many = spectral_density(sensing, zero, probes=300, steps=18)
    assert many.moment(1) == pytest.approx(expected, abs=0.1 * np.abs(values).max())


def test_regions_that_are_not_of_the_parameters_are_refused(tensor, sensing):
    U = {"U": np.ones((3, 3))}
    model = ipgd.SymmetricTensor(3, 3)
    for call in (second_order, spectral_density):
        with pytest.raises(ValueError, match="region: expected one of the parameters, got 'basis'"):
            call(tensor, U, "basis", parameterization=model)
        with pytest.raises(ValueError, match="region: expected one of 'column', 'rank', 'row'"):
            call(sensing, {"U": np.ones((6, 3))}, "support")
        blind = ipgd.Problem(sensing.operator, sensing.y)
        with pytest.raises(ValueError, match="problem: expected one with a truth for region"):
            call(blind, {"U": np.ones((6, 3))}, "column")
    assert second_order(blind, {"U": np.zeros((6, 3))}).verdict == "strict_saddle"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epsilon": 0.0}, "epsilon: expected a finite positive number"),
        ({"hessian_lipschitz": -1.0}, "hessian_lipschitz: expected a finite positive number"),
        ({"tolerance": 0.0}, "tolerance: expected a finite positive number"),
        ({"rank": 0}, "rank: expected an integer >= 1, got 0"),
    ],
)
def test_bad_numbers_are_refused_by_name(sensing, options, message):
    with pytest.raises(ValueError, match=message):
        second_order(sensing, {"U": np.ones((6, 3))}, **options)

"""Deviation rates, recorded and computed, against the residuals of steps that were taken."""

import ipgd
import mpmath
import numpy as np
import pytest
from ipgd.analysis import cumulative_deviation, deviation_rate, residual_bound, split


def run(problem, model, start, step_size, max_iter, algorithm=None, **options):
    return ipgd.solve(
        problem,
        algorithm or ipgd.GD(step_size=step_size),
        parameterization=model,
        init=start,
        max_iter=max_iter,
        stop=ipgd.Stop(relative_loss=0.0),
        record=("loss", "residual_norm", "deviation_rate"),
        **options,
    )


def test_the_recorded_rate_is_that_of_the_iterates(pairing):
    problem, model, blocks = pairing
    seen = []
    solution = run(
        problem, model, blocks, 1e-3, 4,
        callback=lambda now: seen.append({n: b.copy() for n, b in now.parameters.items()}),
    )  # fmt: skip
    expected = [deviation_rate(problem, at, parameterization=model) for at in seen]
    np.testing.assert_allclose(solution.history["deviation_rate"], expected, rtol=1e-10)
    assert np.ptp(expected) > 0


def test_the_first_order_rate_is_the_limit_of_one_step(pairing):
    problem, model, blocks = pairing
    at = {"parameterization": model}
    first = deviation_rate(problem, blocks, **at)
    eta = 1e-3 / (1 + abs(first))
    whole, half = (
        deviation_rate(problem, blocks, "one_step", step_size=size, **at) for size in (eta, eta / 2)
    )
    assert 2 * half - whole == pytest.approx(first, rel=1e-5, abs=1e-5)
    moved = run(problem, model, blocks, 1e-3, 1)
    before, after = moved.history["residual_norm"]
    one = deviation_rate(problem, blocks, "one_step", step_size=1e-3, **at)
    assert after == pytest.approx(before * (1 + 1e-3 * one), rel=1e-12)


@pytest.mark.parametrize("region", ["column", "rank", "row", "basis"])
def test_the_rate_is_the_slope_of_the_residual_in_every_region(region, sensing, tensor):
    problem, model = (tensor, ipgd.SymmetricTensor(3, 3)) if region == "basis" else (
        sensing, ipgd.SymmetricFactor(4),
    )  # fmt: skip
    shape = ipgd.Objective(problem, model).shapes["U"]
    U = 0.5 * np.random.default_rng(20).standard_normal(shape)

    gradient = ipgd.Objective(problem, model).gradient(U.ravel()).reshape(shape)
    W = np.linalg.svd(problem.truth_bases[0].T @ U)[2][:2] if region == "row" else None

    def residual(t):
        moved = U - t * gradient
        if region == "row":  # the W of the point, which the rate holds fixed
            return np.linalg.norm(moved - moved @ W.T @ W)
        return split(problem, {"U": moved}, region, parameterization=model).residual_norm

    h = 1e-5
    slope = (residual(h) - residual(-h)) / (2 * h * residual(0))
    rate = deviation_rate(problem, {"U": U}, region=region, parameterization=model)
    assert rate == pytest.approx(slope, rel=1e-6, abs=1e-8)


def gradient_of_theta(problem, theta):
    A, r = problem.operator.to_dense(), problem.operator.forward(theta) - problem.y
    return np.einsum("i,iab->ab", r, A) / problem.m


def test_the_block_of_the_symmetric_model_is_an_eigenvalue(sensing):
    U = 0.3 * np.random.default_rng(21).standard_normal((6, 4))
    M = gradient_of_theta(sensing, U @ U.T)
    V = np.linalg.svd(sensing.truth)[0][:, 2:]
    values = np.linalg.eigvalsh(V.T @ M @ V)
    assert deviation_rate(sensing, {"U": U}, "block") == pytest.approx(max(-values[0], 0))
    assert deviation_rate(sensing, {"U": U}, "full") == pytest.approx(-np.linalg.eigvalsh(M)[0])
    # a residual along that eigenvector, and no signal, grows at that rate
    lowest = V @ np.linalg.eigh(V.T @ M @ V)[1][:, :1]
    tiny = {"U": U + 0}
    tiny["U"] = 1e-8 * lowest @ np.ones((1, 4))
    at_zero = deviation_rate(sensing, {"U": np.zeros((6, 4))}, "block")
    assert deviation_rate(sensing, tiny) <= at_zero * (1 + 1e-9)


def test_the_block_of_two_factors_is_a_singular_value(rectangular):
    rng = np.random.default_rng(22)
    V, W = (0.3 * rng.standard_normal((d, 3)) for d in (6, 5))
    G = gradient_of_theta(rectangular, V @ W.T)
    left, right = rectangular.truth_bases
    L, R = (np.linalg.svd(Q)[0][:, 2:] for Q in (left, right))
    at = {"V": V, "W": W}
    assert deviation_rate(rectangular, at, "block") == pytest.approx(np.linalg.norm(L.T @ G @ R, 2))
    assert deviation_rate(rectangular, at, "full") == pytest.approx(np.linalg.norm(G, 2))


def test_the_block_of_vectors_is_the_largest_slope_off_the_support(sparse):
    rng = np.random.default_rng(23)
    u, v = 0.5 * rng.standard_normal((2, 6, 1))
    off = sparse.truth[:, 0] == 0
    at = {"u": u, "v": v}
    g = gradient_of_theta(sparse, u**2 - v**2)[:, 0]
    rate = deviation_rate(sparse, at, "block", parameterization=ipgd.HadamardPower())
    assert rate == pytest.approx(2 * np.abs(g[off]).max())
    rate = deviation_rate(sparse, at, "full", parameterization=ipgd.HadamardPower())
    assert rate == pytest.approx(2 * np.abs(g).max())
    g = gradient_of_theta(sparse, u**3 - v**3)[:, 0]
    rate = deviation_rate(sparse, at, "block", parameterization=ipgd.HadamardPower(3))
    expected = 3 * np.concatenate([-(g * u[:, 0])[off], (g * v[:, 0])[off]]).max()
    assert rate == pytest.approx(max(expected, 0))
    g = gradient_of_theta(sparse, u * v)[:, 0]
    rate = deviation_rate(sparse, at, "block", parameterization=ipgd.HadamardProduct())
    assert rate == pytest.approx(np.abs(g[off]).max())


@pytest.mark.parametrize("region", ["column", "rank", "row"])
def test_the_worst_case_is_an_eigenvalue_of_the_hessian_on_the_residuals(sensing, region):
    U = 0.3 * np.random.default_rng(24).standard_normal((6, 4))
    objective = ipgd.Objective(sensing, ipgd.SymmetricFactor(4))
    H = objective.hessian_product(U.ravel(), np.eye(24))
    V = sensing.truth_bases[0]
    left, _, right = np.linalg.svd(U)
    if region == "column":
        P, Q = np.eye(6) - V @ V.T, np.eye(4)
    elif region == "row":
        W = np.linalg.svd(V.T @ U)[2][2:].T
        P, Q = np.eye(6), W @ W.T
    else:
        P, Q = left[:, 2:] @ left[:, 2:].T, right[2:].T @ right[2:]
    outside = np.kron(P, Q)
    values, vectors = np.linalg.eigh(outside)
    B = vectors[:, values > 0.5]
    expected = -np.linalg.eigvalsh(B.T @ H @ B)[0]
    rate = deviation_rate(sensing, {"U": U}, "worst_case", region=region)
    assert rate == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e-8])
def test_rates_are_right_for_residuals_that_are_almost_nothing(sparse, size):
    model, eta = ipgd.HadamardPower(), 1e-4
    on = sparse.truth[:, 0] != 0
    start = {"u": np.where(on, 0.5, 2 * size)[:, None], "v": np.where(on, 0.5, size)[:, None]}
    g = gradient_of_theta(sparse, start["u"] ** 2 - start["v"] ** 2)[~on, 0]
    with mpmath.workdps(50):  # u_i moves by -2 eta u_i g_i, v_i by 2 eta v_i g_i
        s = mpmath.mpf(size)
        x = [2 * s] * len(g) + [s] * len(g)
        slopes = [2 * mpmath.mpf(sign * entry) for sign in (1, -1) for entry in g]
        length = mpmath.sqrt(sum(a**2 for a in x))
        first = -sum(a * a * b for a, b in zip(x, slopes, strict=True)) / length**2
        moved = [a * (1 - eta * b) for a, b in zip(x, slopes, strict=True)]
        one = (mpmath.sqrt(sum(a**2 for a in moved)) / length - 1) / eta
    close = 1e-13 * np.abs(g).max()
    rate = deviation_rate(sparse, start, parameterization=model)
    assert rate == pytest.approx(float(first), abs=close)
    recorded = run(sparse, model, start, 0.01, 1).history["deviation_rate"][0]
    assert recorded == pytest.approx(float(first), abs=close)
    rate = deviation_rate(sparse, start, "one_step", step_size=eta, parameterization=model)
    assert rate == pytest.approx(float(one), abs=1e-11)


def test_what_is_not_there_does_not_grow_unless_something_comes(sensing, full):
    V = sensing.truth_bases[0]
    inside = {"U": 0.3 * V @ np.random.default_rng(25).standard_normal((2, 4))}
    zero = {"U": np.zeros((6, 4))}
    assert deviation_rate(sensing, zero) == 0.0
    assert deviation_rate(sensing, zero, "one_step", step_size=0.1) == 0.0
    solution = run(sensing, ipgd.SymmetricFactor(4), zero["U"], 0.1, 1)
    np.testing.assert_array_equal(solution.history["deviation_rate"], 0.0)
    axis = np.zeros((6, 4))
    axis[0] = 1.0
    truth = axis[:, :1] @ axis[:, :1].T
    operator = sensing.operator
    aligned = ipgd.Problem(operator, operator.forward(truth), truth)
    half = {"U": 0.4 * axis}
    assert deviation_rate(aligned, half) == np.inf
    assert deviation_rate(aligned, half, "one_step", step_size=0.1) == np.inf
    assert (
        run(aligned, ipgd.SymmetricFactor(4), half["U"], 0.1, 0).history["deviation_rate"] == np.inf
    )
    assert deviation_rate(sensing, inside, "block") > 0


@pytest.mark.parametrize("region", ["rank", "row"])
@pytest.mark.parametrize("columns", [1, 2])
def test_nothing_is_outside_where_there_are_no_more_columns_than_the_rank(sensing, region, columns):
    U = {"U": np.random.default_rng(26).standard_normal((6, columns))}
    assert split(sensing, U, region).residual_norm == 0.0
    assert deviation_rate(sensing, U, region=region) == 0.0
    assert deviation_rate(sensing, U, "one_step", region=region, step_size=0.1) == 0.0
    assert deviation_rate(sensing, U, "worst_case", region=region) == 0.0


def test_a_tiny_residual_has_the_rate_of_its_own_direction(sensing):
    # U = diag(1, 0.7, 1e-12): what is outside of rank 2 moves by -M_33 of itself
    U = np.zeros((6, 4))
    U[0, 0], U[1, 1], U[2, 2] = 1.0, 0.7, 1e-12
    M = gradient_of_theta(sensing, U @ U.T)
    rate = deviation_rate(sensing, {"U": U}, region="rank")
    assert rate == pytest.approx(-M[2, 2], rel=1e-6)


def test_the_exponent_adds_up_and_bounds_the_residual(sensing):
    radius = 1e-6
    model = ipgd.SymmetricFactor(4)
    rates = []
    solution = run(
        sensing, model, ipgd.init.gaussian(1e-3), None, 200, ipgd.IPGDPlus(radius, step_size=0.05),
        callback=lambda now: rates.append(
            deviation_rate(sensing, now.parameters, "one_step", step_size=0.05)
        ),
        rng=0,
    )  # fmt: skip
    eta = solution.settings["algorithm"]["step_size"]
    recorded = solution.history["deviation_rate"]
    found = cumulative_deviation(solution)
    np.testing.assert_allclose(found.exponent, eta * np.r_[0, np.cumsum(recorded)[:-1]], rtol=1e-12)
    np.testing.assert_allclose(found.average[1:] * found.iteration[1:] * eta, found.exponent[1:])
    assert found.average[0] == recorded[0]
    # With the rates of one step it is a bound.
    solution.history["exact"] = np.array(rates)
    bound = residual_bound(solution, "exact")
    np.testing.assert_array_equal(bound.residual, solution.history["residual_norm"])
    assert (bound.residual <= bound.bound * (1 + 1e-12)).all()
    assert bound.bound[0] == bound.residual[0]
    assert bound.residual.max() > 1.5 * bound.residual[0]  # it had something to bound
    # Without the noise's share it is none.
    exponent = eta * np.r_[0, np.cumsum(np.maximum(rates, 0))[:-1]]
    np.testing.assert_allclose(
        bound.bound, np.exp(exponent) * (bound.residual[0] + bound.iteration * radius)
    )


def test_sparse_records_stand_for_the_iterations_between(sensing):
    model = ipgd.SymmetricFactor(4)
    every = run(sensing, model, ipgd.init.gaussian(1e-2), 0.05, 100, rng=0)
    tenth = run(sensing, model, ipgd.init.gaussian(1e-2), 0.05, 100, record_every=10, rng=0)
    rates = every.history["deviation_rate"]
    found = cumulative_deviation(tenth)
    expected = 0.05 * np.repeat(rates[:100:10], 10).sum()
    assert found.exponent[-1] == pytest.approx(expected, rel=1e-12)
    assert found.exponent[-1] == pytest.approx(cumulative_deviation(every).exponent[-1], rel=0.3)


def test_recorded_rates_have_the_same_bits_resumed_and_in_a_batch(sensing, same_bits):
    model = ipgd.SymmetricFactor(4)
    record = ("residual_norm", "deviation_rate")
    options = {"parameterization": model, "record": record, "record_every": 3}
    whole = ipgd.solve(sensing, max_iter=50, rng=0, **options)
    half = ipgd.solve(sensing, max_iter=20, rng=0, **options)
    same_bits(ipgd.resume(sensing, half, max_iter=50), whole)
    batch = ipgd.solve_batch(sensing, seeds=[0, 1], max_iter=50, n_threads=2, **options)
    same_bits(batch[0], whole)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p, U: deviation_rate(p, U, "fast"), "kind: expected one of 'one_step'"),
        (lambda p, U: deviation_rate(p, U, "one_step"), "step_size: expected one beside"),
        (
            lambda p, U: deviation_rate(p, U, "one_step", step_size=-1.0),
            "step_size: expected a finite positive number",
        ),
        (lambda p, U: deviation_rate(p, U, "block", region="row"), "region: expected 'column'"),
        (lambda p, U: deviation_rate(p, U, region="support"), "region: expected one of 'column'"),
    ],
)
def test_bad_arguments_are_refused_by_name(sensing, call, message):
    with pytest.raises(ValueError, match=message):
        call(sensing, {"U": np.ones((6, 2))})


def test_kinds_that_a_model_lacks_are_refused(rectangular, tensor):
    deep = ipgd.DeepFactor(3, 4)
    shapes = ipgd.Objective(rectangular, deep).shapes
    blocks = {name: np.ones(shape) for name, shape in shapes.items()}
    for kind in ("block", "full", "worst_case"):
        with pytest.raises(ValueError, match="kind: expected 'one_step' or 'first_order'"):
            deviation_rate(rectangular, blocks, kind, parameterization=deep)


def test_an_analysis_without_a_truth_or_a_record_is_refused(sensing):
    blind = ipgd.Problem(sensing.operator, sensing.y)
    for kind in ("one_step", "first_order", "worst_case", "block", "full"):
        with pytest.raises(ValueError, match="problem: expected one with a truth for a deviation"):
            deviation_rate(blind, {"U": np.ones((6, 2))}, kind, step_size=0.1)
    plain = ipgd.solve(sensing, max_iter=5, rng=0)
    for call in (cumulative_deviation, residual_bound):
        with pytest.raises(ValueError, match="expected one that recorded 'deviation_rate'"):
            call(plain)
        with pytest.raises(TypeError, match=r"solution: expected an ipgd\.Solution, got"):
            call({"U": np.ones((6, 2))})
    scaled = ipgd.solve(
        sensing, ipgd.ScaledGD(), record=("deviation_rate", "residual_norm"), max_iter=5, rng=0
    )
    with pytest.raises(ValueError, match=r"expected a run of GD, PGD, IPGD, IPGDPlus, .* ScaledGD"):
        cumulative_deviation(scaled)
    with pytest.raises(ValueError, match="quantity: expected one number a record"):
        cumulative_deviation(
            ipgd.solve(sensing, record=("singular_values",), max_iter=5, rng=0), "singular_values"
        )

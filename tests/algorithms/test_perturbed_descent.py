"""PGD, IPGD and IPGD+ step by step against numpy: when they kick, how, and when they end."""

import ipgd
import numpy as np
import pytest

SEED = 11


def objective(problem):
    A, y, m = problem.operator.to_dense(), problem.y, problem.m

    def evaluate(U):
        r = np.einsum("iab,ab->i", A, U @ U.T) - y
        return r @ r / (4 * m), np.einsum("i,iab->ab", r, A) @ U / m

    return evaluate


@pytest.fixture(scope="module")
def noise_source(noise_of):
    """The noise of a run whose init draws nothing from its generator."""

    def source(radius, shape, law="uniform"):
        noise = noise_of(law, shape, radius, SEED, 3000)
        return lambda t: noise[t]

    return source


def algorithm_two(evaluate, noise, U, *, step_size, threshold, window, decrease, max_iter):
    """Jin et al. (2017), Algorithm 2; also returns the iterations of the kicks."""
    kicks, before, f_before = [], None, None
    t_noise = -window - 1
    for t in range(max_iter + 1):
        f, g = evaluate(U)
        if np.linalg.norm(g) <= threshold and t - t_noise > window:
            before, f_before, t_noise = U, f, t
            kicks.append(t)
            U = U + noise(t)
            f, g = evaluate(U)
        if t - t_noise == window and f - f_before > -decrease:
            return before, t, kicks
        U = U - step_size * g
    raise AssertionError("no second-order point within the budget")


SHAPE = (10, 4)


def composed(method, radius, threshold, decrease, noise="uniform"):
    return method(
        step_size=0.2,
        window=80,
        radius=radius,
        gradient_threshold=threshold,
        decrease_threshold=decrease,
        noise=noise,
    )


METHODS = [
    composed(ipgd.PGD, 1e-3, 2e-2, 1e-7),
    composed(ipgd.PGD, 0.3, 0.1, 1e-3),
    composed(ipgd.IPGD, 1e-9, 1e-3, 1e-12),
    composed(ipgd.IPGD, 1e-4, 0.1, 1e-4, "gaussian"),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{type(m).__name__}-{m.radius}")
def test_the_run_is_that_of_algorithm_two(problem, noise_source, method):
    point, end, kicks = algorithm_two(
        objective(problem),
        noise_source(method.radius, SHAPE, method.noise),
        np.zeros(SHAPE),
        step_size=method.step_size,
        threshold=method.gradient_threshold,
        window=method.window,
        decrease=method.decrease_threshold,
        max_iter=5000,
    )
    solution = ipgd.solve(
        problem,
        method,
        parameterization=ipgd.SymmetricFactor(SHAPE[1]),
        init=ipgd.init.zeros(),
        max_iter=5000,
        stop=ipgd.Stop(relative_loss=0),
        record=("perturbation",),
        rng=SEED,
    )
    assert len(kicks) >= 2  # the first leaves the saddle at zero, the last finds nothing to gain
    assert solution.status == "second_order"
    assert solution.success
    assert solution.nit == end == kicks[-1] + method.window
    got = np.flatnonzero(solution.history["perturbation"]).tolist()
    assert got == kicks
    assert solution.perturbations == len(kicks)
    error = np.linalg.norm(solution.parameters["U"] - point)
    assert error <= 1e-9 * np.linalg.norm(point)


def watched(problem, method, **settings):
    seen = {}
    solution = ipgd.solve(
        problem,
        method,
        parameterization=ipgd.SymmetricFactor(SHAPE[1]),
        init=ipgd.init.zeros(),
        record=("perturbation", "gradient_norm"),
        callback=lambda now: seen.update({now.iteration: now.parameters["U"].copy()}),
        rng=SEED,
        **settings,
    )
    return solution, seen


@pytest.mark.parametrize("method", METHODS, ids=lambda m: f"{type(m).__name__}-{m.radius}")
def test_kicks_come_only_near_stationary_points_and_one_window_apart(problem, method):
    solution, seen = watched(problem, method, max_iter=5000, stop=ipgd.Stop(relative_loss=0))
    evaluate = objective(problem)
    kicked = solution.history["perturbation"] == 1
    last = -np.inf
    for t in range(1, solution.nit):
        U = seen[t - 1]
        arrived = U - method.step_size * evaluate(U)[1]
        small = np.linalg.norm(evaluate(arrived)[1]) <= method.gradient_threshold
        if kicked[t - 1]:
            last = t - 1
        assert kicked[t] == (small and t - last > method.window)
        length = np.linalg.norm(seen[t] - arrived)
        if kicked[t] and method.noise == "uniform":
            assert 0 < length <= method.radius * (1 + 1e-9)
        if not kicked[t]:
            assert length <= 1e-14


def test_the_point_before_the_last_kick_is_returned(problem, noise_source):
    method = METHODS[1]  # a kick that is easily seen
    solution, seen = watched(problem, method, max_iter=5000, stop=ipgd.Stop(relative_loss=0))
    last = np.flatnonzero(solution.history["perturbation"])[-1]
    U = solution.parameters["U"]
    assert np.linalg.norm(seen[last] - U) == pytest.approx(
        np.linalg.norm(noise_source(method.radius, SHAPE)(last)), rel=1e-9
    )
    loss, gradient = objective(problem)(U)
    assert solution.fun == pytest.approx(loss, rel=1e-9)
    assert solution.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-9)
    assert solution.gradient_norm <= method.gradient_threshold


def test_a_perturbed_run_also_stops_on_its_loss(problem):
    solution, _ = watched(problem, METHODS[2], stop=ipgd.Stop(relative_loss=1e-4))
    assert solution.status == "relative_loss"
    assert solution.fun <= 1e-4 * problem.y @ problem.y / (4 * problem.m)


@pytest.mark.parametrize("noise", ["uniform", "gaussian"])
def test_ipgd_plus_adds_fresh_noise_to_every_step(problem, noise_source, noise):
    radius, eta = 1e-2, 0.2
    source = noise_source(radius, SHAPE, noise)
    method = ipgd.IPGDPlus(radius=radius, step_size=eta, noise=noise)
    solution, seen = watched(problem, method, max_iter=150)
    evaluate = objective(problem)
    for t in range(150):
        expected = seen[t] - eta * evaluate(seen[t])[1] + source(t)
        assert np.linalg.norm(seen[t + 1] - expected) <= 1e-13
    assert solution.history["perturbation"].tolist() == [0.0] + [1.0] * 150
    assert solution.perturbations == 150


@pytest.mark.parametrize("method", [ipgd.PGD(), ipgd.IPGD(), ipgd.IPGDPlus()])
def test_a_gradient_rule_is_refused_for_perturbed_methods(problem, method):
    words = "gradient_norm: expected 0 for a perturbed method, which must pass the saddles"
    with pytest.raises(ValueError, match=words):
        ipgd.solve(problem, method, stop=ipgd.Stop(gradient_norm=1e-3))


@pytest.mark.parametrize("method", [ipgd.PGD(), ipgd.IPGD(), ipgd.IPGDPlus(radius=1e-8)])
def test_automatic_settings_recover_the_matrix_from_zero(problem, method):
    solution = ipgd.solve(
        problem, method, init=ipgd.init.zeros(), record=("test_error",), rng=0, max_iter=20_000
    )
    assert solution.history["test_error"][0] == pytest.approx(1, abs=1e-6)
    assert solution.history["test_error"][-1] < 1e-4


def test_noise_laws_differ(problem):
    ends = [
        ipgd.solve(problem, ipgd.IPGDPlus(radius=1e-3, noise=noise), max_iter=3, rng=0).parameters[
            "U"
        ]
        for noise in ("uniform", "gaussian")
    ]
    assert not np.array_equal(*ends)

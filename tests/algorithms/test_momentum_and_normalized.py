"""Momentum and normalised gradient descent beside numpy."""

import functools

import ipgd
import numpy as np
import pytest

STEPS, ETA = 15, 0.1


@pytest.fixture(scope="module")
def gradient(problem):
    A = problem.operator.to_dense()

    def of(U):
        r = np.einsum("iab,ab->i", A, U @ U.T) - problem.y
        return np.einsum("i,iab->ab", r, A) @ U / problem.m

    return of


@pytest.fixture(scope="module")
def init():
    return 0.5 * np.random.default_rng(1).standard_normal((10, 4))


def check(problem, method, init, expected, steps=STEPS):
    solution = ipgd.solve(
        problem,
        method,
        parameterization=ipgd.SymmetricFactor(4),
        init=init,
        max_iter=steps,
        stop=ipgd.Stop(relative_loss=0),
    )
    assert np.linalg.norm(solution.parameters["U"] - expected) <= 1e-11 * np.linalg.norm(expected)
    return solution


def test_nesterov_momentum_agrees_with_numpy(problem, gradient, init):
    x = z = init
    for _ in range(STEPS):
        before, z = z, x - ETA * gradient(x)
        x = z + 0.7 * (z - before)
    solution = check(problem, ipgd.AcceleratedGD(ETA, momentum=0.7), init, x)
    assert solution.settings["algorithm"] == {
        "name": "AcceleratedGD", "step_size": ETA, "momentum": 0.7, "kind": "nesterov",
        "onset": None, "second_start": None,
    }  # fmt: skip


def test_heavy_ball_momentum_agrees_with_numpy(problem, gradient, init):
    before = x = init
    for _ in range(STEPS):
        before, x = x, x - ETA * gradient(x) + 0.7 * (x - before)
    check(problem, ipgd.AcceleratedGD(ETA, momentum=0.7, kind="heavy_ball"), init, x)


def test_adaptive_momentum_agrees_with_numpy(problem, gradient):
    """From several starts, so that steps downhill and uphill are both met."""
    met = 0
    for seed in range(4):
        x = z = init = 0.5 * np.random.default_rng(seed).standard_normal((10, 4))
        k, uphill = 0.0, 0
        for _ in range(6 * STEPS):
            g, before = gradient(x), z
            z = x - ETA * g
            up = np.sum(g * (z - before)) > 0
            uphill += up
            k = 0.8 * k if up else k + 1
            x = z + k / (k + 3) * (z - before)
        met += 0 < uphill < 6 * STEPS
        check(problem, ipgd.AcceleratedGD(ETA, momentum="adaptive"), init, x, 6 * STEPS)
    assert met > 0


def test_no_momentum_is_gradient_descent(problem, gradient, init):
    x = init
    for _ in range(STEPS):
        x = x - ETA * gradient(x)
    for kind in ("nesterov", "heavy_ball"):
        check(problem, ipgd.AcceleratedGD(ETA, momentum=0, kind=kind), init, x)


@pytest.mark.parametrize("options", [{"momentum": "adaptive"}, {"kind": "heavy_ball"}], ids=str)
def test_an_onset_is_plain_descent_and_then_momentum(problem, options):
    """Bit for bit, until the loss is a hundredth of that at Theta = 0 and from there on."""
    solve = functools.partial(
        ipgd.solve, problem, parameterization=ipgd.SymmetricFactor(4), rng=1, gram=False
    )
    whole = solve(ipgd.AcceleratedGD(ETA, onset=1e-2, **options), max_iter=1000)
    plain = solve(ipgd.GD(ETA), stop=ipgd.Stop(relative_loss=1e-2))
    assert 0 < plain.nit < whole.nit
    later = solve(
        ipgd.AcceleratedGD(ETA, **options), init=plain.parameters, max_iter=1000 - plain.nit
    )
    assert whole.nit == plain.nit + later.nit
    assert np.array_equal(whole.parameters["U"], later.parameters["U"])


def test_an_onset_keeps_the_bias_of_plain_descent_and_saves_iterations():
    """d columns for rank 2, few measurements; the third singular value is not part of Theta*."""
    spurious, iterations = {}, {}
    methods = {
        "plain": ipgd.GD(),
        "onset": ipgd.AcceleratedGD(momentum="adaptive", onset=1e-2),
        "momentum": ipgd.AcceleratedGD(momentum="adaptive"),
    }
    for seed in range(5):
        problem = ipgd.matrix_sensing(24, 2, 260, rng=seed, condition_number=10)
        for name, method in methods.items():
            solution = ipgd.solve(
                problem,
                method,
                parameterization=ipgd.SymmetricFactor(24),
                stop=ipgd.Stop(relative_loss=1e-6),
                rng=seed,
            )
            sigma = np.linalg.svd(solution.theta(), compute_uv=False)
            spurious.setdefault(name, []).append(sigma[2] / sigma[0])
            iterations.setdefault(name, []).append(solution.nit)
    spurious = {name: np.median(values) for name, values in spurious.items()}
    iterations = {name: np.median(values) for name, values in iterations.items()}
    assert spurious["onset"] < spurious["momentum"] / 4
    assert iterations["onset"] < 0.8 * iterations["plain"]


def test_normalized_descent_agrees_with_numpy(problem, gradient, init):
    x, v = init, 0.0
    for t in range(1, STEPS + 1):
        g = gradient(x)
        v = 0.99 * v + 0.01 * np.sum(g**2)
        x = x - 1e-2 * g / (np.sqrt(v / (1 - 0.99**t)) + 1e-4)
    check(problem, ipgd.NormalizedGD(step_size=1e-2), init, x)


def test_momentum_needs_fewer_iterations_on_an_ill_conditioned_truth():
    problem = ipgd.matrix_sensing(20, 2, 800, rng=0, condition_number=20)

    def iterations(method):
        solution = ipgd.solve(
            problem,
            method,
            parameterization=ipgd.SymmetricFactor(2),
            init=ipgd.init.spectral(),
            stop=ipgd.Stop(relative_loss=1e-16),
        )
        assert solution.status == "relative_loss"
        return solution.nit

    plain = iterations(ipgd.GD())
    assert 3 * iterations(ipgd.AcceleratedGD()) < plain
    assert 3 * iterations(ipgd.AcceleratedGD(kind="heavy_ball")) < plain


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: ipgd.AcceleratedGD(momentum=1), "momentum: expected a number in"),
        (lambda: ipgd.AcceleratedGD(momentum=-0.1), "momentum: expected a finite number >= 0"),
        (lambda: ipgd.AcceleratedGD(kind="polyak"), "kind: expected one of 'nesterov'"),
        (lambda: ipgd.AcceleratedGD(momentum="adaptve"), "momentum: expected a number in"),
        (
            lambda: ipgd.AcceleratedGD(momentum="adaptive", kind="heavy_ball"),
            "kind: expected 'nesterov' with momentum='adaptive', got 'heavy_ball'",
        ),
        (lambda: ipgd.AcceleratedGD(onset=0), "onset: expected a finite positive number, got 0"),
        (lambda: ipgd.AcceleratedGD(onset=1.5), r"onset: expected a number in \(0, 1\] or None"),
        (lambda: ipgd.AcceleratedGD(second_start=0), "second_start: expected a finite positive"),
        (
            lambda: ipgd.solve(
                ipgd.matrix_sensing(4, 1, 9, rng=0), ipgd.AcceleratedGD(second_start=1e-9)
            ),
            "second_start: expected None but for vectors, got 1e-09",
        ),
        (lambda: ipgd.NormalizedGD(decay=1.0), "decay: expected a number in"),
        (lambda: ipgd.NormalizedGD(floor=0), "floor: expected a finite positive number"),
        (lambda: ipgd.NormalizedGD(step_size=0), "step_size: expected a finite positive number"),
    ],
)
def test_what_makes_no_sense_is_refused(make, text):
    with pytest.raises(ValueError, match=text):
        make()


@pytest.mark.parametrize("kind", ["nesterov", "heavy_ball"])
@pytest.mark.parametrize("model", [ipgd.AsymmetricFactor(), ipgd.DeepFactor(3)])
def test_automatic_steps_respect_starts_of_any_size(kind, model):
    problem = ipgd.matrix_sensing((10, 8), 2, 300, rng=0)
    for scale in (0.5, 1.0, 30.0, 1000.0):
        solutions = ipgd.solve_batch(
            problem,
            ipgd.AcceleratedGD(kind=kind),
            parameterization=model,
            init=ipgd.init.gaussian(scale),
            max_iter=500,
            seeds=range(4),
        )
        for solution in solutions:
            assert solution.status != "diverged"
            assert solution.history["loss"][-1] < 1e-2 * solution.history["loss"][0]


@pytest.mark.parametrize("kind", ["nesterov", "heavy_ball"])
@pytest.mark.parametrize("entries", [True, False])
def test_fixed_momentum_does_not_overshoot_in_models_of_vectors(kind, entries):
    """From a start as large as Theta*, where velocity gathers, and for several seeds."""
    for seed in range(6):
        rng = np.random.default_rng(seed)
        theta = rng.uniform(0.3, 0.6, (16, 1))
        if entries:
            operator = ipgd.operators.Entries(np.arange(16), np.zeros(16, int), (16, 1))
        else:
            operator = ipgd.operators.Dense.gaussian(120, 16, 1, rng=rng)
        problem = ipgd.Problem(operator, operator.forward(theta), theta)
        solution = ipgd.solve(
            problem,
            ipgd.AcceleratedGD(kind=kind),
            parameterization=ipgd.HadamardPower(),
            init=ipgd.init.gaussian(0.3),
            max_iter=300,
            rng=seed,
        )
        assert solution.history["loss"].max() < 2 * solution.history["loss"][0], seed
        assert solution.train_error < 1e-3, seed


@pytest.mark.parametrize(
    "model", [ipgd.HadamardPower(), ipgd.HadamardPower(3), ipgd.HadamardProduct()], ids=repr
)
@pytest.mark.parametrize(
    "algorithm",
    [
        ipgd.GD(),
        ipgd.AcceleratedGD(),
        ipgd.AcceleratedGD(kind="heavy_ball"),
        ipgd.AcceleratedGD(momentum="adaptive"),
    ],
    ids=["GD", "nesterov", "heavy_ball", "adaptive"],
)
def test_automatic_steps_respect_starts_of_any_size_in_models_of_vectors(model, algorithm):
    for seed in range(3):
        rng = np.random.default_rng([seed, 5])
        theta = rng.uniform(0.3, 0.6, (16, 1))
        operator = ipgd.operators.Dense.gaussian(120, 16, 1, rng=rng)
        problem = ipgd.Problem(operator, operator.forward(theta), theta)
        for scale in (0.5, 3.0, 30.0, 1e4):
            solution = ipgd.solve(
                problem,
                algorithm,
                parameterization=model,
                init=ipgd.init.gaussian(scale),
                max_iter=200,
                rng=seed,
            )
            loss = solution.history["loss"]
            assert loss.max() < 2 * loss[0], (seed, scale)
            assert loss[-1] < 0.5 * loss[0], (seed, scale)


def test_a_start_whose_loss_is_infinite_is_no_overflow_of_the_automatic_step():
    """It runs, or the start is named."""
    problem, refused = ipgd.sparse_regression(20, 2, 15, rng=0), []
    for model in (ipgd.HadamardPower(), ipgd.HadamardPower(3), ipgd.HadamardProduct()):
        for size in (1e60, 1e80, 1e100, 1e150, 1e200):
            start = ipgd.init.constant(size)
            try:
                ipgd.solve(problem, ipgd.GD(), parameterization=model, init=start, max_iter=3)
            except ValueError as error:
                refused.append(str(error))
    assert all(message.startswith("init") for message in refused)

"""Gradient descent against ten lines of numpy."""

import ipgd
import numpy as np
import pytest

D, RANK, M, ETA, STEPS = 24, 3, 500, 0.25, 200


def numpy_gradient_descent(A, y, U, step_size, steps):
    A = (A + A.transpose(0, 2, 1)) / 2
    m = len(y)
    iterates, losses = [U], []
    for _ in range(steps):
        r = np.einsum("iab,ab->i", A, U @ U.T) - y
        losses.append(r @ r / (4 * m))
        U = U - step_size / m * np.einsum("i,iab->ab", r, A) @ U
        iterates.append(U)
    return iterates, losses


def iterates_of(problem, init, steps):
    seen = []
    solution = ipgd.solve(
        problem,
        ipgd.GD(step_size=ETA),
        parameterization=ipgd.SymmetricFactor(search_rank=init.shape[1]),
        init=init,
        max_iter=steps,
        stop=ipgd.Stop(relative_loss=0),
        callback=lambda now: seen.append(now.parameters["U"].copy()),
    )
    assert solution.nit == steps
    assert np.array_equal(solution.parameters["U"], seen[-1])
    return seen, solution.history["loss"]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    A = rng.standard_normal((M, D, D))  # float64: not on the float32 grid
    U = rng.standard_normal((D, RANK))
    U /= np.linalg.norm(U, axis=0)
    y = np.einsum("iab,ab->i", A, U @ U.T)
    assert ipgd.operators.DenseSymmetric(A).storage == "float64"
    return A, y


@pytest.mark.parametrize("search_rank", [1, 5, 20, D])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 1e-5)])
def test_every_iterate_agrees_with_numpy(data, search_rank, dtype, tolerance):
    A, y = data
    init = 1e-2 * np.random.default_rng(1).standard_normal((D, search_rank))
    expected, losses = numpy_gradient_descent(A, y, init, ETA, STEPS)
    problem = ipgd.Problem(ipgd.operators.DenseSymmetric(A, dtype=dtype), y)
    got, history = iterates_of(problem, init, STEPS)
    errors = [np.linalg.norm(a - b) / np.linalg.norm(b) for a, b in zip(got, expected, strict=True)]
    assert max(errors) <= tolerance
    if dtype == "float64":
        assert np.all(np.abs(history[:-1] - losses) <= 1e-10 * np.abs(losses))


def test_the_loss_falls_far_over_the_run(data):
    """Agreement is worth something only on a run that goes somewhere."""
    A, y = data
    init = 1e-2 * np.random.default_rng(1).standard_normal((D, 5))
    _, losses = numpy_gradient_descent(A, y, init, ETA, STEPS)
    assert losses[-1] < 1e-3 * losses[0]


def test_asymmetric_factors_agree_with_numpy(rectangular_problem):
    operator, y = rectangular_problem.operator, rectangular_problem.y
    A, m, eta = operator.to_dense(), len(y), 0.1
    rng = np.random.default_rng(3)
    V, W = 0.1 * rng.standard_normal((7, 4)), 0.1 * rng.standard_normal((5, 4))
    solution = ipgd.solve(
        rectangular_problem,
        ipgd.GD(step_size=eta),
        parameterization=ipgd.AsymmetricFactor(search_rank=4),
        init={"V": V, "W": W},
        max_iter=STEPS,
        stop=ipgd.Stop(relative_loss=0),
    )
    for t in range(STEPS + 1):
        r = np.einsum("iab,ab->i", A, V @ W.T) - y
        assert solution.history["loss"][t] == pytest.approx(r @ r / (2 * m), rel=1e-9, abs=1e-25)
        if t < STEPS:
            G = np.einsum("i,iab->ab", r, A) / m
            V, W = V - eta * G @ W, W - eta * G.T @ V
    assert np.linalg.norm(solution.parameters["V"] - V) <= 1e-11 * np.linalg.norm(V)
    assert np.linalg.norm(solution.parameters["W"] - W) <= 1e-11 * np.linalg.norm(W)


def test_symmetric_factor_on_matrices_stored_without_symmetry(data):
    A, y = data
    init = 1e-2 * np.random.default_rng(1).standard_normal((D, 5))
    expected, _ = numpy_gradient_descent(A, y, init, ETA, 60)
    solution = ipgd.solve(
        ipgd.Problem(ipgd.operators.Dense(A), y),
        ipgd.GD(step_size=ETA),
        parameterization=ipgd.SymmetricFactor(5),
        init=init,
        max_iter=60,
    )
    error = np.linalg.norm(solution.parameters["U"] - expected[-1])
    assert error <= 1e-11 * np.linalg.norm(expected[-1])


def test_automatic_step_size_is_a_quarter_over_the_norm_of_the_back_projection(problem):
    back = np.einsum("i,iab->ab", problem.y, problem.operator.to_dense()) / problem.m
    eta = ipgd.solve(problem, max_iter=0).settings["algorithm"]["step_size"]
    assert eta == pytest.approx(1 / (4 * np.linalg.norm(back, 2)), rel=1e-9)


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e3])
def test_automatic_settings_follow_the_scale_of_the_operator(factor):
    A = np.random.default_rng(0).standard_normal((300, 12, 12)) * factor
    truth = np.outer(np.arange(12.0), np.arange(12.0)) / 100
    operator = ipgd.operators.DenseSymmetric(A)
    problem = ipgd.Problem(operator, operator.forward(truth), truth)
    solution = ipgd.solve(problem, record=("test_error",), rng=0)
    assert solution.status == "relative_loss"
    assert solution.history["test_error"][-1] < 1e-4


@pytest.mark.parametrize("bad", [0, -0.1, float("nan"), float("inf")])
def test_step_sizes_that_make_no_sense(bad):
    with pytest.raises(
        ValueError, match=f"step_size: expected a finite positive number, got {bad}"
    ):
        ipgd.GD(step_size=bad)


def test_step_sizes_of_the_wrong_kind():
    with pytest.raises(
        TypeError, match="step_size: expected a positive number or 'auto', got None"
    ):
        ipgd.GD(step_size=None)
    with pytest.raises(TypeError, match="step_size: expected a positive number or 'auto', got 1j"):
        ipgd.GD(step_size=1j)
    with pytest.raises(
        ValueError, match="step_size: expected a positive number or 'auto', got 'fast'"
    ):
        ipgd.GD(step_size="fast")
    assert ipgd.GD(step_size=np.float32(0.5)) == ipgd.GD(step_size=0.5)


@pytest.mark.parametrize("model", [None, ipgd.SymmetricFactor(3)])
def test_the_automatic_step_size_respects_the_start(problem, model):
    """1/(4 lambda), or half of that at the start's lambda; other starts change nothing."""
    scale = problem.scale()

    def step(init):
        solution = ipgd.solve(problem, parameterization=model, init=init, max_iter=0, rng=0)
        return solution.settings["algorithm"]["step_size"]

    assert step(ipgd.init.gaussian(1e-3)) == 1 / (4 * scale.curvature)
    alpha = 100.0
    expected = scale.magnitude / (2 * scale.curvature * alpha**2)
    assert step(ipgd.init.scaled_identity(alpha)) == pytest.approx(expected, rel=1e-6)
    far = ipgd.solve(problem, parameterization=model, init=ipgd.init.scaled_identity(alpha), rng=0)
    assert far.history["loss"][-1] < 1e-6 * far.history["loss"][0]
    assert np.all(np.diff(far.history["loss"][:100]) < 0)

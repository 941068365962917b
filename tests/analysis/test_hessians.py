"""Theta, f and their derivatives for every model and loss, entry by entry at d = 6."""

import ipgd
import numpy as np
import pytest

LOSSES = ("squared", "Huber", "Logistic")


def with_loss(problem, model, flat, loss):
    """The problem with this loss, no corner of which is near a residual at the parameters."""
    if loss == "squared":
        return problem
    if loss == "Logistic":
        return ipgd.Problem(
            problem.operator, (problem.y > 0).astype(float), problem.truth, loss=ipgd.Logistic()
        )
    theta = ipgd.Objective(problem, model).theta(flat)
    sizes = np.sort(np.abs(problem.operator.forward(theta) - problem.y))
    inner = sizes[len(sizes) // 4 : 3 * len(sizes) // 4]
    widest = np.argmax(np.diff(inner))
    return problem.with_loss(ipgd.Huber(inner[widest : widest + 2].mean()))


@pytest.fixture(params=LOSSES)
def case(pairing, request):
    problem, model, blocks = pairing
    flat = np.concatenate([block.reshape(-1) for block in blocks.values()])
    problem = with_loss(problem, model, flat, request.param)
    return ipgd.Objective(problem, model), flat


def differences(function, x, h=1e-4):
    """The derivative of `function` along every parameter, right to h^4."""
    rows = []
    for e in np.eye(len(x)):
        near = function(x + h * e) - function(x - h * e)
        far = function(x + 2 * h * e) - function(x - 2 * h * e)
        rows.append((8 * near - far) / (12 * h))
    return np.array(rows)


def test_products_are_the_columns_of_a_dense_symmetric_hessian(case):
    objective, x = case
    H = objective.hessian_product(x, np.eye(objective.size))
    size = np.linalg.norm(H)
    assert np.linalg.norm(H - H.T) < 1e-13 * size
    np.testing.assert_allclose(H, differences(objective.gradient, x), atol=1e-7 * size)
    v = np.random.default_rng(1).standard_normal(objective.size)
    np.testing.assert_allclose(objective.hessian_product(x, v), H @ v, atol=1e-13 * size * len(v))


def test_the_gradient_is_the_derivative_of_f(case):
    objective, x = case
    gradient = objective.gradient(x)
    slopes = differences(objective.value, x)
    np.testing.assert_allclose(gradient, slopes, atol=1e-8 * np.linalg.norm(gradient) + 1e-10)


def test_theta_and_its_derivatives_fit_the_gradient(case):
    objective, x = case
    v = np.random.default_rng(2).standard_normal(objective.size)
    slope = objective.theta_derivative(x, v)
    steps = differences(lambda t: objective.theta(x + t[0] * v), np.zeros(1))[0]
    np.testing.assert_allclose(slope, steps, atol=1e-9 * np.linalg.norm(slope))
    c = 0.5 if isinstance(objective.parameterization, ipgd.SymmetricFactor) else 1.0
    along = c * np.vdot(objective.theta_gradient(x), slope)
    assert along == pytest.approx(objective.gradient(x) @ v, rel=1e-9, abs=1e-12)


def test_theta_of_blocks_is_that_of_the_solution(pairing):
    problem, model, blocks = pairing
    solution = ipgd.solve(
        problem, ipgd.GD(step_size=1e-3), parameterization=model, init=blocks, max_iter=2
    )
    theta = ipgd.Objective(problem, model).theta(solution.parameters)
    np.testing.assert_array_equal(theta, solution.theta())


def test_a_theta_that_does_not_fit_in_memory_is_refused():
    problem = ipgd.matrix_completion(3_000_000, 3_000_000, rank=1, n_observed=20, rng=0)
    objective = ipgd.Objective(problem, ipgd.AsymmetricFactor(1))
    x = np.zeros(objective.size)
    for call in (
        lambda: objective.theta(x),
        lambda: objective.theta_derivative(x, x),
        lambda: objective.theta_gradient(x),
    ):
        with pytest.raises(MemoryError, match="theta"):
            call()

"""W_N ... W_1: what the papers prove about it, and how it is told to solve."""

from itertools import pairwise

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense, DenseSymmetric


def product(parameters):
    """W_N ... W_1."""
    theta = np.eye(parameters["W1"].shape[1])
    for W in parameters.values():
        theta = W @ theta
    return theta


def identity_problem(truth):
    """Full observation with f = 1/2 ||Theta - Theta*||^2: A_i = sqrt(d1 d2) e_a e_bᵀ."""
    m = truth.size
    operator = Dense(np.sqrt(m) * np.eye(m).reshape(m, *truth.shape))
    return ipgd.Problem(operator, operator.forward(truth), truth)


def balanced_start(depth, shape, values, rng):
    """Balanced layers of a product with these singular values, and its singular vectors."""
    d2 = shape[1]
    left, right = (np.linalg.qr(rng.standard_normal((d, d)))[0][:, : len(values)] for d in shape)
    basis = [right, *[np.linalg.qr(rng.standard_normal((d2, d2)))[0] for _ in range(depth - 1)]]
    basis = [b[:, : len(values)] for b in basis] + [left]
    roots = np.diag(np.asarray(values) ** (1 / depth))
    layers = {f"W{j}": basis[j] @ roots @ basis[j - 1].T for j in range(1, depth + 1)}
    return layers, left, right


def imbalance(parameters):
    """W_{j+1}ᵀ W_{j+1} - W_j W_jᵀ for every pair of layers."""
    layers = list(parameters.values())
    return [after.T @ after - W @ W.T for W, after in pairwise(layers)]


@pytest.mark.parametrize(
    ("depth", "widths", "shapes"),
    [
        (2, None, [(3, 5), (3, 3)]),
        (3, None, [(3, 5), (3, 3), (3, 3)]),
        (3, 4, [(4, 5), (4, 4), (3, 4)]),
        (4, (2, 6, 1), [(2, 5), (6, 2), (1, 6), (3, 1)]),
    ],
)
def test_shapes_and_theta(depth, widths, shapes):
    problem = ipgd.Problem(Dense(np.ones((1, 3, 5))), [1.0])
    rng = np.random.default_rng(0)
    start = {f"W{j + 1}": rng.standard_normal(shape) for j, shape in enumerate(shapes)}
    model = ipgd.DeepFactor(depth, widths)
    solution = ipgd.solve(problem, parameterization=model, init=start, max_iter=0)
    assert [block.shape for block in solution.parameters.values()] == shapes
    assert solution.theta() == pytest.approx(product(start), rel=1e-13, abs=1e-13)


def test_settings_are_checked_and_models_are_values():
    assert ipgd.DeepFactor(4, [2, 3, 4]) == ipgd.DeepFactor(4, (2, 3, 4))
    assert repr(ipgd.DeepFactor()) == "DeepFactor(depth=3, widths=None)"
    assert len({ipgd.DeepFactor(3, [2, 2]), ipgd.DeepFactor(3, (2, 2))}) == 1
    with pytest.raises(ValueError, match="depth: expected an integer >= 2, got 1"):
        ipgd.DeepFactor(1)
    with pytest.raises(ValueError, match="widths: expected an integer or 2 integers for depth 3"):
        ipgd.DeepFactor(3, (2,))
    with pytest.raises(ValueError, match="widths: expected an integer >= 1, got 0"):
        ipgd.DeepFactor(3, (2, 0))
    with pytest.raises(ValueError, match="widths: expected an integer or 2 integers"):
        ipgd.DeepFactor(3, "ab")
    problem = ipgd.matrix_sensing(4, 1, 20, rng=0)
    with pytest.raises(ValueError, match="expected SymmetricFactor for an operator on symmetric"):
        ipgd.solve(problem, parameterization=ipgd.DeepFactor())


def test_depth_two_is_the_asymmetric_model(rectangular_problem):
    rng = np.random.default_rng(0)
    V, W = rng.standard_normal((7, 4)), rng.standard_normal((5, 4))
    settings = {"record": ("loss",), "max_iter": 50, "rng": 0}
    two = ipgd.solve(
        rectangular_problem,
        parameterization=ipgd.AsymmetricFactor(4),
        init={"V": V, "W": W},
        **settings,
    )
    deep = ipgd.solve(
        rectangular_problem,
        parameterization=ipgd.DeepFactor(2, 4),
        init={"W1": W.T, "W2": V},
        **settings,
    )
    assert deep.history["loss"] == pytest.approx(two.history["loss"], rel=1e-12)
    assert deep.settings["algorithm"] == two.settings["algorithm"]


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_recovers_with_the_automatic_settings(depth):
    """Theta* of rank 2, 20 x 15, from 5 r (d1 + d2) measurements."""
    rng = np.random.default_rng(1)
    truth = rng.standard_normal((20, 2)) @ rng.standard_normal((2, 15))
    operator = Dense.gaussian(350, 20, 15, rng=rng)
    for scale in (1e-3, 1.0, 1e3):
        problem = ipgd.Problem(operator, scale * operator.forward(truth), scale * truth)
        solution = ipgd.solve(
            problem,
            parameterization=ipgd.DeepFactor(depth),
            record=("test_error",),
            stop=ipgd.Stop(relative_loss=1e-6),
            rng=0,
        )
        assert solution.success
        assert solution.history["test_error"][-1] < 1e-2


@pytest.mark.parametrize("unit", [1.0, 100.0])
@pytest.mark.parametrize("depth", [2, 3, 4])
def test_automatic_steps_are_a_quarter_of_the_largest_that_is_stable(depth, unit):
    """2 / (N sigma_1^(2 - 2/N)) at the solution, with sigma_1 as estimated."""
    problem = identity_problem(unit * np.diag([1.0, 0.0, 0.0]))
    model = ipgd.DeepFactor(depth)
    step_size = ipgd.solve(problem, parameterization=model, max_iter=0).settings["algorithm"]
    limit = 2 / (depth * unit ** (2 - 2 / depth))
    assert step_size["step_size"] == pytest.approx(limit / 4, rel=1e-2)
    start = {f"W{j}": unit ** (1 / depth) * np.diag([1.0, 0, 0]) for j in range(1, depth + 1)}
    start["W1"] *= 1 + 1e-6

    def growth(factor):
        error = ipgd.solve(
            problem,
            ipgd.GD(factor * limit),
            parameterization=model,
            init=start,
            record=("test_error",),
            stop=ipgd.Stop(relative_loss=0),
            max_iter=60,
        ).history["test_error"]
        return error[-1] / error[0]

    assert growth(0.98) < 0.5
    assert growth(1.02) > 5


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_the_law_of_the_singular_values(depth):
    """d sigma_r / dt = -N sigma_r^(2 - 2/N) <grad, u_r v_rᵀ> from balanced layers.

    At eleven times, all of the five largest values.
    """
    rng = np.random.default_rng(depth)
    shape, values = (9, 7), [0.9, 0.7, 0.5, 0.35, 0.2]
    start, left, right = balanced_start(depth, shape, values, rng)
    truth = left * [9.0, 7.0, 5.5, 4.0, 2.8] @ right.T + 0.1 * rng.standard_normal(shape)
    problem, eta, times = identity_problem(truth), 1e-4, np.arange(0, 1001, 100)
    thetas = {}

    def keep(state):
        if state.iteration in times:
            thetas[state.iteration] = product(state.parameters)

    solution = ipgd.solve(
        problem,
        ipgd.GD(eta),
        parameterization=ipgd.DeepFactor(depth, 7),
        init=start,
        record=("singular_values",),
        callback=keep,
        max_iter=1001,
    )
    sigma = solution.history["singular_values"][:, :5]
    assert sigma[0] == pytest.approx(values, rel=1e-12)
    assert (sigma[-1] > 1.5 * sigma[0]).all()
    assert len(thetas) == 11
    for t in times:
        u, s, vt = np.linalg.svd(thetas[t])
        slope = np.einsum("ar,ab,rb->r", u[:, :5], thetas[t] - truth, vt[:5])
        predicted = -depth * s[:5] ** (2 - 2 / depth) * slope
        measured = (sigma[t + 1] - sigma[t]) / eta
        assert measured == pytest.approx(predicted, rel=5e-3)


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_balance_is_conserved_to_the_square_of_the_step(depth):
    """Each step changes it by O(eta^2): over the same time, an eta ten times smaller, ten times."""
    rng = np.random.default_rng(depth)
    start, *_ = balanced_start(depth, (9, 7), [2.0, 1.5, 1.0], rng)
    problem = identity_problem(rng.standard_normal((9, 7)))

    def drift(eta, steps):
        solution = ipgd.solve(
            problem,
            ipgd.GD(eta),
            parameterization=ipgd.DeepFactor(depth, 7),
            init=start,
            max_iter=steps,
        )
        return max(np.abs(part).max() for part in imbalance(solution.parameters))

    assert drift(1e-3, 0) < 1e-14
    one = drift(1e-4, 1)
    assert drift(1e-3, 1) == pytest.approx(100 * one, rel=1e-2)
    assert one < 1e-6
    assert drift(1e-3, 10) == pytest.approx(10 * drift(1e-4, 100), rel=0.1)


def test_a_deeper_model_learns_its_values_one_after_the_other():
    """The time between the first and the second value's half-way point, relative to the first's."""
    truth = np.diag([4.0, 2.0, 0, 0, 0])
    gaps = []
    for depth in (2, 3, 4):
        start = {f"W{j}": 1e-3 ** (1 / depth) * np.eye(5) for j in range(1, depth + 1)}
        solution = ipgd.solve(
            identity_problem(truth),
            ipgd.GD(1e-3),
            parameterization=ipgd.DeepFactor(depth),
            init=start,
            record=("singular_values",),
            max_iter=60_000,
        )
        values = solution.history["singular_values"]
        first, second = np.argmax(values[:, 0] > 2), np.argmax(values[:, 1] > 1)
        assert 0 < first < second
        gaps.append(second / first)
    assert gaps[0] < gaps[1] < gaps[2]


def test_symmetric_operators_are_refused_at_once():
    operator = DenseSymmetric(np.ones((1, 4, 4)))
    with pytest.raises(ValueError, match="parameterization: expected SymmetricFactor"):
        ipgd.DeepFactor(3).bind(operator)


def test_a_solution_is_the_same_after_a_round_trip(rectangular_problem, tmp_path, same_bits):
    for model in (ipgd.DeepFactor(3, (4, 2)), ipgd.DeepFactor(2)):
        solution = ipgd.solve(rectangular_problem, parameterization=model, max_iter=5, rng=0)
        solution.save(tmp_path / "run.npz")
        loaded = ipgd.load_solution(tmp_path / "run.npz")
        same_bits(loaded, solution)
        assert loaded.theta().tobytes() == solution.theta().tobytes()
        assert solution.theta() == pytest.approx(product(solution.parameters), rel=1e-13)


def test_settings_of_an_unknown_model():
    from ipgd.parameterizations import from_settings

    with pytest.raises(ValueError, match="parameterization: expected one of ours, got 'Other'"):
        from_settings({"name": "Other"})

"""U (W_N ... W_1) Vᵀ: what it stands for, and how it is told to start."""

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense

ALPHA = 0.05


def completion(shape, rank, part):
    """A problem, fully observed or not."""
    return ipgd.matrix_completion(*shape, rank, fraction=part, rng=3)


def spaces(solution, c):
    """U and V."""
    root = np.sqrt(c)
    return root * solution.parameters["left"], root * solution.parameters["right"].T


def test_fixed_spaces_move_as_those_of_the_full_model():
    """Where everything is seen, the 2r-dimensional block of the full model moves on its own."""
    problem, gamma = completion((20, 20), 2, 1.0), 1e-14
    for n, learned in ((0, 1.1), (300, 0.1)):
        settings = {"max_iter": n, "rng": 5, "record": ("test_error",)}
        full = ipgd.solve(
            problem,
            ipgd.GD(0.2),
            parameterization=ipgd.DeepFactor(3),
            init=ipgd.init.scaled_orthogonal(ALPHA),
            **settings,
        )
        compressed = ipgd.solve(
            problem,
            ipgd.GD(0.2),
            parameterization=ipgd.CompressedDeep(3, 2, gamma, magnitude=1.0),
            init=ipgd.init.compressed(ALPHA),
            **settings,
        )
        U, V = spaces(compressed, gamma)
        for X in (U, V):
            assert pytest.approx(np.eye(4), abs=1e-12) == X.T @ X
        expected = U @ (U.T @ full.theta() @ V) @ V.T
        assert compressed.theta() == pytest.approx(expected, abs=1e-12)
        assert compressed.history["test_error"][-1] < learned


@pytest.mark.parametrize("shape", [(40, 40), (40, 30), (30, 40)])
@pytest.mark.parametrize("factored", [True, False])
def test_the_start_is_the_full_one_seen_in_two_spaces(shape, factored):
    problem = completion(shape, 2, 0.5)
    if not factored:
        mask = np.zeros((problem.m, *shape))
        mask[np.arange(problem.m), problem.operator.rows, problem.operator.cols] = 1
        problem = ipgd.Problem(Dense(problem.operator.scale * mask), problem.y)
    model = ipgd.CompressedDeep(3, 2, 1.0, magnitude=8.0)  # c = 1/4
    start = ipgd.solve(
        problem, parameterization=model, init=ipgd.init.compressed(ALPHA), rng=5, max_iter=0
    )
    full = ipgd.solve(
        problem,
        parameterization=ipgd.DeepFactor(3),
        init=ipgd.init.scaled_orthogonal(ALPHA),
        rng=5,
        max_iter=0,
    )
    theta = full.theta()
    U, V = spaces(start, 0.25)
    assert pytest.approx(np.eye(4), abs=1e-12) == V.T @ V
    assert pytest.approx(theta @ V / ALPHA**3, abs=1e-12) == U
    assert start.theta() == pytest.approx(theta @ V @ V.T, abs=1e-12)
    gradient = problem.operator.adjoint(problem.operator.forward(theta) - problem.y)
    P, _, R = np.linalg.svd(gradient)
    for basis in (R[:2].T, theta.T @ P[:, :2]):
        outside = basis - V @ (V.T @ basis)
        assert np.linalg.norm(outside) < 1e-8 * np.linalg.norm(basis)


def in_units(problem, unit):
    """The same problem with Theta* times `unit`."""
    left, right = problem.truth
    return ipgd.Problem(problem.operator, unit * problem.y, (unit * left, right))


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_it_recovers_with_the_automatic_settings_in_all_units(depth):
    """Theta* s times as large: parameters s^(1/N) times as large, iterate by iterate.

    For N > 2 what is left of the start, 1e-4 of Theta*, keeps the loss above 1e-9 of that of zero.
    """
    problem = completion((40, 30), 2, 0.5)
    runs = {
        unit: ipgd.solve(
            in_units(problem, unit),
            parameterization=ipgd.CompressedDeep(depth, 2),
            record=("loss", "test_error"),
            stop=ipgd.Stop(relative_loss=1e-8),
            rng=0,
        )
        for unit in (1.0, 2.0**-18, 2.0**12)
    }
    one = runs[1.0]
    assert one.success
    assert one.history["test_error"][-1] < 3e-4
    for unit, run in runs.items():
        assert run.nit == one.nit
        assert run.history["loss"] == pytest.approx(unit**2 * one.history["loss"], rel=1e-6)
        for name, block in run.parameters.items():
            error = np.linalg.norm(block - unit ** (1 / depth) * one.parameters[name])
            assert error <= 1e-8 * np.linalg.norm(block), name


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("gamma", [0.5, 8.0])
def test_stiffness_is_the_curvature_at_the_solution_in_all_units(depth, gamma):
    """Steps a little below 2 / (stiffness sigma_1^(2 - 2/N)) are stable, a little above not."""
    rng = np.random.default_rng(0)
    for unit in (1e-3, 1.0, 1e3):
        U, V = (np.linalg.qr(rng.standard_normal((d, 2)))[0] for d in (9, 7))
        theta = unit * np.outer(U[:, 0], V[:, 0])
        everything = np.divmod(np.arange(63), 7)
        problem = ipgd.MatrixCompletion((*everything, theta[everything]), (9, 7), theta)
        root, c = unit ** (1 / depth), gamma * unit ** (-2 / depth)
        layer = np.diag([root, 0.0])
        start = {"right": V.T / np.sqrt(c), "left": U / np.sqrt(c)}
        start |= {f"W{j}": layer.copy() for j in range(1, depth + 1)}
        start["W1"][0, 0] *= 1 + 1e-6
        model = ipgd.CompressedDeep(depth, 1, gamma, magnitude=unit)
        limit = 2 / (model.bind(problem.operator).stiffness * unit ** (2 - 2 / depth))
        assert limit == pytest.approx(2 / ((depth + 2 * gamma) * unit ** (2 - 2 / depth)))
        errors = [
            ipgd.solve(
                problem,
                ipgd.GD(factor * limit),
                parameterization=model,
                init=start,
                stop=ipgd.Stop(relative_loss=0),
                record=("test_error",),
                max_iter=60,
            ).history["test_error"]
            for factor in (0.98, 1.02)
        ]
        assert errors[0][-1] < 0.5 * errors[0][0]
        assert errors[1][-1] > 5 * errors[1][0]


def test_a_solution_is_the_same_after_a_round_trip(tmp_path, same_bits):
    problem = completion((12, 9), 1, 0.8)
    model = ipgd.CompressedDeep(2, 1, 0.3)
    solution = ipgd.solve(problem, parameterization=model, max_iter=5, rng=0)
    solution.save(tmp_path / "run.npz")
    assert solution.settings["parameterization"]["magnitude"] == problem.scale().magnitude
    loaded = ipgd.load_solution(tmp_path / "run.npz")
    same_bits(loaded, solution)
    assert loaded.theta().tobytes() == solution.theta().tobytes()
    for n_threads in (1, 2, 7):
        again = ipgd.solve(problem, parameterization=model, max_iter=5, rng=0, n_threads=n_threads)
        assert again.theta().tobytes() == solution.theta().tobytes()


def test_settings_are_checked():
    problem = completion((6, 5), 1, 0.8)
    with pytest.raises(ValueError, match="depth: expected an integer >= 2, got 1"):
        ipgd.CompressedDeep(1)
    with pytest.raises(ValueError, match="rank: expected an integer >= 1, got 0"):
        ipgd.CompressedDeep(3, 0)
    with pytest.raises(ValueError, match="gamma: expected"):
        ipgd.CompressedDeep(3, 1, 0.0)
    with pytest.raises(ValueError, match="magnitude: expected a finite positive number, got 0"):
        ipgd.CompressedDeep(3, magnitude=0)
    with pytest.raises(ValueError, match="magnitude: expected one of 'auto', got 'aut'"):
        ipgd.CompressedDeep(3, magnitude="aut")
    with pytest.raises(ValueError, match=r"rank: .*2r <= min\(d1, d2\) = 5, .* got r = 3"):
        ipgd.solve(problem, parameterization=ipgd.CompressedDeep(3, 3))
    with pytest.raises(ValueError, match="init: expected another init for DeepFactor"):
        ipgd.solve(problem, parameterization=ipgd.DeepFactor(3), init=ipgd.init.compressed())

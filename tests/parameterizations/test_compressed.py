"""U (W_N ... W_1) Vᵀ: what it stands for, and how it is told to start."""

import ipgd
import numpy as np
import pytest
from ipgd.operators import Dense

ALPHA = 0.05


def completion(shape, rank, part):
    """A problem, fully observed or not."""
    return ipgd.matrix_completion(*shape, rank, fraction=part, rng=3)


def spaces(solution, gamma):
    """U and V."""
    root = np.sqrt(gamma)
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
            parameterization=ipgd.CompressedDeep(3, 2, gamma),
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
    model = ipgd.CompressedDeep(3, 2, 0.25)
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


def test_it_recovers_with_the_automatic_settings():
    problem = completion((40, 30), 2, 0.5)
    model = ipgd.CompressedDeep(3, 2)
    solution = ipgd.solve(
        problem,
        parameterization=model,
        record=("test_error",),
        stop=ipgd.Stop(relative_loss=1e-6),
        rng=0,
    )
    assert solution.success
    assert solution.history["test_error"][-1] < 1e-2


def test_a_solution_is_the_same_after_a_round_trip(tmp_path, same_bits):
    problem = completion((12, 9), 1, 0.8)
    model = ipgd.CompressedDeep(2, 1, 0.3)
    solution = ipgd.solve(problem, parameterization=model, max_iter=5, rng=0)
    solution.save(tmp_path / "run.npz")
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
    with pytest.raises(ValueError, match=r"rank: .*2r <= min\(d1, d2\) = 5, .* got r = 3"):
        ipgd.solve(problem, parameterization=ipgd.CompressedDeep(3, 3))
    with pytest.raises(ValueError, match="init: expected another init for DeepFactor"):
        ipgd.solve(problem, parameterization=ipgd.DeepFactor(3), init=ipgd.init.compressed())

"""Sparse vectors, outliers and bits: what the default settings do with other losses."""

import ipgd
import numpy as np
from ipgd.reproduce.figures.automatic_steps import sparse_instance


def error(solution, theta):
    return np.linalg.norm(solution.theta()[:, 0] - theta) / np.linalg.norm(theta)


def test_a_sparse_vector_is_found_among_gross_outliers():
    for seed in range(3):
        A, theta = sparse_instance(seed, 120, 100, 5, "equal size")
        random = np.random.default_rng(100 + seed)
        y = A @ theta
        y[random.choice(100, 10, replace=False)] += 20 * random.choice([-1, 1], 10)
        problem = ipgd.sparse_regression_data(A, y).with_loss(ipgd.Huber(0.01))
        solution = ipgd.solve(problem, max_iter=4000)
        assert solution.settings["algorithm"]["momentum"] == "adaptive"
        assert error(solution, theta) < 1e-2, seed
        losses = solution.history["loss"]
        assert losses[-1] <= 1.01 * losses.min(), seed
        squares = ipgd.solve(problem.with_loss(None), max_iter=1000)
        with np.errstate(over="ignore"):  # squares may diverge
            assert error(squares, theta) > 0.5, seed


def test_bits_of_a_sparse_vector_show_its_support_and_no_budget_blows_up():
    for seed in range(3):
        random = np.random.default_rng(seed)
        A, theta = random.standard_normal((400, 100)), np.zeros(100)
        theta[random.choice(100, 5, replace=False)] = 2 * random.choice([-1.0, 1.0], 5)
        y = (random.random(400) < 1 / (1 + np.exp(-A @ theta))).astype(float)
        problem = ipgd.sparse_regression_data(A, y).with_loss(ipgd.Logistic())
        solution = ipgd.solve(problem, max_iter=500)
        found = np.argsort(-np.abs(solution.theta()[:, 0]))[:5]
        assert set(found) == set(np.flatnonzero(theta)), seed
        assert error(solution, theta) < 0.5, seed
        longer = ipgd.solve(problem, max_iter=2000, record_every=1)
        assert np.diff(longer.history["loss"]).max() < 1e-12, seed
        batch = ipgd.solve_batch(problem, max_iter=500, seeds=[0])
        assert batch[0].theta().tobytes() == solution.theta().tobytes()

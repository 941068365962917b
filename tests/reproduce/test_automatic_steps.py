"""A slice of what docs/automatic-steps.md claims."""

import ipgd
import numpy as np
import pytest
from ipgd.reproduce.figures.automatic_steps import LAWS, l1_finds, ratings, sparse_instance


@pytest.mark.parametrize("law", LAWS)
def test_the_default_finds_what_the_l1_minimiser_finds(law):
    for seed in range(3):
        A, theta = sparse_instance(seed, 120, 60, 5, law)
        if not l1_finds(A, theta):
            continue
        solution = ipgd.solve(ipgd.sparse_regression_data(A, A @ theta))
        error = np.linalg.norm(solution.theta()[:, 0] - theta) / np.linalg.norm(theta)
        assert error < 1e-6, seed


def test_an_entry_of_a_few_ten_thousandths_is_found_within_the_default_budget():
    """A second start saves more than half of the iterations; the median of five instances."""
    ratios = []
    for seed in range(5):
        A, theta = sparse_instance(seed, 120, 70, 5, "equal size")
        theta[np.flatnonzero(theta)[seed]] *= 4e-4
        if not l1_finds(A, theta):
            continue
        problem = ipgd.sparse_regression_data(A, A @ theta)
        solution = ipgd.solve(problem)
        assert np.linalg.norm(solution.theta()[:, 0] - theta) < 1e-6 * np.linalg.norm(theta), seed
        step = solution.settings["algorithm"]["step_size"]
        alone = ipgd.AcceleratedGD(step, momentum="adaptive")
        once = ipgd.solve(problem, alone, max_iter=20_000, stop=ipgd.Stop(relative_loss=1e-13))
        ratios.append(solution.nit / once.nit)
    assert np.median(ratios) < 0.5


@pytest.mark.usefixtures("seeds_as_given")  # an instance that diverges with sixteenfold steps
def test_steps_of_small_entries_are_shorter_where_columns_differ_in_length():
    random = np.random.default_rng(0)
    A = random.standard_normal((60, 120))
    lengths = 10 ** random.uniform(-1, 1, 120)
    theta = np.zeros(120)
    theta[random.choice(120, 5, replace=False)] = random.standard_normal(5)
    alike, unlike = (
        ipgd.solve(ipgd.sparse_regression_data(B, B @ theta), max_iter=4000)
        for B in (A, A * lengths)
    )
    assert alike.settings["estimates"]["lone_curvature"] < 1.5
    assert unlike.settings["estimates"]["lone_curvature"] > 3
    assert unlike.train_error < 1e-2


@pytest.mark.usefixtures("seeds_as_given")  # instances on which the rule is known to fail
def test_cancelling_columns_want_a_smaller_step():
    """The bound is too small where entries cancel in Aᵀy; with 1/B of the true B all is found."""
    for seed in (0, 5, 6, 7):
        random = np.random.default_rng(seed)
        A, theta = random.standard_normal((60, 120)), np.zeros(120)
        support = random.choice(120, 6, replace=False)
        for i, j in support.reshape(3, 2):
            A[:, j] = 0.5 * A[:, i] + np.sqrt(0.75) * A[:, j]
            theta[[i, j]] = 1, -1
        problem = ipgd.sparse_regression_data(A, A @ theta)
        true_bound = 4 * np.linalg.eigvalsh(A[:, support].T @ A[:, support] / 60)[-1]
        automatic = ipgd.solve(problem, max_iter=0).settings["algorithm"]["step_size"]
        assert automatic * true_bound > 4 / 3, seed
        solution = ipgd.solve(problem, ipgd.AcceleratedGD(1 / true_bound, momentum="adaptive"))
        assert np.linalg.norm(solution.theta()[:, 0] - theta) < 1e-5 * np.linalg.norm(theta), seed


def test_the_bound_is_the_hessian_at_theta_or_more():
    """At most 2.5 times it, whatever the law of the entries."""
    for law in LAWS:
        for seed in range(3):
            A, theta = sparse_instance(seed, 120, 60, 5, law)
            problem = ipgd.sparse_regression_data(A, A @ theta)
            root = np.sqrt(np.abs(theta))
            true_bound = 4 * np.linalg.norm(A * root, 2) ** 2 / 60
            step = ipgd.solve(problem, max_iter=0).settings["algorithm"]["step_size"]
            assert 0.4 < step * true_bound < 1.02, (law, seed)


@pytest.mark.parametrize("unit", [1e-3, 1e6])
def test_units_and_lengths_of_columns_do_not_matter(unit):
    A, theta = sparse_instance(0, 120, 60, 5, "equal size")
    lengths = 10 ** np.random.default_rng(0).uniform(-1, 1, 120)
    solution = ipgd.solve(ipgd.sparse_regression_data(unit * A, unit * A @ theta))
    assert np.linalg.norm(solution.theta()[:, 0] - theta) < 1e-6 * np.linalg.norm(theta)
    scaled = ipgd.sparse_regression_data(A * lengths, A @ theta)
    assert ipgd.solve(scaled).train_error < 1e-3


@pytest.mark.parametrize("method", [ipgd.ScaledGD(), ipgd.AltScaledGD()])
@pytest.mark.parametrize("exponents", [(1.0, 1.0), (2.0, 1.0), (2.5, 2.5)])
def test_scaled_methods_converge_on_popular_rows_and_columns(method, exponents):
    for seed in range(2):
        problem = ratings(seed, 150, 100, 6000, exponents, 2)
        solution = ipgd.solve(
            problem, method, parameterization=ipgd.AsymmetricFactor(2), max_iter=4000, rng=seed
        )
        assert solution.status == "relative_loss", seed


def test_uniform_sampling_keeps_the_step_of_one_half():
    problem = ipgd.matrix_completion(60, 40, 2, fraction=0.5, rng=0)
    solution = ipgd.solve(problem, ipgd.ScaledGD(), max_iter=0)
    assert solution.settings["algorithm"]["step_size"] == 0.5


@pytest.mark.parametrize("columns", [2, 8])
def test_stochastic_steps_on_entries_are_neither_too_small_nor_too_large(columns):
    """They arrive in 60 epochs, and so does half as much again."""
    for seed, exponents in ((0, (1.0, 1.0)), (1, (2.0, 2.0))):
        problem = ratings(seed, 100, 80, 4000, exponents, 2)
        epoch = -(-problem.m // 32)

        def solve(method, problem=problem, epoch=epoch):
            return ipgd.solve(
                problem,
                method,
                parameterization=ipgd.AsymmetricFactor(columns),
                max_iter=100 * epoch,
                record_every=epoch,
                rng=0,
            )

        solution = solve(ipgd.SGD(32))
        assert solution.train_error < 1e-2, seed
        step = solution.settings["algorithm"]["step_size"]
        assert solve(ipgd.SGD(32, step_size=1.5 * step)).train_error < 1e-2, seed


def test_a_run_that_stalls_says_what_its_method_wants():
    problem = ipgd.matrix_sensing(10, 1, 40, rng=0)
    scaled = ipgd.solve(problem, ipgd.ScaledGD(), max_iter=1).message
    assert "a search rank near the true one" in scaled
    momentum = ipgd.solve(problem, ipgd.AcceleratedGD(), max_iter=1).message
    assert "momentum='adaptive'" in momentum
    assert "momentum" not in ipgd.solve(problem, max_iter=1).message

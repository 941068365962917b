"""Scales far from one, nothing to find, and the honesty of the status then."""

import ipgd
import numpy as np
import pytest


@pytest.fixture(scope="module")
def problem():
    return ipgd.matrix_sensing(d=10, rank=1, m=150, rng=0)


@pytest.mark.parametrize("factor", [1e-170, 1e-155, 1e-100, 1e100, 1e140])
def test_tiny_and_huge_measurements_are_recovered(problem, factor):
    scaled = ipgd.Problem(problem.operator, problem.y * factor)
    solution = ipgd.solve(scaled, rng=0)
    assert solution.status == "relative_loss"
    error = np.linalg.norm(solution.theta() / factor - problem.truth)
    assert error < 1e-3 * np.linalg.norm(problem.truth)


@pytest.mark.parametrize("factor", [1e-155, 1e-100, 1e100, 1e140])
def test_tiny_and_huge_measurements_by_any_operator_are_recovered(any_problem, factor):
    scaled = ipgd.Problem(any_problem.operator, any_problem.y * factor)
    kind = ipgd.SymmetricFactor if any_problem.operator.symmetric else ipgd.AsymmetricFactor
    solution = ipgd.solve(scaled, parameterization=kind(3), rng=0)
    assert solution.status == "relative_loss"
    truth = any_problem.truth_matrix()
    assert np.linalg.norm(solution.theta() / factor - truth) < 1e-2 * np.linalg.norm(truth)


@pytest.mark.parametrize("factor", [1e-80, 1e-40, 1e40])
def test_tiny_and_huge_matrices_are_no_obstacle(problem, factor):
    operator = ipgd.operators.DenseSymmetric(problem.operator.to_dense() * factor)
    solution = ipgd.solve(ipgd.Problem(operator, operator.forward(problem.truth)), rng=0)
    assert solution.status == "relative_loss"
    assert np.linalg.norm(solution.theta() - problem.truth) < 1e-3


def test_nothing_to_find_is_found_at_once(problem):
    solution = ipgd.solve(ipgd.Problem(problem.operator, np.zeros(150)))
    assert (solution.status, solution.nit, solution.fun) == ("relative_loss", 0, 0)
    assert not solution.theta().any()


def test_a_kick_out_of_the_finite_numbers_gives_back_the_point_before_it(problem):
    solution = ipgd.solve(problem, ipgd.PGD(radius=1e149), init=ipgd.init.zeros(), rng=0)
    assert solution.status == "diverged"
    assert not solution.parameters["U"].any()
    assert np.isfinite([solution.fun, solution.gradient_norm]).all()


def test_the_callback_sees_an_iteration_once(problem):
    seen = []
    ipgd.solve(problem, ipgd.GD(step_size=50.0), callback=lambda i: seen.append(i.iteration))
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("factor", [1e-320, 1e-200, 1e200, 1e300])
@pytest.mark.parametrize(
    ("parameterization", "algorithm"),
    [
        (ipgd.DeepFactor(5), ipgd.GD()),
        (ipgd.CompressedDeep(3, 1), ipgd.PGD()),
        (ipgd.AsymmetricFactor(), ipgd.PGD()),
    ],
)
def test_measurements_beyond_automatic_settings_are_named(parameterization, algorithm, factor):
    problem = ipgd.matrix_sensing(d=(6, 5), rank=1, m=90, rng=0)
    scaled = ipgd.Problem(problem.operator, problem.y * factor)
    with pytest.raises(ValueError, match=r"y: expected .*'?\"auto\".* got entries up to [1-9]"):
        ipgd.solve(scaled, algorithm, parameterization=parameterization, rng=0)


def test_a_wrong_setting_is_blamed_on_itself_also_beside_automatic_ones(problem):
    with pytest.raises(ValueError, match="batch_size: expected"):
        ipgd.solve(problem, ipgd.SGD(batch_size=1000), rng=0)


@pytest.mark.parametrize(("depth", "scale"), [(2, 1e100), (4, 1e45), (6, 1e60)])
def test_a_start_whose_loss_is_infinite_ends_as_diverged(depth, scale):
    """Also where powers of its size are no finite numbers."""
    problem = ipgd.matrix_sensing(d=(6, 5), rank=1, m=90, rng=0)
    model, init = ipgd.DeepFactor(depth), ipgd.init.scaled_identity(scale)
    solution = ipgd.solve(problem, parameterization=model, init=init, max_iter=3, rng=0)
    assert (solution.status, solution.nit) == ("diverged", 0)

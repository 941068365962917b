"""How long infinitesimal noise takes to leave the saddle at zero, and what it costs at the end."""

import ipgd
import numpy as np
import pytest

RADII = 10.0 ** -np.arange(2, 13)
AFTER_CONVERGENCE = 3000


@pytest.fixture(scope="module")
def problem():
    return ipgd.matrix_sensing(d=20, rank=3, m=400, rng=0)


def errors(problem, method):
    return ipgd.solve(
        problem,
        method,
        parameterization=ipgd.SymmetricFactor(search_rank=6),
        init=ipgd.init.zeros(),
        max_iter=AFTER_CONVERGENCE,
        stop=ipgd.Stop(relative_loss=0),
        record=("test_error",),
        rng=1,
    ).history["test_error"]


@pytest.fixture(scope="module")
def histories(problem):
    return {
        method: [errors(problem, method(radius=radius, step_size=0.1)) for radius in RADII]
        for method in (ipgd.IPGD, ipgd.IPGDPlus)
    }


def line_in_log_radius(radii, histories):
    """Slope and R^2 of the iterations to 1 % error against log(1/radius)."""
    reached = [np.flatnonzero(history <= 0.01) for history in histories]
    assert all(len(first) for first in reached)
    iterations = np.array([first[0] for first in reached])
    x = np.log(1 / radii)
    fit = np.polyfit(x, iterations, 1)
    rest = iterations - np.polyval(fit, x)
    return fit[0], 1 - np.sum(rest**2) / np.sum((iterations - iterations.mean()) ** 2)


def test_iterations_of_ipgd_lie_on_a_line_in_log_radius(histories):
    slope, r_squared = line_in_log_radius(RADII, histories[ipgd.IPGD])
    assert slope > 0
    assert r_squared > 0.99


def test_iterations_of_ipgd_plus_lie_on_a_line_in_log_radius(histories):
    """From radius 1e-3 on: with 1e-2 the noise itself keeps the error above 1 %."""
    slope, r_squared = line_in_log_radius(RADII[1:], histories[ipgd.IPGDPlus][1:])
    assert slope > 0
    assert r_squared > 0.99


@pytest.mark.parametrize("method", [ipgd.IPGD, ipgd.IPGDPlus])
def test_from_a_larger_truth_the_line_holds_from_radius_one_percent_on(problem, method):
    """Four times the truth halves the noise's share, so that 1 % is reached at every radius."""
    larger = ipgd.Problem(problem.operator, 4 * problem.y, 4 * problem.truth)
    runs = [errors(larger, method(radius=radius, step_size=0.1)) for radius in RADII]
    slope, r_squared = line_in_log_radius(RADII, runs)
    assert slope > 0
    assert r_squared > 0.99


def test_noise_of_radius_one_percent_keeps_ipgd_plus_above_one_percent(histories):
    assert 0.01 < histories[ipgd.IPGDPlus][0].min() < 0.02


def test_the_final_error_of_ipgd_plus_is_proportional_to_the_radius(histories):
    per_radius = np.array([h[-1] for h in histories[ipgd.IPGDPlus]]) / RADII
    assert per_radius.max() / per_radius.min() < 3


def test_without_noise_zero_is_never_left(problem):
    history = errors(problem, ipgd.GD(step_size=0.1))
    assert history.tolist() == [1.0]

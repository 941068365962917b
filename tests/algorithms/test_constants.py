"""The constants of PGD and IPGD against the formulas, typed out a second time."""

import math
from dataclasses import dataclass
from itertools import product

import ipgd
import numpy as np
import pytest


@dataclass
class Setting:
    """What "auto" settings are made of, in numbers."""

    curvature: float
    magnitude: float
    dimension: int
    initial_loss: float
    start_curvature: float = 0.0
    line_gain: float = 1.0
    entry_curvature: float = 0.0
    lone_curvature: float = 1.0


SETTING = Setting(curvature=1.7, magnitude=1.3, dimension=120, initial_loss=0.9)

# smoothness l, hessian_lipschitz rho, epsilon, c, delta, function gap
INPUTS = [
    (4.0, 6.0, 1e-2, 1.0, 0.1, 1.0),
    (0.3, 12.5, 1e-5, 0.25, 0.01, 7.0),
    (80.0, 0.2, 0.5, 0.9, 0.5, 1e-3),
    (1.0, 1.0, 10.0, 1.0, 0.9, 1e-9),  # the logarithm is below 4
]


def algorithm_two(d, smoothness, rho, epsilon, c, delta, gap):
    chi = 3 * max(math.log(d * smoothness * gap / (c * epsilon**2 * delta)), 4)
    return {
        "chi": chi,
        "step_size": c / smoothness,
        "radius": math.sqrt(c) * epsilon / (chi**2 * smoothness),
        "gradient_threshold": math.sqrt(c) * epsilon / chi**2,
        "decrease_threshold": c * math.sqrt(epsilon**3 / rho) / chi**3,
        "window": math.ceil(chi * smoothness / (c**2 * math.sqrt(rho * epsilon))),
    }


@pytest.mark.parametrize("inputs", INPUTS)
def test_constants_of_algorithm_two(inputs):
    smoothness, rho, epsilon, c, delta, gap = inputs
    method = ipgd.PGD(
        smoothness=smoothness,
        hessian_lipschitz=rho,
        epsilon=epsilon,
        c=c,
        failure_probability=delta,
        function_gap=gap,
    )
    expected = algorithm_two(SETTING.dimension, *inputs)
    got = method.constants(SETTING)
    assert set(got) == set(expected)
    for name, value in expected.items():
        assert got[name] == pytest.approx(value, rel=1e-14), name
    assert isinstance(got["window"], int)


def test_chi_takes_both_branches():
    chis = [algorithm_two(SETTING.dimension, *inputs)["chi"] for inputs in INPUTS]
    assert min(chis) == 12
    assert max(chis) > 12


def test_automatic_inputs():
    """l = 4 lambda, rho = 6 lambda / sqrt(sigma_1), sqrt(rho eps) = lambda / 10, Df = f(x_0)."""
    smoothness, rho = 4 * 1.7, 6 * 1.7 / math.sqrt(1.3)
    epsilon = 0.17**2 / rho
    expected = algorithm_two(120, smoothness, rho, epsilon, 1.0, 0.1, 0.9)
    assert ipgd.PGD().constants(SETTING) == pytest.approx(expected, rel=1e-13)


def test_a_start_at_the_solution_has_constants_too():
    at_solution = Setting(1.7, 1.3, 120, 0.0)
    assert ipgd.PGD().constants(at_solution)["chi"] == 12


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("step_size", 0.125),
        ("radius", 1e-7),
        ("gradient_threshold", 0.5),
        ("decrease_threshold", 1e-9),
        ("window", 17),
    ],
)
def test_each_constant_can_be_replaced(name, value):
    computed = ipgd.PGD().constants(SETTING)
    replaced = ipgd.PGD(**{name: value}).constants(SETTING)
    assert replaced == computed | {name: value}
    assert computed[name] != value


def test_constants_reach_the_run(problem):
    method = ipgd.PGD(step_size=0.1, radius=0.02, gradient_threshold=0.3, window=9)
    used = ipgd.solve(problem, method, max_iter=0, rng=0).settings["algorithm"]
    assert used["name"] == "PGD"
    assert used["trigger"] == "near_stationary"
    assert used["noise"] == "uniform_ball"
    names = ("step_size", "radius", "gradient_threshold", "window")
    assert [used[n] for n in names] == [0.1, 0.02, 0.3, 9]
    assert used["decrease_threshold"] > 0


@pytest.mark.parametrize(
    ("radius", "eta", "epsilon", "rho", "delta", "dimension"),
    list(product([1e-1, 1e-10], [0.1, 0.25], [1e-2], [6.0], [0.1, 0.5], [1, 120])),
)
def test_escape_window_of_ipgd(radius, eta, epsilon, rho, delta, dimension):
    argument = math.sqrt(epsilon / rho) * math.sqrt(dimension) / (radius * delta)
    expected = max(1, math.ceil(math.log(argument) / (eta * math.sqrt(rho * epsilon))))
    method = ipgd.IPGD(
        radius=radius,
        step_size=eta,
        epsilon=epsilon,
        hessian_lipschitz=rho,
        failure_probability=delta,
    )
    composed = method.compose(Setting(1.7, 1.3, dimension, 0.9))
    assert composed.perturbation.window == expected


def test_thresholds_of_ipgd():
    composed = ipgd.IPGD(radius=1e-6, epsilon=0.01, hessian_lipschitz=5.0).compose(SETTING)
    assert composed.step.size == pytest.approx(1 / (4 * 1.7), rel=1e-15)
    assert composed.perturbation.radius == 1e-6
    assert composed.perturbation.gradient_threshold == 0.01
    decrease = math.sqrt(0.01**3 / 5) / 12**3
    assert composed.stopping.escape_decrease == pytest.approx(decrease, rel=1e-14)


def test_overrides_of_ipgd():
    method = ipgd.IPGD(gradient_threshold=0.5, decrease_threshold=1e-3, window=11)
    composed = method.compose(SETTING)
    assert composed.perturbation.gradient_threshold == 0.5
    assert composed.perturbation.window == 11
    assert composed.stopping.escape_decrease == 1e-3
    rho = 6 * 1.7 / math.sqrt(1.3)
    automatic = ipgd.IPGD(window=11).compose(SETTING)
    assert automatic.perturbation.gradient_threshold == pytest.approx(0.17**2 / rho, rel=1e-14)


def test_a_window_for_ever_is_finite():
    composed = ipgd.IPGD(step_size=1e-300).compose(SETTING)
    assert composed.perturbation.window == 2**53


def test_ipgd_plus_is_noise_at_every_iteration():
    composed = ipgd.IPGDPlus(radius=1e-3, step_size=0.5, noise="gaussian").compose(SETTING)
    assert composed.perturbation.trigger.name == "every_iteration"
    assert composed.perturbation.noise.name == "gaussian"
    assert (composed.perturbation.radius, composed.step.size) == (1e-3, 0.5)


PERTURBED = pytest.mark.parametrize("method", [ipgd.PGD, ipgd.IPGD, ipgd.IPGDPlus])


@PERTURBED
@pytest.mark.parametrize("bad", [0.0, -1e-3, math.nan, math.inf])
def test_radii_that_make_no_sense(method, bad):
    with pytest.raises(ValueError, match=f"radius: expected a finite positive number, got {bad}"):
        method(radius=bad)


@PERTURBED
@pytest.mark.parametrize("bad", ["cauchy", None, 3])
def test_unknown_noise(method, bad):
    with pytest.raises(ValueError, match="noise: expected one of 'uniform', 'gaussian', got"):
        method(noise=bad)


@pytest.mark.parametrize("method", [ipgd.PGD, ipgd.IPGD])
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epsilon": 0}, "epsilon: expected a finite positive number, got 0.0"),
        ({"epsilon": "small"}, "epsilon: expected a positive number or 'auto', got 'small'"),
        ({"hessian_lipschitz": -1}, "hessian_lipschitz: expected a finite positive number, got -1"),
        ({"gradient_threshold": math.nan}, "gradient_threshold: expected a finite positive number"),
        ({"decrease_threshold": -1.0}, "decrease_threshold: expected a finite positive number"),
        ({"step_size": math.inf}, "step_size: expected a finite positive number, got inf"),
        (
            {"failure_probability": 1.0},
            r"failure_probability: expected a number in \(0, 1\), got 1",
        ),
        (
            {"failure_probability": 0},
            "failure_probability: expected a finite positive number, got 0",
        ),
        ({"window": 0}, "window: expected an integer >= 1, got 0"),
    ],
)
def test_settings_that_make_no_sense(method, settings, words):
    with pytest.raises(ValueError, match=words):
        method(**settings)


def test_settings_of_algorithm_two_that_make_no_sense():
    with pytest.raises(ValueError, match=r"c: expected a number in \(0, 1\], got 1.5"):
        ipgd.PGD(c=1.5)
    with pytest.raises(ValueError, match="c: expected a finite positive number, got -1"):
        ipgd.PGD(c=-1)
    with pytest.raises(ValueError, match="smoothness: expected a finite positive number, got 0"):
        ipgd.PGD(smoothness=0)
    with pytest.raises(
        ValueError, match="function_gap: expected a finite positive number, got nan"
    ):
        ipgd.PGD(function_gap=np.nan)
    with pytest.raises(TypeError, match=r"window: expected an integer, got 2\.5"):
        ipgd.PGD(window=2.5)


@pytest.mark.parametrize("settings", [{"relative_loss": -1e-3}, {"gradient_norm": math.nan}])
def test_stopping_rules_that_make_no_sense(settings):
    (name,) = settings
    with pytest.raises(ValueError, match=f"{name}: expected a finite number >= 0, got"):
        ipgd.Stop(**settings)


@pytest.mark.parametrize("method", [ipgd.IPGD, ipgd.IPGDPlus])
def test_a_radius_is_needed(method):
    with pytest.raises(TypeError, match="radius: expected a number, got None"):
        method(radius=None)


def test_a_probability_written_as_text_is_no_number():
    for name in ("c", "failure_probability"):
        with pytest.raises(TypeError, match=f"{name}: expected a number, got '0.5'"):
            ipgd.PGD(**{name: "0.5"})


def test_a_number_beyond_float64():
    with pytest.raises(ValueError, match="step_size: expected a finite positive number, got inf"):
        ipgd.GD(step_size=10**400)

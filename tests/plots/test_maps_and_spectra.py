"""Phase transitions and spectra."""

from types import SimpleNamespace

import ipgd
import numpy as np
import pytest


def test_one_setting_is_a_curve_with_wilson_intervals():
    result = SimpleNamespace(axes={"m": [40, 60, 80]}, successes=[0, 5, 10], trials=10)
    ax = ipgd.plots.transition(result).axes[0]
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [0, 0.5, 1])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("m", "share of successful runs")
    band = ax.collections[0].get_paths()[0].vertices
    # Wilson: centre (p + z^2/2n) / (1 + z^2/n), and z^2/(n + z^2) wide at p = 0
    z2 = 1.959964**2
    assert band[band[:, 0] == 40, 1].max() == pytest.approx(z2 / (10 + z2), rel=1e-5)
    middle = band[band[:, 0] == 60, 1]
    assert middle.max() + middle.min() == pytest.approx(1)


def test_two_settings_are_a_map():
    successes = np.array([[0, 5, 10], [0, 0, 4]])
    result = SimpleNamespace(
        axes={"rank": [1, 2], "m": [40, 60, 80]}, successes=successes, trials=np.full((2, 3), 10)
    )
    figure = ipgd.plots.transition(result, title="GD")
    ax = figure.axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("m", "rank", "GD")
    np.testing.assert_allclose(np.ravel(ax.collections[0].get_array()), successes.ravel() / 10)


def test_points_without_trials_are_left_out():
    one = SimpleNamespace(axes={"m": [40, 60]}, successes=[0, 5], trials=[0, 10])
    np.testing.assert_array_equal(ipgd.plots.transition(one).axes[0].lines[0].get_xdata(), [60])
    two = SimpleNamespace(axes={"r": [1], "m": [40, 60]}, successes=[[0, 5]], trials=[[0, 10]])
    shares = np.ravel(ipgd.plots.transition(two).axes[0].collections[0].get_array().filled(np.nan))
    np.testing.assert_array_equal(shares, [np.nan, 0.5])


@pytest.mark.parametrize(
    ("axes", "successes"),
    [({}, 3), ({"m": [1, 2]}, [1, 2, 3]), ({"a": [1], "b": [1], "c": [1]}, [[[1]]])],
)
def test_a_map_has_one_or_two_axes(axes, successes):
    with pytest.raises(ValueError, match="result: expected successes over one or two axes"):
        ipgd.plots.transition(SimpleNamespace(axes=axes, successes=successes, trials=3))


def test_the_spectrum_of_a_solution(problem):
    solution = ipgd.solve(problem, parameterization=ipgd.SymmetricFactor(4), max_iter=50, rng=0)
    ax = ipgd.plots.spectrum(solution).axes[0]
    lines = {line.get_label(): line.get_ydata() for line in ax.lines}
    assert list(lines) == ["of Θ", "of U"]
    np.testing.assert_allclose(lines["of Θ"][:4], lines["of U"] ** 2, rtol=1e-6, atol=1e-12)
    assert ax.get_yscale() == "log"


def test_values_are_drawn_in_order():
    ax = ipgd.plots.spectrum([1.0, -2.0, 3.0], of="eigenvalue").axes[0]
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [3, 1, -2])
    assert (ax.get_ylabel(), ax.get_yscale()) == ("eigenvalue", "linear")
    both = ipgd.plots.spectrum({"start": [1.0], "end": [2.0, 1.0]}, title="two").axes[0]
    assert [text.get_text() for text in both.get_legend().get_texts()] == ["start", "end"]


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [[1.0]], {"a": []}])
def test_a_spectrum_is_of_finite_numbers(values):
    with pytest.raises(ValueError, match="values: expected finite numbers"):
        ipgd.plots.spectrum(values)

"""Escape times against radii."""

import ipgd
import numpy as np
import pytest
from ipgd.analysis import EscapeLine


def line(iterations):
    rate = np.log1p(0.5)
    radii = 10.0 ** -np.array([2, 100, 300])
    return EscapeLine(radii, np.asarray(iterations, float), 1.0, 0.5, 1 / rate, 1 / rate, 1.0)


def test_all_seeds_are_drawn_beside_a_line_of_the_expected_slope():
    times = [[10, 12], [560, np.nan], [1700, 1702]]
    ax = ipgd.plots.escape({"IPGD": line(times)}, title="rank 1").axes[0]
    expected, points = ax.lines
    assert np.diff(expected.get_ydata()) == pytest.approx(np.log([1e98, 1e200]) / np.log1p(0.5))
    assert points.get_xdata() == pytest.approx([2, 2, 100, 100, 300, 300])
    np.testing.assert_array_equal(points.get_ydata(), np.ravel(times))
    assert np.mean(expected.get_ydata() - [11, 560, 1701]) == pytest.approx(0, abs=1e-9)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == (
        "log₁₀(1 / radius)", "iterations to leave the saddle", "rank 1",
    )  # fmt: skip
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["IPGD"]
    assert ipgd.plots.escape(line(times)).axes[0].get_legend() is None


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="lines: expected runs that left the saddle, got none"):
        ipgd.plots.escape(line([[np.nan]] * 3))
    with pytest.raises(TypeError, match=r"lines: expected an ipgd.analysis.EscapeLine, got float"):
        ipgd.plots.escape({"IPGD": 1.0})

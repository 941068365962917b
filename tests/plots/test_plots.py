"""Pictures show what was recorded."""

import sys

import ipgd
import numpy as np
import pytest


@pytest.fixture(scope="module")
def problem():
    return ipgd.matrix_sensing(d=8, rank=1, m=80, rng=0)


@pytest.fixture(scope="module")
def solution(problem):
    record = ("loss", "train_error", "test_error", "singular_values")
    return ipgd.solve(problem, record=record, n_singular_values=3, rng=0)


def test_history_draws_every_recorded_scalar(solution):
    _, axes = ipgd.plots.new_figure(1, 1)
    ipgd.plots.history(axes[0, 0], solution)
    labels = [text.get_text() for text in axes[0, 0].get_legend().get_texts()]
    assert labels == ["loss f", "‖A(Θ) − y‖ / ‖y‖", "‖Θ − Θ*‖ / ‖Θ*‖"]
    x, loss = axes[0, 0].lines[0].get_data()
    np.testing.assert_array_equal(x, solution.history["iteration"])
    np.testing.assert_array_equal(loss, solution.history["loss"])


def test_singular_values_draws_one_line_each(solution):
    _, axes = ipgd.plots.new_figure(1, 1)
    ipgd.plots.singular_values(axes[0, 0], solution)
    assert len(axes[0, 0].lines) == 3


def test_recovery_with_and_without_truth(problem, solution, tmp_path):
    assert len(ipgd.plots.recovery(solution).axes) == 3
    figure = ipgd.plots.recovery(solution, problem.truth, title="a title")
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[2:] == ["truth", "recovered"]
    np.testing.assert_allclose(figure.axes[2].images[0].get_array(), problem.truth)
    figure.savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000


def test_recovery_needs_singular_values(problem):
    plain = ipgd.solve(problem, max_iter=1)
    with pytest.raises(ValueError, match=r"expected 'singular_values' in its history.*got \['iter"):
        ipgd.plots.recovery(plain)


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"plots need matplotlib: pip install 'ipgd\[plot\]'"):
        ipgd.plots.new_figure(1, 1)


def test_a_truth_of_another_shape(solution):
    with pytest.raises(ValueError, match=r"truth: expected shape \(8, 8\), got \(2, 3\)"):
        ipgd.plots.recovery(solution, np.ones((2, 3)))


def test_long_runs_get_a_logarithmic_axis(problem, solution):
    stop = ipgd.Stop(relative_loss=0)
    long = ipgd.solve(problem, stop=stop, max_iter=3000, record=("loss", "singular_values"), rng=0)
    for run, scale in ((solution, "linear"), (long, "symlog")):
        assert ipgd.plots.recovery(run).axes[0].get_xscale() == scale


def test_a_truth_in_factors_is_drawn():
    problem = ipgd.matrix_completion(8, 6, 1, fraction=0.8, rng=0)
    solution = ipgd.solve(problem, record=("singular_values",), max_iter=5)
    figure = ipgd.plots.recovery(solution, problem.truth)
    shown = figure.axes[2].images[0].get_array()
    np.testing.assert_allclose(shown, problem.truth[0] @ problem.truth[1].T)

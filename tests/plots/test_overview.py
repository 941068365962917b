"""Whole runs in one picture: every recorded quantity, kicks and marks, many runs side by side."""

import ipgd
import numpy as np
import pytest
from ipgd.plots.thinning import thinned


@pytest.fixture(scope="module")
def problem():
    return ipgd.matrix_sensing(d=8, rank=1, m=80, rng=0)


RECORD = (
    "loss",
    "test_error",
    "signal_norm",
    "residual_norm",
    "gradient_norm",
    "singular_values",
    "curvature",
    "perturbation",
)


@pytest.fixture(scope="module")
def kicked(problem):
    """A run that leaves the saddle at zero after one kick, and ends."""
    return ipgd.solve(
        problem,
        ipgd.IPGD(1e-6, step_size=0.1),
        parameterization=ipgd.SymmetricFactor(3),
        init=ipgd.init.zeros(),
        max_iter=2000,
        record=RECORD,
        rng=0,
    )


def drawn(ax):
    return {line.get_label(): line.get_data() for line in ax.lines}


def test_a_solution_draws_all_that_was_recorded(kicked):
    figure = kicked.plot(title="a run")
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == [
        "loss and errors",
        "signal and residual",
        "gradient and steps",
        "singular values of U",
        "curvature",
    ]
    assert all(ax.get_xlabel() == "iteration" and ax.get_ylabel() for ax in figure.axes)
    x, loss = drawn(figure.axes[0])["loss f"]
    kept = np.searchsorted(kicked.history["iteration"], x)
    np.testing.assert_array_equal(loss, kicked.history["loss"][kept])
    assert figure.get_suptitle() == "a run"


def test_kicks_and_marks_are_drawn(kicked):
    kicks = int(kicked.history["perturbation"].sum())
    assert 0 < kicks < 5
    plain, marked = kicked.plot(marks={}), kicked.plot(marks={"saddle": 40, "end": 90})
    for before, after in zip(plain.axes, marked.axes, strict=True):
        assert len(after.lines) == len(before.lines) + 2
        assert [text.get_text() for text in after.texts] == ["1", "2"]
    assert marked.get_supxlabel() == "1: saddle   2: end"
    vertical = [line for line in plain.axes[0].lines if len(set(line.get_xdata())) == 1]
    assert len(vertical) == kicks


def test_saddles_and_phases_are_marked_where_they_are_known(kicked):
    (saddle, *_) = ipgd.analysis.saddles_visited(kicked)
    figure = kicked.plot()
    assert figure.get_supxlabel().startswith("1: saddle of rank 0")
    dotted = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_linestyle() == ":"]
    assert saddle.iteration in dotted
    found = ipgd.analysis.phases(kicked, 1)
    assert found.saddle_end is not None
    assert "end of phase II" in kicked.plot(marks=found).get_supxlabel()


def test_noise_at_every_iteration_is_not_drawn_as_kicks(problem):
    noisy = ipgd.solve(
        problem, ipgd.IPGDPlus(1e-6), max_iter=100, record=("loss", "perturbation"), rng=0
    )
    assert len(noisy.plot().axes[0].lines) == 1


def test_the_axis_says_which_singular_values(rectangular_problem):
    for model, of in (
        (ipgd.AsymmetricFactor(2), "singular values of Θ"),
        (ipgd.DeepFactor(3), "singular values of Θ"),
    ):
        run = ipgd.solve(
            rectangular_problem,
            parameterization=model,
            record=("singular_values",),
            max_iter=3,
            rng=0,
        )
        assert run.plot().axes[0].get_ylabel() == of
    vector = ipgd.sparse_regression(d=20, sparsity=2, m=15, rng=0)
    run = ipgd.solve(vector, record=("singular_values",), max_iter=3)
    assert run.plot().axes[0].get_ylabel() == "largest |Θ_i|"


def test_a_history_of_nothing_is_not_drawn(problem):
    run = ipgd.solve(problem, max_iter=3, record=("perturbation",), rng=0)
    with pytest.raises(ValueError, match=r"solution: expected recorded quantities to draw"):
        run.plot()
    with pytest.raises(TypeError, match=r"solution: expected an ipgd.Solution, got 3"):
        ipgd.plots.overview(3)


@pytest.mark.parametrize("n", [100, 5000, 300_000])
def test_thinning_keeps_ends_and_extremes(n):
    values = np.random.default_rng(0).standard_normal(n)
    values[n // 3 : n // 3 + 5] = np.nan
    for place, value in ((n // 2, 10), (n // 2 + 1, -10), (n - 2, 9), (3, 8)):
        values[place] = value
    kept = thinned(values)
    assert len(kept) <= 2000
    assert (np.diff(kept) > 0).all()
    assert {0, n - 1, n // 2, n // 2 + 1, n - 2, 3} <= set(kept.tolist())
    if n <= 2000:
        assert len(kept) == n


def test_thinning_keeps_the_beginning_dense():
    """A logarithmic axis shows as much of it as of the end."""
    kept = thinned(np.arange(10.0**6))
    for decade in range(1, 6):
        assert np.count_nonzero((kept >= 10**decade) & (kept < 10 ** (decade + 1))) > 10


def test_runs_are_compared_quantity_by_quantity(problem):
    runs = ipgd.solve_batch(problem, radii=[1e-3, 1e-6], algorithm=ipgd.IPGDPlus(), max_iter=30)
    figure = ipgd.plots.compare(runs, label=["first", "second"])
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss f"]
    lines = figure.axes[0].lines
    for line, run in zip(lines, runs, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), run.history["loss"])
    assert len({line.get_color() for line in lines}) == 2
    assert len({line.get_marker() for line in lines}) == 2
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["first", "second"]
    by_radius = ipgd.plots.compare(runs, label=lambda run: run.settings["algorithm"]["radius"])
    assert [text.get_text() for text in by_radius.legends[0].get_texts()] == ["0.001", "1e-06"]


def test_of_many_runs_the_legend_has_the_ends(problem):
    runs = ipgd.solve_batch(problem, seeds=range(13), max_iter=3)
    figure = ipgd.plots.compare(runs, label=range(13), quantities=["loss"])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["0", "12"]
    assert len({tuple(line.get_color()) for line in figure.axes[0].lines}) == 13


def test_what_cannot_be_compared(problem, kicked):
    plain = ipgd.solve(problem, max_iter=3, record=("train_error",), rng=0)
    with pytest.raises(ValueError, match=r"solutions: expected at least one"):
        ipgd.plots.compare([])
    with pytest.raises(ValueError, match=r"label: expected one for each of 1 runs"):
        ipgd.plots.compare([plain], label=["a", "b"])
    with pytest.raises(ValueError, match=r"label: expected one for each of 1 runs"):
        ipgd.plots.compare([plain], label="a")
    with pytest.raises(ValueError, match=r"quantities: expected quantities that all runs recorded"):
        ipgd.plots.compare([plain, kicked])
    with pytest.raises(ValueError, match=r"got \['rank'\]"):
        ipgd.plots.compare([plain], quantities=["rank"])

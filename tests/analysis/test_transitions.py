"""Maps of success: what they count, that they resume, and their files."""

import csv
import os
import shutil

import ipgd
import numpy as np
import pytest
from ipgd import analysis

GRID = {"rank": 1, "m": [6, 14, 60], "alpha": [1e-3, 1e-6]}
FEW = {"trials": 4, "max_iter": 600}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A small map and its file."""
    path = tmp_path_factory.mktemp("maps") / "map.npz"
    return analysis.phase_transition(7, GRID, path=path, **FEW), path


def same(one, other):
    for name in ("errors", "iterations"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    assert list(one.axes) == list(other.axes)
    assert one.settings == other.settings


def test_success_comes_with_measurements(found):
    result, _ = found
    assert list(result.axes) == ["m", "alpha"]
    assert result.errors.shape == (3, 2, 4)
    assert result.done
    assert (result.trials == 4).all()
    # A symmetric 7 x 7 matrix of rank one has 7 parameters.
    assert (result.probability[0] == 0).all()
    assert (result.probability[2] == 1).all()
    assert (result.successes == 4 * result.probability).all()
    assert ((result.crossing("m") > 6) & (result.crossing("m") < 60)).all()


def test_each_trial_is_the_run_that_solve_gives(found):
    result, _ = found
    for place in ((0, 0, 3), (1, 1, 2)):
        problem = ipgd.matrix_sensing(
            7, 1, GRID["m"][place[0]], rng=np.random.default_rng([0, place[2]])
        )
        solution = ipgd.solve(
            problem,
            init=ipgd.init.gaussian(GRID["alpha"][place[1]]),
            max_iter=600,
            record=("test_error",),
            rng=np.random.default_rng([0, place[2], 1]),
        )
        assert solution.history["test_error"][-1] == result.errors[place]
        assert solution.nit == result.iterations[place]


def test_intervals_are_wilsons(found):
    result, _ = found
    z, n = 1.959963984540054, 4
    p = result.probability
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    np.testing.assert_allclose(result.lower, middle - half, atol=1e-12)
    np.testing.assert_allclose(result.upper, middle + half, atol=1e-12)


def test_another_tolerance_judges_the_same_runs(found):
    result, _ = found
    assert (result.with_tolerance(10).probability == 1).all()
    assert (result.with_tolerance(1e-300).probability == 0).all()
    with pytest.raises(ValueError, match="tolerance: expected a finite positive number"):
        result.with_tolerance(0)


def test_crossings_are_interpolated():
    x = [10, 20, 40]
    shares = [[0.0, 0.5, 1.0], [0.2, 0.4, 0.6], [0.6, 0.7, 0.8], [0.0, 0.1, 0.2]]
    np.testing.assert_allclose(analysis.crossing(x, shares), [20, 30, 10, np.nan])
    np.testing.assert_allclose(analysis.crossing(x, shares[0], level=0.25), 15)
    with pytest.raises(ValueError, match="x: expected ascending numbers"):
        analysis.crossing(x[::-1], shares)
    with pytest.raises(ValueError, match=r"probability: expected shape \(..., 3\), as x has"):
        analysis.crossing(x, [0.1, 0.2])


def test_the_axis_of_a_crossing_is_named(found):
    with pytest.raises(ValueError, match="axis: expected one of 'm', 'alpha', got 'q'"):
        found[0].crossing("q")


def test_a_file_comes_back(found):
    result, path = found
    same(analysis.load_transition(path), result)


class KilledError(Exception):
    pass


def killed_after(batches):
    """A progress that ends the grid as a crash does."""
    told = []

    def update(done, success):
        told.append((done, success))
        if len(told) == batches:
            raise KilledError

    return update


@pytest.mark.parametrize("batches", [1, 2])
def test_a_killed_grid_goes_on_and_ends_with_the_same_bits(found, tmp_path, batches):
    result, whole = found
    path = tmp_path / "map.npz"
    with pytest.raises(KilledError):
        analysis.phase_transition(7, GRID, path=path, progress=killed_after(batches), **FEW)
    partial = analysis.load_transition(path)
    assert not partial.done
    assert partial.trials.sum() == 8 * batches
    assert partial.lower[-1, -1] == 0 < partial.upper[-1, -1] == 1  # nothing is known there
    same(analysis.phase_transition(7, GRID, path=path, **FEW), result)
    assert path.read_bytes() == whole.read_bytes()


def test_a_complete_file_is_not_computed_again(found, monkeypatch):
    result, path = found
    monkeypatch.setattr("ipgd.analysis.transitions.solve_batch", None)
    told = []
    again = analysis.phase_transition(
        7, GRID, path=path, progress=lambda *now: told.append(now), **FEW
    )
    same(again, result)
    assert told[-1] == (24, result.successes.sum() / 24)


def test_the_number_of_threads_does_not_matter(found):
    result, _ = found
    same(analysis.phase_transition(7, GRID, n_threads=1, **FEW), result)


@pytest.mark.parametrize(
    ("d", "settings", "words"),
    [
        (7, {"m": [6, 14, 61]}, r"m = \[6.0, 14.0, 60.0\] in place of \[6.0, 14.0, 61.0\]"),
        (8, {}, "d = 7 in place of 8"),
        (7, {"condition_number": 2}, "fixed = "),
        (7, {"rank": [1, 2]}, "axes = "),
    ],
)
def test_the_file_of_another_grid_is_refused(found, tmp_path, d, settings, words):
    path = shutil.copy(found[1], tmp_path)
    before = os.stat(path)
    with pytest.raises(ValueError, match=f"path: expected a file of the same grid, got .*{words}"):
        analysis.phase_transition(d, GRID | settings, path=path, **FEW)
    assert os.stat(path) == before


def test_other_runs_are_another_grid(found):
    for change in ({"seed": 1}, {"max_iter": 500}, {"algorithm": ipgd.GD()}, {"trials": 5}):
        with pytest.raises(ValueError, match="path: expected a file of the same grid"):
            analysis.phase_transition(7, GRID, path=found[1], **FEW | change)


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, x=np.ones(3))
    with pytest.raises(ValueError, match=r"path: expected a file that ipgd\.analysis"):
        analysis.phase_transition(7, GRID, path=path, **FEW)
    path.write_bytes(b"none")
    with pytest.raises(ValueError, match=r"path: expected a file that ipgd\.analysis"):
        analysis.load_transition(path)


def test_a_table_has_a_line_for_each_point(found, tmp_path):
    result, _ = found
    result.to_csv(tmp_path / "map.csv")
    with (tmp_path / "map.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert list(rows[0])[:4] == ["m", "alpha", "trials", "successes"]
    assert [float(row["m"]) for row in rows] == [6, 6, 14, 14, 60, 60]
    assert [float(row["probability"]) for row in rows] == result.probability.reshape(-1).tolist()
    assert float(rows[5]["median_error"]) == np.median(result.errors[2, 1])


def test_every_setting_can_be_an_axis():
    settings = {"m": [40, 90], "rank": [2, 3], "search_rank": [3, 4], "condition_number": [1, 3]}
    settings |= {"alpha": [0.3, 0.1], "radius": [0.1, 0.01]}
    result = analysis.phase_transition(
        (6, 5), settings, algorithm=ipgd.IPGDPlus(), trials=1, max_iter=3
    )
    assert result.errors.shape == (2, 2, 2, 2, 2, 2, 1)
    assert result.done
    assert len(np.unique(result.errors)) == 64  # every setting changes the run


def test_a_radius_asks_for_a_perturbed_method():
    for settings, name in (({"radius": 1e-3}, "IPGD("), ({}, "None")):
        result = analysis.phase_transition(4, {"m": 20, "rank": 1} | settings, trials=1, max_iter=2)
        assert result.settings["algorithm"].startswith(name)


def test_runs_that_diverged_are_failures():
    result = analysis.phase_transition(
        5, {"m": 40, "rank": 1}, algorithm=ipgd.GD(step_size=1e3), trials=2
    )
    assert result.axes == {}
    assert np.isinf(result.errors).all()
    assert result.probability == 0


def test_pictures_take_the_map(found):
    pytest.importorskip("matplotlib")
    figure = ipgd.plots.transition(found[0])
    assert figure.axes


def test_a_bar_is_shown(capsys):
    analysis.phase_transition(4, {"m": 20, "rank": 1}, trials=1, max_iter=2, progress=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("settings", "arguments", "error", "words"),
    [
        ({"m": 20}, {}, ValueError, "settings: expected 'rank' among them"),
        ({"rank": 1}, {}, ValueError, "settings: expected 'm' among them"),
        ({"q": 1}, {}, ValueError, "settings: expected some of m, rank, .*, got 'q'"),
        ([1], {}, TypeError, "settings: expected a dict, got"),
        ({"m": [], "rank": 1}, {}, ValueError, "m: expected a number or a sequence of numbers"),
        ({"m": [[1]], "rank": 1}, {}, ValueError, "m: expected a number or a sequence"),
        ({"m": [3, 3], "rank": 1}, {}, ValueError, "m: expected different values"),
        ({"m": 2.5, "rank": 1}, {}, TypeError, "m: expected an integer, got 2.5"),
        ({"m": 9, "rank": 1, "alpha": 0}, {}, ValueError, "alpha: expected a finite positive"),
        ({"m": 9, "rank": 6}, {}, ValueError, "rank: expected"),
        ({"m": 9, "rank": 1}, {"trials": 0}, ValueError, "trials: expected an integer >= 1"),
        ({"m": 9, "rank": 1}, {"seed": -1}, ValueError, "seed: expected an integer >= 0"),
        ({"m": 9, "rank": 1}, {"init": 3}, TypeError, r"init: expected one of ipgd\.init, got 3"),
        (
            {"m": 9, "rank": 1, "alpha": 1},
            {"init": ipgd.init.zeros()},
            ValueError,
            "init: expected one with a scale, which alpha is",
        ),
        (
            {"m": 9, "rank": 1, "radius": 1},
            {"algorithm": ipgd.GD()},
            ValueError,
            "radii: expected an algorithm with a radius, got GD",
        ),
    ],
)
def test_arguments_that_make_no_sense(settings, arguments, error, words):
    with pytest.raises(error, match=words):
        analysis.phase_transition(5, settings, **arguments)

"""The examples on real data, in a quick form: they draw, and their figures are sane."""

import re
import runpy

import pytest


def example(repository, name):
    return runpy.run_path(str(repository / "examples" / f"{name}.py"))["main"]


def figures(text):
    return [float(figure) for figure in re.findall(r"(-?\d+\.\d+)", text)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_elevation_map_is_completed(repository, tmp_path, capsys):
    picture = tmp_path / "map.png"
    example(repository, "complete_elevation")(str(picture), max_iter=240, baseline_iter=3)
    assert picture.read_bytes().startswith(b"\x89PNG")
    best, *lines = capsys.readouterr().out.splitlines()
    assert figures(best)[0] < 0.3
    errors = [figures(line)[0] for line in lines[:3]]
    assert figures(best)[0] < errors[0] < 0.6  # no better than from all points
    assert all(error < 1 for error in errors)  # better than the mean
    assert "chosen stop after" in lines[0]
    assert "max_iter after 3 iterations" in lines[1]
    assert "duality gap" in lines[2]
    assert 0 < figures(lines[0])[1] < 100  # metres


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_quadratic_regression_explains_a_part_of_the_variance(repository, tmp_path, capsys):
    pytest.importorskip("sklearn")
    picture = tmp_path / "fit.png"
    example(repository, "quadratic_regression")(str(picture), max_iter=1500)
    assert picture.read_bytes().startswith(b"\x89PNG")
    ours, linear, products = (
        figures(line)[-1] for line in capsys.readouterr().out.splitlines()[:3]
    )
    assert 0.2 < ours < 0.8
    assert 0.2 < linear < 0.8
    assert products < ours

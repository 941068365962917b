"""The experiment on weight normalisation, small."""

import numpy as np
import pytest
from ipgd.experiments import weight_normalization as experiment

SMALL = experiment.Size(d=40, m=30, positive=2, negative=2, seeds=2, max_iter=20_000)


def test_the_limit_is_where_the_start_is_as_long_as_the_solution():
    assert experiment.Size().limit == pytest.approx(np.sqrt(0.02))
    assert pytest.approx(2) == SMALL.d * SMALL.limit**2


def test_normalised_weights_hold_up_to_the_limit_and_need_a_ratio():
    scales = (0.4 * SMALL.limit, 2 * SMALL.limit)
    table = experiment.measure(SMALL, ratios=(1.0, 30.0), scales=scales)
    assert list(table) == ["plain", "step ratio 1", "step ratio 30"]
    plain, one, thirty = table.values()
    assert plain.shape == (2, 2)
    assert (thirty[:, 0] < 1e-2).all()
    assert (plain[:, 0] > 5 * thirty[:, 0]).all()
    assert (one[:, 0] > 2 * thirty[:, 0]).all()
    assert (thirty[:, 1] > 0.1).all()


def test_it_prints_and_draws(tmp_path, capsys, monkeypatch):
    tiny = experiment.Size(d=10, m=8, positive=1, negative=1, seeds=1, max_iter=20)
    experiment.main(["--output", str(tmp_path / "picture.png")], tiny)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(experiment.RATIOS)
    assert lines[1].startswith("plain")
    monkeypatch.setattr(experiment, "measure", lambda *_: pytest.fail("measured"))
    with pytest.raises(FileNotFoundError, match="output: expected a path in an existing folder"):
        experiment.main(["--output", str(tmp_path / "no" / "picture.png")])

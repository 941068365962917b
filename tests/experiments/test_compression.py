"""The experiment on compressed deep models, small."""

import pytest
from ipgd.experiments import compression as experiment

SMALL = experiment.Size(
    d=60, rank=2, fraction=0.5, scale=0.01, max_iter=4000, timed=(60,), iterations=2
)


def test_the_compressed_model_takes_the_iterations_of_the_full_one():
    runs = experiment.measure(SMALL, [0.01, 2.0])
    full, late, same = runs.values()
    assert full.success
    assert same.success
    assert same.nit == pytest.approx(full.nit, rel=0.02)
    assert same.history["test_error"][-1] < 5e-3
    assert late.status == "max_iter"  # the spaces are found too slowly


def test_it_prints_and_draws(tmp_path, capsys):
    output = str(tmp_path / "picture.png")
    tiny = experiment.Size(
        d=12, rank=1, fraction=0.9, scale=0.1, max_iter=20, timed=(12, 16), iterations=2
    )
    experiment.main(["--output", output, "--gamma", "1"], tiny)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["full", "compressed,", "d", "d"]
    with pytest.raises(FileNotFoundError, match="output: expected a path in an existing folder"):
        experiment.main(["--output", str(tmp_path / "no" / "picture.png")])

"""The demo: its parts, and the whole at its real size."""

import subprocess

import numpy as np
import pytest
from ipgd.experiments import demo


def test_whole_demo_reaches_its_errors(tmp_path, capsys):
    assert demo.run(tmp_path / "demo", threads=2) == []
    assert (tmp_path / "demo" / "demo.png").read_bytes().startswith(b"\x89PNG")
    text = capsys.readouterr().out
    assert "Recovered matrices" in text
    assert "has error 0.26" in text
    # fewer sketches than free entries, and the rank is not among the options
    assert np.load(tmp_path / "demo" / "A.npy").shape == (1500, 64, 64)
    assert "--search-rank" not in text


def test_a_case_that_misses_its_error_is_reported(tmp_path, monkeypatch, capsys):
    cases = [demo.Case(c.name, -c.truth, c.solution, c.seconds, c.target) for c in tiny_cases()]
    monkeypatch.setattr(demo, "synthetic", lambda _: cases[:2])
    monkeypatch.setattr(demo, "sketched", lambda *_: cases[2:])
    failures = demo.run(tmp_path)
    assert len(failures) == 4
    assert "wanted below 0.001" in failures[0]
    assert "case" in capsys.readouterr().out


def tiny_cases():
    import ipgd

    problem = ipgd.matrix_sensing(d=10, rank=1, m=150, rng=0)
    solution = ipgd.solve(problem, record=("loss", "singular_values"), rng=0)
    return [demo.Case(f"case {i}", problem.truth, solution, 0.0, 1e-3) for i in range(4)]


def test_leading_part_is_the_best_approximation():
    matrix = np.diag([3.0, 1.0, 2.0])
    np.testing.assert_allclose(demo.leading_part(matrix, 2), np.diag([3.0, 0, 2.0]))


def test_a_failing_command_is_not_swallowed(tmp_path, monkeypatch):
    broken = subprocess.CompletedProcess([], 2)
    monkeypatch.setattr(demo.subprocess, "run", lambda *_, **__: broken)
    with pytest.raises(ValueError, match="expected exit code 0 or 3, got 2"):
        demo._recover(tmp_path, "x", "1e-4", None)

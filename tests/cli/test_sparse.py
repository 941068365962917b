"""``ipgd sparse`` on files, through the command itself."""

import ipgd
import numpy as np
import pytest
from ipgd.cli import app
from typer.testing import CliRunner

runner = CliRunner()


def run(*arguments):
    """Exit code and the message as one line."""
    result = runner.invoke(app, ["sparse", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def files(tmp_path):
    drawn = (ipgd.sparse_regression(60, 3, 40, rng=seed) for seed in range(50))
    problem = next(p for p in drawn if p.truth.min() < 0 < p.truth.max())
    np.save(tmp_path / "A.npy", problem.operator.to_dense()[:, :, 0])
    np.save(tmp_path / "y.npy", problem.y)
    return tmp_path / "A.npy", tmp_path / "y.npy", tmp_path / "out.npz", problem.truth


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hadamard", "HadamardPower"),
        ("hadamard:2", "HadamardPower"),
        ("product", "HadamardProduct"),
        ("weight-normalized", "WeightNormalized"),
    ],
)
def test_recovers_and_says_what_it_did(files, text, name):
    a, y, out, truth = files
    picture = out.with_suffix(".png")
    options = ("--parameterization", text, "--tol", 1e-3, "--plot", picture)
    code, printed = run(a, y, "-o", out, *options)
    assert code == 0
    assert "A: 40 measurements of 60 entries: recovering a sparse vector" in printed
    assert "3 entries above 1 % of the largest" in printed
    assert ipgd.load_solution(out).settings["parameterization"]["name"] == name
    theta = np.load(out)["theta"]
    assert np.linalg.norm(theta - truth) < 1e-2 * np.linalg.norm(truth)
    assert picture.read_bytes().startswith(b"\x89PNG")


def table(stdout):
    """The indices and values of the lines that are printed."""
    head, *lines = stdout.splitlines()
    assert head == "index value"
    indices, values = zip(*(line.split(" ") for line in lines), strict=True)
    return np.array(indices, int), np.array(values, float)


def test_without_an_output_the_entries_are_printed_and_nothing_is_written(files):
    a, y, _, truth = files
    before = sorted(a.parent.iterdir())
    result = runner.invoke(app, ["sparse", str(a), str(y)])
    assert result.exit_code == 0
    indices, values = table(result.stdout)
    assert np.array_equal(indices, np.flatnonzero(truth))
    assert values == pytest.approx(truth[indices, 0], abs=1e-3)
    assert "3 entries above 1 % of the largest" in result.stderr
    assert "wrote" not in result.stderr
    assert sorted(a.parent.iterdir()) == before
    picture = a.with_name("out.png")
    result = runner.invoke(app, ["sparse", str(a), str(y), "--plot", str(picture)])
    assert (result.exit_code, table(result.stdout)[0].tolist()) == (0, indices.tolist())
    assert "; wrote " in result.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_largest_of_many_entries_are_printed(tmp_path):
    """Seventy numbers of both signs above 1 % of the largest, and ten below."""
    truth = np.where(np.arange(80) % 8 == 0, 1e-3, (-1.0) ** np.arange(80) * np.arange(20.0, 100))
    np.save(tmp_path / "A.npy", np.eye(80))
    np.save(tmp_path / "y.npy", truth)
    files = (str(tmp_path / "A.npy"), str(tmp_path / "y.npy"))
    result = runner.invoke(app, ["sparse", *files, "--parameterization", "product"])
    assert result.exit_code == 0
    indices, values = table(result.stdout)
    assert np.array_equal(indices, np.sort(np.argsort(-np.abs(truth))[:50]))
    assert values == pytest.approx(truth[indices], rel=1e-3)
    assert "the 50 largest of 70 entries; -o writes all" in result.stderr


def test_a_run_that_does_not_arrive_prints_what_it_has(files):
    a, y, _, _ = files
    result = runner.invoke(app, ["sparse", str(a), str(y), "--max-iter", "5"])
    assert result.exit_code == 3
    assert result.stdout.startswith("index value\n")


def test_options_reach_the_solver(files):
    a, y, out, _ = files
    options = ("--step-size", 0.01, "--init-scale", 0.5, "--dtype", "int8", "--threads", 1)
    code, printed = run(a, y, "-o", out, *options, "--max-iter", 0)
    assert code == 3
    assert "stored as int8" in printed
    solution = ipgd.load_solution(out)
    assert solution.settings["algorithm"]["step_size"] == 0.01
    assert (solution.parameters["u"] == 0.5).all()
    run(a, y, "-o", out, "--parameterization", "hadamard:3", "--max-iter", 0)
    assert ipgd.load_solution(out).settings["parameterization"]["power"] == 3


def _save(path, array):
    np.save(path, array)
    return path


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda a, y: (a.with_name("no.npy"), y), "A: expected a .npy file, got"),
        (lambda a, y: (y, a), "y: expected one number for each row of A"),
        (lambda a, y: (y, a), "are A and y swapped?"),
        (lambda a, y: (a, _save(y, np.ones(7))), "y: expected one number for each row of A"),
        (lambda a, y: (_save(a, np.ones((40, 2, 2))), y), "A: expected shape (any, any)"),
        (lambda a, y: (_save(a, np.full((40, 2), np.nan)), y), "A: expected finite numbers"),
        (lambda a, y: (a, _save(y, np.full(40, np.inf))), "y: expected finite numbers"),
        (lambda a, y: (_save(a, np.ones((40, 2), complex)), y), "dtype complex128"),
    ],
)
def test_unusable_files_are_named_and_nothing_is_written(files, spoil, message):
    a, y, out, _ = files
    code, text = run(*spoil(a, y), "-o", out)
    assert code == 2
    assert message in text
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--parameterization", "deep:3"), "--parameterization: expected hadamard:L"),
        (("--parameterization", "product:3"), "--parameterization: expected hadamard:L"),
        (("--parameterization", "hadamard:1"), "--parameterization: expected an integer >= 2"),
        (("--step-size", 0), "--step-size: expected a finite positive number, got 0.0"),
        (("--init-scale", -1), "--init-scale: expected a finite positive number, got -1.0"),
        (("--tol", 2), "Invalid value for '--tol'"),
        (("--plot", "picture.xyz"), "--plot: expected a path ending in"),
    ],
)
def test_unusable_options(files, options, message):
    a, y, out, _ = files
    for output in (("-o", out), ()):
        code, text = run(a, y, *output, *options)
        assert code == 2
        assert message in text
    assert not out.exists()


def test_nothing_is_written_over_an_input(files):
    a, y, _, _ = files
    before = a.read_bytes()
    assert "output: expected a path ending in .npz" in run(a, y, "-o", a)[1]
    link = a.with_name("link.npz")
    link.symlink_to(a)
    assert "output: expected a path of its own, got that of A" in run(a, y, "-o", link)[1]
    assert a.read_bytes() == before

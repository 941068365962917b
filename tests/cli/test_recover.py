"""``ipgd recover`` on files, through the command itself."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import ipgd
import numpy as np
import pytest
from ipgd.cli import app
from typer.testing import CliRunner

runner = CliRunner()


def run(*arguments):
    """Exit code and the message as one line."""
    result = runner.invoke(app, ["recover", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def files(tmp_path):
    """A small symmetric problem on disk: paths of A, y, output, and the truth."""
    problem = ipgd.matrix_sensing(d=10, rank=1, m=120, rng=0)
    np.save(tmp_path / "A.npy", problem.operator.to_dense())
    np.save(tmp_path / "y.npy", problem.y)
    return tmp_path / "A.npy", tmp_path / "y.npy", tmp_path / "out.npz", problem.truth


def error(output, truth):
    theta = np.load(output)["theta"]
    return np.linalg.norm(theta - truth) / np.linalg.norm(truth)


@pytest.mark.parametrize("algorithm", ["gd", "sgd", "scaled", "pgd", "ipgd", "ipgd+"])
def test_recovers_and_says_what_it_did(files, algorithm):
    a, y, out, truth = files
    code, text = run(a, y, "-o", out, "--algorithm", algorithm, "--plot", out.with_suffix(".png"))
    assert code == 0
    assert "120 symmetric matrices 10 x 10: recovering U Uᵀ" in text
    assert "relative_loss" in text
    assert "numerical rank 1" in text
    assert error(out, truth) < 1e-3
    assert out.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    name = ipgd.load_solution(out).settings["algorithm"]["name"]
    assert name.replace("Plus", "+").replace("ScaledGD", "scaled").lower() == algorithm


def test_options_reach_the_solver(files):
    a, y, out, _ = files
    options = ("--search-rank", 2, "--step-size", 0.2, "--init-scale", 0.5, "--seed", 3)
    assert run(a, y, "-o", out, *options, "--threads", 1, "--max-iter", 7)[0] == 3
    solution = ipgd.load_solution(out)
    assert solution.parameters["U"].shape == (10, 2)
    assert solution.settings["algorithm"]["step_size"] == 0.2
    assert solution.nit == 7
    code, _ = run(a, y, "-o", out, "--algorithm", "ipgd", "--radius", 1e-3, "--max-iter", 1)
    assert code == 3
    assert ipgd.load_solution(out).settings["algorithm"]["radius"] == 1e-3


def test_rectangular_matrices_are_detected(tmp_path):
    operator = ipgd.operators.Dense.gaussian(200, 8, 5, rng=0)
    truth = np.outer(np.arange(1.0, 9), np.arange(1.0, 6))
    np.save(tmp_path / "A.npy", operator.to_dense())
    np.save(tmp_path / "y.npy", operator.forward(truth))
    code, text = run(tmp_path / "A.npy", tmp_path / "y.npy", "-o", tmp_path / "out.npz")
    assert code == 0
    assert "rectangular matrices 8 x 5: recovering V Wᵀ" in text
    assert error(tmp_path / "out.npz", truth) < 1e-3


def test_square_matrices_that_are_not_symmetric(tmp_path):
    operator = ipgd.operators.Dense.gaussian(200, 6, 6, rng=0)
    truth = np.outer(np.arange(1.0, 7), np.arange(1.0, 7))
    np.save(tmp_path / "A.npy", operator.to_dense())
    np.save(tmp_path / "y.npy", operator.forward(truth))
    files = (tmp_path / "A.npy", tmp_path / "y.npy", "-o", tmp_path / "out.npz")
    for options, sentence in (
        ((), "not symmetric: recovering V Wᵀ (--parameterization symmetric"),
        (("--parameterization", "symmetric"), "taken as symmetric"),
        (("--parameterization", "asymmetric"), "taken as rectangular"),
    ):
        code, text = run(*files, *options)
        assert code == 0
        assert sentence in text
        assert error(tmp_path / "out.npz", truth) < 1e-3


def test_what_symmetric_matrices_cannot_see_is_told(files):
    a, y, out, _ = files
    told = "see (theta + thetaᵀ)/2 only"
    for options, tells in (((), False), (("--parameterization", "deep:2"), True)):
        _, text = run(a, y, "-o", out, *options)
        assert (told in " ".join(text.split())) == tells


def test_deep_models_of_any_depth(tmp_path):
    operator = ipgd.operators.Dense.gaussian(200, 8, 5, rng=0)
    truth = np.outer(np.arange(1.0, 9), np.arange(1.0, 6))
    np.save(tmp_path / "A.npy", operator.to_dense())
    np.save(tmp_path / "y.npy", operator.forward(truth))
    files = (tmp_path / "A.npy", tmp_path / "y.npy", "-o", tmp_path / "out.npz")
    for text, depth in (("deep", 3), ("deep:2", 2), ("deep:4", 4)):
        options = ("--search-rank", 3, "--tol", 1e-3)
        code, printed = run(*files, "--parameterization", text, *options)
        assert code == 0
        assert "taken as rectangular: recovering W_N ... W_1" in printed
        solution = ipgd.load_solution(tmp_path / "out.npz")
        assert list(solution.parameters) == [f"W{j}" for j in range(1, depth + 1)]
        assert solution.parameters["W1"].shape == (3, 5)
        assert error(tmp_path / "out.npz", truth) < 1e-2


def test_vectors_given_as_matrices_of_one_column(tmp_path):
    problem = ipgd.sparse_regression(30, 2, 25, rng=0)
    np.save(tmp_path / "A.npy", problem.operator.to_dense())
    np.save(tmp_path / "y.npy", problem.y)
    files = (tmp_path / "A.npy", tmp_path / "y.npy", "-o", tmp_path / "out.npz")
    for options in ((), ("--init-scale", 1e-6)):
        code, text = run(*files, "--parameterization", "hadamard:2", *options)
        assert code == 0
        assert "recovering a sparse vector" in text
        assert "2 entries above 1 % of the largest" in text
        assert error(tmp_path / "out.npz", problem.truth) < 1e-2


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "int8"])
def test_storage_is_chosen(files, dtype):
    a, y, out, _ = files
    for options in ((), ("--parameterization", "asymmetric"), ("--parameterization", "symmetric")):
        text = run(a, y, "-o", out, "--dtype", dtype, "--max-iter", 1, *options)[1]
        assert f"stored as {dtype}" in text


def test_nothing_is_written_over_an_input_or_the_other_output(files):
    a, y, out, _ = files
    before = a.read_bytes()
    link = a.with_name("link.npz")
    link.symlink_to(a)
    assert "output: expected a path of its own, got that of A" in run(a, y, "-o", link)[1]
    assert "output: expected a path ending in .npz" in run(a, y, "-o", a)[1]
    same = a.with_name("same.npz")
    same.symlink_to(a.with_name("picture.png"))
    options = ("--plot", a.with_name("picture.png"))
    assert "of its own, got that of plot" in run(a, y, "-o", same, *options)[1]
    assert a.read_bytes() == before
    assert not out.exists()


def test_a_device_is_not_replaced(files):
    a, y, out, _ = files
    os.mkfifo(out)
    code, text = run(a, y, "-o", out)
    assert code == 2
    assert "expected a regular file" in text


def test_brackets_in_a_path_are_no_markup(files):
    a, y, _, truth = files
    out = a.with_name("[bold][red]o.npz")
    code, text = run(a, y, "-o", out)
    assert code == 0
    assert "[bold][red]o.npz" in text
    assert error(out, truth) < 1e-3


def test_a_second_order_point_that_fits_nothing_is_not_success(files):
    """No positive semidefinite matrix fits -y: IPGD ends at zero, and says so."""
    a, y, out, _ = files
    np.save(y, -np.load(y))
    code, text = run(a, y, "-o", out, "--algorithm", "ipgd")
    assert code == 3
    assert "second_order" in text
    assert "relative residual" in text


def test_swapped_files(files):
    a, y, out, _ = files
    assert "are A and y swapped?" in run(y, a, "-o", out)[1]


def test_symmetry_is_judged_against_the_size_of_each_matrix(files):
    from ipgd.cli.inputs import is_symmetric

    A = np.load(files[0])
    noise = np.random.default_rng(0).standard_normal(A.shape)
    for scale in (1e-35, 1.0, 1e35):
        assert is_symmetric(scale * (A + 1e-8 * noise))
        assert not is_symmetric(scale * (A + 1e-3 * noise))


def test_divergence_is_exit_code_1_and_saved(files):
    a, y, out, _ = files
    code, text = run(a, y, "-o", out, "--step-size", 100)
    assert code == 1
    assert "diverged" in text
    assert np.isfinite(ipgd.load_solution(out).parameters["U"]).all()


BAD = {
    "missing A": (lambda a, y: (a.with_name("no.npy"), y), "A: expected a .npy file, got"),
    "missing y": (lambda a, y: (a, y.with_name("no.npy")), "y: expected a .npy file, got"),
    "y of other length": (
        lambda a, y: (a, _save(y, np.ones(7))),
        "y: expected one number for each",
    ),
    "y of two dimensions": (
        lambda a, y: (a, _save(y, np.ones((120, 1)))),
        "y: expected one number",
    ),
    "NaN in y": (lambda a, y: (a, _nan(y)), "y: expected finite numbers, got nan at index (4,)"),
    "NaN in A": (
        lambda a, y: (_nan(a), y),
        "A: expected finite numbers, got nan at index (4, 0, 0)",
    ),
    "complex A": (lambda a, y: (_save(a, np.ones((120, 2, 2), complex)), y), "dtype complex128"),
    "flat A": (lambda a, y: (_save(a, np.ones((120, 4))), y), "A: expected shape (m, d1, d2)"),
    "empty A": (
        lambda a, y: (_save(a, np.ones((0, 2, 2))), _save(y, np.ones(0))),
        "y: expected a non-empty array|A: expected a non-empty array",
    ),
    "truncated A": (lambda a, y: (_cut(a), y), "A: expected a complete .npy file of numbers"),
    "empty file": (lambda a, y: (_cut(a, 0), y), "A: expected a complete .npy file of numbers"),
    "text": (lambda a, y: (_text(a), y), "A: expected a complete .npy file of numbers"),
    "objects": (lambda a, y: (_save(a, np.array([None])), y), "A: expected a complete .npy file"),
    "broken archive": (
        lambda a, y: (_bytes(a, b"PK\x03\x04garbage"), y),
        "A: expected a complete .npy file",
    ),
    "archive": (lambda a, y: (_archive(a), y), "A: expected a .npy file with one array"),
}


def _save(path, array):
    np.save(path, array)
    return path


def _nan(path):
    array = np.load(path)
    array[(4, *[0] * (array.ndim - 1))] = np.nan
    return _save(path, array)


def _cut(path, length=300):
    path.write_bytes(path.read_bytes()[:length])
    return path


def _bytes(path, content):
    path.write_bytes(content)
    return path


def _text(path):
    path.write_text("1 2 3\n")
    return path


def _archive(path):
    with path.open("wb") as file:
        np.savez(file, a=np.ones(3))
    return path


@pytest.mark.parametrize("name", BAD)
def test_unusable_files_are_named_and_nothing_is_written(files, name):
    a, y, out, _ = files
    spoil, message = BAD[name]
    code, text = run(*spoil(a, y), "-o", out)
    assert code == 2
    assert "error:" in text
    assert any(part in text for part in message.split("|"))
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--search-rank", 0), "--search-rank: expected an integer >= 1, got 0"),
        (("--step-size", -1), "--step-size: expected a finite positive number, got -1.0"),
        (("--step-size", "nan"), "--step-size: expected a finite positive number, got nan"),
        (("--radius", 1), "--radius: expected a perturbed algorithm (pgd, ipgd, ipgd+), got gd"),
        (("--algorithm", "ipgd", "--radius", -1), "--radius: expected a finite positive number"),
        (("--tol", -1), "Invalid value for '--tol'"),
        (("--tol", "nan"), "Invalid value for '--tol'"),
        (("--max-iter", -1), "--max-iter: expected an integer >= 0, got -1"),
        (("--threads", 0), "--threads: expected an integer >= 1, got 0"),
        (("--init-scale", 0), "--init-scale: expected a finite positive number, got 0.0"),
        (("--plot", "picture.xyz"), "--plot: expected a path ending in"),
        (("--plot", "no/such/folder.png"), "--plot: expected a path in an existing folder"),
        (("--seed", -1), "--seed: expected None, an integer >= 0"),
        (("--algorithm", "newton"), "newton"),
        (("--dtype", "float16"), "float16"),
        (("--parameterization", "wide"), "--parameterization: expected auto, symmetric, asym"),
        (("--parameterization", "deep:x"), "--parameterization: expected auto, symmetric, asym"),
        (("--parameterization", "auto:2"), "--parameterization: expected auto, symmetric, asym"),
        (("--parameterization", "deep:1"), "--parameterization: expected an integer >= 2, got 1"),
        (("--parameterization", "hadamard:1"), "--parameterization: expected an integer >= 2"),
        (("--parameterization", "hadamard"), "--parameterization: expected a model of matrices"),
        (
            ("--parameterization", "hadamard", "--search-rank", 2),
            "--search-rank: expected a model made of factors, got hadamard",
        ),
    ],
)
def test_unusable_options(files, options, message):
    a, y, out, _ = files
    code, text = run(a, y, "-o", out, *options)
    assert code == 2
    assert message in text
    assert not out.exists()


def test_output_is_checked_before_the_solve(files, monkeypatch):
    a, y, out, _ = files
    monkeypatch.setattr(ipgd, "solve", lambda *_, **__: pytest.fail("solved before the check"))
    assert run(a, y, "-o", out.parent / "no" / "out.npz")[0] == 2
    code, text = run(a, y, "-o", out.parent)
    assert code == 2
    assert "--output: expected a file to write, got the folder" in text


def test_running_out_of_memory_is_an_error_message(files, monkeypatch):
    def exhausted(*_, **__):
        raise MemoryError

    monkeypatch.setattr(ipgd, "solve", exhausted)
    a, y, out, _ = files
    code, text = run(a, y, "-o", out)
    assert (code, "out of memory" in text) == (2, True)


TELLING = """
import ipgd
from ipgd.__main__ import main

def told(iteration, loss):
    if iteration > 0:
        print("running", flush=True)

solve = ipgd.solve
ipgd.solve = lambda *problem, **settings: solve(*problem, **(settings | {"progress": told}))
main()
"""


def test_ctrl_c_saves_the_partial_result(tmp_path):
    problem = ipgd.matrix_sensing(d=60, rank=2, m=1500, rng=0)
    np.save(tmp_path / "A.npy", problem.operator.to_dense())
    np.save(tmp_path / "y.npy", problem.y)
    out = tmp_path / "out.npz"
    command = [sys.executable, "-c", TELLING, "recover", "A.npy", "y.npy", "-o", "out.npz"]
    process = subprocess.Popen(
        [*command, "--tol", "0", "--max-iter", "100000000"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGINT)
    _, text = process.communicate(timeout=600)
    assert process.returncode == 130
    assert "interrupted" in text
    solution = ipgd.load_solution(out)
    assert solution.status == "interrupted"
    assert solution.nit > 0
    assert np.isfinite(solution.parameters["U"]).all()
    assert sorted(p.name for p in Path(tmp_path).iterdir()) == ["A.npy", "out.npz", "y.npy"]

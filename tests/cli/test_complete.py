"""``ipgd complete`` on files, through the command itself."""

import gzip
import os
import threading

import ipgd
import numpy as np
import pytest
from ipgd.cli import app
from ipgd.cli.entries import load_entries
from scipy import sparse
from typer.testing import CliRunner

runner = CliRunner()


def run(*arguments):
    """Exit code and the message as one line."""
    result = runner.invoke(app, ["complete", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture(scope="module")
def observed():
    """Rows, columns, values, and the whole matrix."""
    problem = ipgd.matrix_completion(30, 20, 2, fraction=0.5, rng=0)
    return problem.operator.rows, problem.operator.cols, problem.values, problem.truth_matrix()


def write(path, observed, kind):
    rows, cols, values, truth = observed
    table = np.column_stack([rows, cols, values])
    if kind == "csv":
        np.savetxt(path, table, delimiter=",")
    elif kind == "header":
        np.savetxt(path, table, delimiter=";", header="row;col;value", comments="")
    elif kind == "blanks from 1":
        np.savetxt(path, table + np.array([1, 1, 0]))
    elif kind == "npz":
        np.savez(path, row=rows, col=cols, value=values)
    else:
        sparse.save_npz(path, sparse.csr_array((values, (rows, cols)), shape=truth.shape))


def error(output, truth):
    theta = np.load(output)["theta"]
    return np.linalg.norm(theta - truth) / np.linalg.norm(truth)


@pytest.mark.parametrize("kind", ["csv", "header", "blanks from 1", "npz", "sparse"])
def test_every_kind_of_file_gives_the_matrix(tmp_path, observed, kind):
    path = tmp_path / ("entries.npz" if kind in ("npz", "sparse") else "entries.csv")
    write(path, observed, kind)
    options = ("--one-based",) if "from 1" in kind else ()
    out = tmp_path / "out.npz"
    code, text = run(path, "-o", out, "--rank", 4, *options)
    assert code == 0
    assert "300 entries of a 30 x 20 matrix (0.5 of all): recovering V Wᵀ with 4 columns" in text
    assert "relative_loss" in text
    assert "numerical rank 2" in text
    assert error(out, observed[3]) < 1e-3


def test_options_reach_the_solver(tmp_path, observed):
    write(tmp_path / "e.csv", observed, "csv")
    out, picture = tmp_path / "out.npz", tmp_path / "out.png"
    options = ("--shape", 32, 40, "--step-size", 0.2, "--init-scale", 0.5, "--max-iter", 7)
    assert run(tmp_path / "e.csv", "-o", out, *options, "--threads", 1, "--plot", picture)[0] == 3
    solution = ipgd.load_solution(out)
    assert solution.parameters["V"].shape == (32, 10)
    assert solution.parameters["W"].shape == (40, 10)
    assert solution.settings["algorithm"]["step_size"] == 0.2
    assert solution.nit == 7
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("algorithm", ["gd", "sgd", "scaled", "pgd", "ipgd", "ipgd+"])
def test_every_algorithm_completes(tmp_path, observed, algorithm):
    write(tmp_path / "e.csv", observed, "csv")
    out = tmp_path / "out.npz"
    assert run(tmp_path / "e.csv", "-o", out, "--rank", 2, "--algorithm", algorithm)[0] == 0
    assert error(out, observed[3]) < 1e-3
    solution = ipgd.load_solution(out)
    name = solution.settings["algorithm"]["name"]
    assert name.replace("Plus", "+").replace("ScaledGD", "scaled").lower() == algorithm


def test_radius_and_seed_reach_the_solver(tmp_path, observed):
    write(tmp_path / "e.csv", observed, "csv")
    out = tmp_path / "out.npz"

    def solution(*options):
        assert run(tmp_path / "e.csv", "-o", out, "--max-iter", 3, *options)[0] == 3
        return ipgd.load_solution(out)

    perturbed = solution("--algorithm", "ipgd+", "--radius", 1e-3)
    assert perturbed.settings["algorithm"]["radius"] == 1e-3
    default, zero, five, again = (
        solution(*seed).parameters["V"].tobytes()
        for seed in ((), ("--seed", 0), ("--seed", 5), ("--seed", 5))
    )
    assert default == zero != five == again
    code, text = run(tmp_path / "e.csv", "-o", out, "--radius", 1)
    assert code == 2
    assert "--radius: expected a perturbed algorithm (pgd, ipgd, ipgd+), got gd" in text


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("auto", "AsymmetricFactor", "V Wᵀ"),
        ("asymmetric", "AsymmetricFactor", "V Wᵀ"),
        ("deep", "DeepFactor", "W_N ... W_1"),
        ("deep:2", "DeepFactor", "W_N ... W_1"),
    ],
)
def test_models_are_named_as_for_recover(tmp_path, observed, text, name, said):
    write(tmp_path / "e.csv", observed, "csv")
    out = tmp_path / "out.npz"
    options = ("--parameterization", text, "--rank", 3, "--tol", 1e-3)
    code, printed = run(tmp_path / "e.csv", "-o", out, *options)
    assert code == 0
    assert f"recovering {said} with 3 columns" in printed
    assert error(out, observed[3]) < 1e-2
    solution = ipgd.load_solution(out)
    assert solution.settings["parameterization"]["name"] == name
    assert len(solution.parameters) == (3 if text == "deep" else 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hadamard", "expected auto, symmetric, asymmetric or deep:N (N layers), got 'hadamard'"),
        ("deep:x", "expected auto, symmetric, asymmetric or deep:N (N layers), got 'deep:x'"),
        ("auto:2", "expected auto, symmetric, asymmetric or deep:N (N layers), got 'auto:2'"),
        ("deep:1", "expected an integer >= 2, got 1"),
        ("symmetric", "expected AsymmetricFactor for an operator on rectangular matrices"),
    ],
)
def test_models_that_do_not_fit_are_refused(tmp_path, observed, text, words):
    write(tmp_path / "e.csv", observed, "csv")
    code, printed = run(tmp_path / "e.csv", "-o", tmp_path / "out.npz", "--parameterization", text)
    assert code == 2
    assert f"--parameterization: {words}" in printed
    assert not (tmp_path / "out.npz").exists()


def test_a_positive_semidefinite_matrix(tmp_path):
    u = np.arange(1.0, 9)
    rows, cols = np.nonzero(np.add.outer(np.arange(8), np.arange(8)) % 2 == 0)
    np.savez(tmp_path / "e.npz", rows=rows, cols=cols, values=np.outer(u, u)[rows, cols])
    out = tmp_path / "out.npz"
    code, text = run(tmp_path / "e.npz", "-o", out, "--rank", 1, "--parameterization", "symmetric")
    assert code == 0
    assert "recovering U Uᵀ with 1 columns" in text
    assert ipgd.load_solution(out).parameters["U"].shape == (8, 1)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("0,0\n1,1\n", "expected a table with columns row, column, value"),
        ("", "expected a table with columns row, column, value"),
        ("row,col,value\n0,0,1\n0,x,1\n", "expected a table with columns row, column, value"),
        ("0,0.5,1\n", "entries: expected whole numbers in the column column, got 0.5 in entry 0"),
        ("0,0,nan\n", "values: expected finite numbers, got nan at index (0,)"),
        ("rating,row,x\n5,0,1\n", "in the order rating, row, x"),
        ("row,col,value,value\n5,0,1,2\n", "in the order row, col, value, value"),
        ("0,0,1,881250949\n1,1,2,881250949\n", "with shape (2, 4)"),
        (
            "9007199254740994,0,1\n",
            "expected whole numbers in the row column, got 9007199254740994",
        ),
        ("0;0;1,5\n1;1;2,5\n", "could not convert string '1,5'"),
        ("0,0,1x\n1,1,2\n", "could not convert string '1x'"),
        ("0,-1,1\n", "entries: expected columns counted from 0, got -1 in entry 0"),
    ],
)
def test_unusable_tables_are_explained(tmp_path, content, words):
    path = tmp_path / "e.csv"
    path.write_text(content)
    code, text = run(path, "-o", tmp_path / "out.npz")
    assert code == 2
    assert words in text
    assert "Traceback" not in text
    assert not (tmp_path / "out.npz").exists()


TABLES = {
    "a comment that looks like another delimiter": "# row;col;value\n0,1,2.5\n1,0,-1\n",
    "a comment with commas above blanks": "# made by x, y and z\n\n0 1 2.5\n1 0 -1 # last\n",
    "a header of another delimiter": "row;col;value\n0,1,2.5\n1,0,-1\n",
    "blanks after commas": "0, 1, 2.5\n1, 0, -1\n",
    "tabs": "row\tcol\tvalue\n0\t1\t2.5\n1\t0\t-1\n",
    "a byte order mark": "\ufeff0;1;2.5\n1;0;-1\n",
    "another order": "rating,user,item\n2.5,0,1\n-1,1,0\n",
    "more columns": "userId,movieId,rating,timestamp\n0,1,2.5,x\n1,0,-1,y\n",
    "names of the user's own": "from,to,weight\n0,1,2.5\n1,0,-1\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_read_as_they_are_meant(tmp_path, name):
    path = tmp_path / "e.csv"
    path.write_text(TABLES[name], encoding="utf-8")
    (rows, cols, values), shape = load_entries(path, None)
    assert (rows.tolist(), cols.tolist(), values.tolist()) == ([0, 1], [1, 0], [2.5, -1.0])
    assert shape is None


def test_a_table_may_come_through_a_pipe(tmp_path, observed):
    write(tmp_path / "e.csv", observed, "header")
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(
        target=lambda: (tmp_path / "pipe").write_bytes((tmp_path / "e.csv").read_bytes())
    )
    writer.start()
    (rows, cols, values), _ = load_entries(tmp_path / "pipe", None)
    writer.join()
    assert (rows == observed[0]).all()
    assert (cols == observed[1]).all()
    assert (values == observed[2]).all()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"0,0,1\n"), "a gzip file: unpack it first"),
        (b"PK\x03\x04...", "a zip archive: unpack it first, or name it .npz"),
        (b"\x93NUMPY\x01\x00", "a .npy file: save rows, cols and values with numpy.savez"),
        ("0,0,1\n".encode("utf-16"), "UTF-16 text: save it as UTF-8"),
    ],
)
def test_files_that_are_no_tables_are_called_by_their_names(tmp_path, content, words):
    (tmp_path / "e.csv").write_bytes(content)
    code, text = run(tmp_path / "e.csv", "-o", tmp_path / "out.npz")
    assert code == 2
    assert f"entries: expected a table with columns row, column, value, got '{tmp_path}" in text
    assert words in text


def malformed(kind):
    """A sparse matrix whose index arrays lead out of it."""
    matrix = sparse.random_array((50, 40), density=0.1, format=kind, rng=0)
    for name, index, value in (
        ("indptr", 3, 10**9),
        ("indptr", 3, -(10**9)),
        ("indices", 5, 10**9),
        ("indices", 5, -1),
    ):
        broken = matrix.copy()
        getattr(broken, name)[index] = value
        yield broken


@pytest.mark.parametrize("kind", ["csr", "csc", "bsr"])
def test_sparse_matrices_whose_indices_lead_out_of_them_are_refused(tmp_path, kind):
    for broken in malformed(kind):
        sparse.save_npz(tmp_path / "e.npz", broken)
        code, text = run(tmp_path / "e.npz", "-o", tmp_path / "out.npz")
        assert code == 2
        assert "entries: expected a .npz file with arrays" in text


def test_unusable_archives_and_paths_are_explained(tmp_path, observed):
    out = tmp_path / "out.npz"
    code, text = run(tmp_path / "none.csv", "-o", out)
    assert code == 2
    assert "which does not exist" in text
    np.savez(tmp_path / "other.npz", a=np.ones(3))
    code, text = run(tmp_path / "other.npz", "-o", out)
    assert code == 2
    assert "expected a .npz file with arrays rows, cols and values" in text
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 nothing")
    code, text = run(tmp_path / "broken.npz", "-o", out)
    assert code == 2
    assert "expected a .npz file with arrays" in text
    np.savez(tmp_path / "half.npz", format=b"csr")  # looks like one of SciPy's
    code, text = run(tmp_path / "half.npz", "-o", out)
    assert code == 2
    assert "expected a .npz file with arrays" in text
    code, text = run(tmp_path, "-o", out)
    assert code == 2
    assert "entries: expected a .csv or .npz file, got the folder" in text
    write(tmp_path / "e.npz", observed, "npz")
    code, text = run(tmp_path / "e.npz", "-o", tmp_path / "e.npz")
    assert code == 2
    assert "output: expected a path of its own, got that of entries" in text
    code, text = run(tmp_path / "e.npz", "-o", out, "--shape", 3, 3)
    assert code == 2
    assert "rows: expected indices from 0 to 2" in text
    code, text = run(tmp_path / "e.npz", "-o", out, "--shape", 0, 3)
    assert code == 2
    assert "--shape: expected an integer >= 1, got 0" in text
    code, text = run(tmp_path / "e.npz", "-o", out, "--one-based")
    assert code == 2
    assert "entries: expected rows counted from 1, got 0 in entry" in text
    code, text = run(tmp_path / "e.npz", "-o", out, "--rank", 0)
    assert code == 2
    assert "--search-rank: expected an integer >= 1, got 0" in text


def test_ids_that_are_text_get_a_hint_that_works(tmp_path):
    names = ["ann", "bob", "ann", "cy", "bob", "cy"]
    lines = [f"{name},{j % 2},{j + 1}.5" for j, name in enumerate(names)]
    (tmp_path / "e.csv").write_text("user,item,rating\n" + "\n".join(lines))
    code, text = run(tmp_path / "e.csv", "-o", tmp_path / "out.npz")
    assert code == 2
    assert "could not convert string 'ann'" in text
    assert "names, numbers = numpy.unique(ids, return_inverse=True)" in text
    known, rows = np.unique(names, return_inverse=True)
    table = np.column_stack([rows, [0, 1] * 3, np.arange(6) + 1.5])
    np.savetxt(tmp_path / "e.csv", table, delimiter=",")
    assert run(tmp_path / "e.csv", "-o", tmp_path / "out.npz", "--max-iter", 2)[0] == 3
    assert np.load(tmp_path / "out.npz")["theta"].shape == (len(known), 2)


@pytest.mark.parametrize(
    ("text", "meant"), [("asymmetrik", "asymmetric"), ("dep:4", "deep"), ("symmetrik", "symmetric")]
)
def test_a_misspelt_model_is_answered_with_the_nearest(tmp_path, observed, text, meant):
    write(tmp_path / "e.csv", observed, "csv")
    answer = run(tmp_path / "e.csv", "-o", tmp_path / "out.npz", "--parameterization", text)
    assert answer[0] == 2
    assert f"got {text!r}; did you mean {meant!r}?" in answer[1]

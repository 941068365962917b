"""The README's Python, word for word, on data that a reader would have."""

import re
from pathlib import Path

import ipgd
import numpy as np

README = Path(__file__).parents[1] / "README.md"


def measured():
    """A and y of a positive semidefinite matrix."""
    rng = np.random.default_rng(0)
    A = rng.standard_normal((300, 20, 20))
    u = rng.standard_normal((20, 2))
    A = (A + A.transpose(0, 2, 1)) / 2
    return {"A": A, "y": np.einsum("kij,ij->k", A, u @ u.T)}


def sparse():
    rng = np.random.default_rng(1)
    A = rng.standard_normal((80, 200))
    return {"A": A, "y": A[:, :3] @ [1.0, -2.0, 3.0]}


def tables():
    rng = np.random.default_rng(2)
    matrix = rng.standard_normal((60, 2)) @ rng.standard_normal((2, 40))
    X = rng.standard_normal((400, 20))
    return {
        "data": np.where(rng.random(matrix.shape) < 0.5, matrix, np.nan),
        "X": X,
        "y": ((X @ rng.standard_normal((20, 2))) ** 2).sum(axis=1),
        "X_new": X[:5],
    }


def bits():
    rng = np.random.default_rng(3)
    log_odds = 2 * rng.standard_normal((60, 2)) @ rng.standard_normal((2, 40))
    bits = (rng.random(log_odds.shape) < 1 / (1 + np.exp(-log_odds))).astype(float)
    return {"bits": np.where(rng.random(bits.shape) < 0.7, bits, np.nan), "log_odds": log_odds}


def test_the_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    needs = {
        "DenseSymmetric(A)": measured,
        "sparse_regression_data(A, y)": sparse,
        "X_new": tables,
        "(bits)": bits,
        "seeds=range(16)": lambda: {"problem": ipgd.matrix_sensing(d=20, rank=1, m=200, rng=0)},
    }
    names, errors = {}, []
    for block in blocks:
        for words, data in needs.items():
            if words in block:
                names |= data()
        exec(block, names)
        if "solution" in names:
            assert names["solution"].status != "diverged"
        if "Huber" in block:
            errors.append(names["solution"].history["test_error"][-1])
            squared = ipgd.solve(names["problem"], record=("test_error",), max_iter=2000, rng=0)
            errors.append(squared.history["test_error"][-1])
    assert len(blocks) >= 10
    assert errors[0] < 0.01
    assert errors[1] > 1
    truth = 1 / (1 + np.exp(-names["log_odds"]))
    assert np.sqrt(np.mean((names["probability"] - truth) ** 2)) < 0.25
    assert "status: relative_loss" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"result.npz", "run.png"}
    assert ipgd.load_solution("result.npz").success
    theta = names["theta"].ravel()
    assert np.flatnonzero(np.abs(theta) > 0.1).tolist() == [0, 1, 2]
    assert np.allclose(names["predicted"], tables()["y"][:5], rtol=1e-2)

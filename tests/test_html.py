"""What notebooks show of problems, operators and solutions."""

import re

import ipgd
import numpy as np
from ipgd._support.html import table


def rows(text):
    """The names and values of a table."""
    cells = re.findall(r"<th[^>]*>(.*?)</th><td[^>]*>(.*?)</td>", text)
    return dict(cells)


def test_a_problem_shows_its_sizes(problem):
    assert rows(problem._repr_html_()) == {
        "operator": "DenseSymmetric",
        "measurements": "200",
        "matrices": "10 x 10, symmetric",
        "storage": "float32, 0.0512 MB",
        "truth": "known",
        "loss": "squared",
    }
    unknown = ipgd.Problem(problem.operator, problem.y, loss=ipgd.Huber(0.5))
    assert rows(unknown._repr_html_())["truth"] == "unknown"
    assert rows(unknown._repr_html_())["loss"] == "Huber(delta=0.5)"


def test_an_operator_shows_its_storage():
    text = ipgd.operators.Dense(np.ones((3, 4, 5)), dtype="int8")._repr_html_()
    assert "<caption>Dense</caption>" in text
    assert rows(text)["matrices"] == "4 x 5"
    assert rows(text)["storage"].startswith("int8, ")


def test_a_solution_shows_what_it_prints(problem):
    solution = ipgd.solve(problem, max_iter=3, record=("loss", "test_error"), rng=0)
    shown = rows(solution._repr_html_())
    assert list(shown)[:4] == ["status", "message", "nit", "fun"]
    assert shown["nit"] == "3"
    assert "DenseSymmetric" in shown["run"]


def test_text_is_escaped():
    text = table("a < b", {"<i>": "x & y"})
    assert "<caption>a &lt; b</caption>" in text
    assert rows(text) == {"&lt;i&gt;": "x &amp; y"}

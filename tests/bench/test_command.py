"""``ipgd bench`` and ``bench/run.py``, through the commands themselves."""

import json
import runpy
from dataclasses import replace

import pytest
from ipgd.bench import CASES, cases, results, suite
from ipgd.bench.results import Check, Document
from ipgd.cli import app
from typer import Typer
from typer.testing import CliRunner

runner = CliRunner()


def invoke(*arguments, command=app, prefix=("bench",)):
    result = runner.invoke(command, [*prefix, *map(str, arguments)], env={"COLUMNS": "120"})
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def small_suite(tiny, monkeypatch):
    """Two cases that take a moment."""
    suite_of_two = (tiny("float64-100"), tiny("determinism-100"))
    monkeypatch.setattr(cases, "CASES", suite_of_two)
    return suite_of_two


@pytest.fixture
def script(repository):
    """bench/run.py as a command, and its module."""
    module = runpy.run_path(str(repository / "bench" / "run.py"))
    command = Typer()
    command.command()(module["main"])
    return lambda *arguments: invoke(*arguments, command=command, prefix=())


def test_the_list_names_every_case():
    code, text = invoke("--list")
    assert code == 0
    for case in CASES:
        assert case.name in text
    assert invoke("--list", "--case", "small")[1].startswith("small d = 20")


def test_an_unknown_case_lists_the_cases():
    code, text = invoke("--case", "float64-7")
    assert code == 2
    assert "case: expected one of float64-100, float64-200" in text
    assert "got 'float64-7'" in text


def test_the_path_is_checked_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(suite, "run", lambda *_: pytest.fail("measured"))
    code, text = invoke("--json", tmp_path / "absent" / "x.json")
    assert code == 2
    assert "json: expected a path in an existing folder" in text


@pytest.mark.parametrize("threads", [0, -1, "many"])
def test_a_number_of_threads_that_makes_no_sense(threads):
    assert invoke("--threads", threads)[0] == 2


def test_a_quick_run_prints_and_writes(small_suite, tmp_path):
    code, text = invoke("--quick", "--threads", 1, "--json", tmp_path / "x.json")
    assert code == 0
    assert "1 threads, instruction set" in text
    assert "best float64 peer / ipgd (numpy)" in text
    assert "≥ 3.5 4 quick" in text
    assert "≤ 1.03 1 quick" in text
    document = results.read(tmp_path / "x.json")
    assert [result.case for result in document.results] == [case.name for case in small_suite]
    assert document.provenance["threads"] == 1
    assert json.loads((tmp_path / "x.json").read_text())["format"] == "ipgd-bench-1"


def test_one_case(small_suite, tmp_path):
    code, text = invoke("--quick", "--case", small_suite[1].name)
    assert code == 0
    assert small_suite[0].name not in text
    assert list(tmp_path.iterdir()) == []


def test_a_peer_that_differs_fails_the_run(small_suite, tmp_path, monkeypatch):
    measured = suite.run

    def differing(*arguments):
        return replace(measured(*arguments), checks=[Check("numpy", 0.5, 1e-9)])

    monkeypatch.setattr(suite, "run", differing)
    code, text = invoke("--quick", "--case", small_suite[0].name)
    assert code == 1
    assert "numpy computed something else: relative difference 5.0e-01" in text
    assert f"FAILED {small_suite[0].name}" in text


def test_a_case_that_breaks_down_does_not_stop_the_others(small_suite, tmp_path, monkeypatch):
    measured = suite.run

    def broken(case, *rest):
        if case == small_suite[0]:
            raise RuntimeError("a run of 7 steps ended after 3: why")
        return measured(case, *rest)

    monkeypatch.setattr(suite, "run", broken)
    code, text = invoke("--quick", "--json", tmp_path / "x.json")
    assert code == 1
    assert f"FAILED {small_suite[0].name}: a run of 7 steps ended after 3: why" in text
    kept = results.read(tmp_path / "x.json").results
    assert [result.case for result in kept] == [small_suite[1].name]


def test_interrupted_with_what_is_done(small_suite, tmp_path, monkeypatch):
    measured = suite.run

    def interrupted(case, *rest):
        if case == small_suite[1]:
            raise KeyboardInterrupt
        return measured(case, *rest)

    monkeypatch.setattr(suite, "run", interrupted)
    code, text = invoke("--quick", "--json", tmp_path / "x.json")
    assert code == 130
    assert "interrupted" in text
    assert len(results.read(tmp_path / "x.json").results) == 1


def test_the_script_keeps_results_and_makes_the_page(
    small_suite, script, tmp_path, monkeypatch, brief
):
    monkeypatch.setattr("ipgd.bench.FULL", replace(brief, quick=False))
    code, text = script("--root", tmp_path)
    assert code == 0
    assert "benchmarks.md" in text
    kept = sorted(path.stem for path in (tmp_path / "bench" / "results").iterdir())
    assert kept == sorted(case.name for case in small_suite)
    written = (tmp_path / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert "| float64-100 | best float64 peer / ipgd (numpy) |" in written
    (tmp_path / "docs" / "benchmarks.md").unlink()
    monkeypatch.setattr(suite, "run", lambda *_: pytest.fail("measured"))
    assert script("--pages", "--root", tmp_path)[0] == 0
    assert (tmp_path / "docs" / "benchmarks.md").read_text(encoding="utf-8") == written


@pytest.mark.parametrize(
    ("broken", "word"), [({}, "KeyError: 'date'"), ({"versions": None}, "'versions' is None")]
)
def test_results_of_unknown_origin_make_no_page(script, tmp_path, document, broken, word):
    facts = document.provenance | broken if broken else {}
    (tmp_path / "bench" / "results").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    path = tmp_path / "bench" / "results" / "x.json"
    results.write(path, replace(document, provenance=facts))
    code, text = script("--pages", "--root", tmp_path)
    assert code == 2
    assert "expected results written by ipgd bench, got" in text
    assert "x.json" in text
    assert word in text


def test_the_script_does_not_keep_what_is_brief(small_suite, script, tmp_path):
    code, _ = script("--quick", "--case", "float64-100", "--root", tmp_path)
    assert code == 0
    assert list(tmp_path.iterdir()) == []
    assert script("--list", "--root", tmp_path)[0] == 0
    assert script("--case", "nothing", "--root", tmp_path)[0] == 2
    assert script("--pages", "--root", tmp_path)[0] == 2


def test_what_is_left_out_does_not_replace_a_measurement(repository, document, tmp_path):
    keep = runpy.run_path(str(repository / "bench" / "run.py"))["keep"]
    left_out = [result for result in document.results if not result.timings]
    assert left_out
    keep(tmp_path, Document(document.provenance, left_out))
    assert list(tmp_path.iterdir()) == []
    keep(tmp_path, Document(document.provenance, document.results[:1]))
    assert [path.name for path in tmp_path.iterdir()] == ["float64-100.json"]

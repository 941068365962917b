"""Results to JSON and back; the table, the page and the figures from a made-up result."""

import io
from dataclasses import replace

import numpy as np
import pytest
from ipgd.bench import Outcome, page, results, table, text
from ipgd.bench.figures import CAPTIONS, draw_all
from ipgd.bench.results import Check, Document, Timing
from rich.console import Console


def shown(result):
    console = Console(width=110, file=io.StringIO())
    console.print(table.header())
    table.show(console, result)
    return console.file.getvalue()


def test_results_round_trip(document, tmp_path):
    results.write(tmp_path / "x.json", document)
    assert results.read(tmp_path / "x.json") == document
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


HEAD = '{"format": "ipgd-bench-1", "provenance": {}'


@pytest.mark.parametrize(
    "content",
    [
        *("", "[]", "{}", "\udcff", '{"format": "ipgd-bench-9"}', HEAD + "}"),
        HEAD + ', "results": [{"case": "x"}]}',
    ],
)
def test_a_file_that_is_something_else(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match=r"json: expected results written by ipgd bench, got"):
        results.read(tmp_path / "x.json")


def test_nowhere_to_write(document, tmp_path):
    with pytest.raises(FileNotFoundError, match="json: expected a path in an existing folder"):
        results.write(tmp_path / "absent" / "x.json", document)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (2.5, "2.5 s"),
        (0.0123, "12.3 ms"),
        (4.56e-5, "45.6 µs"),
        (7e-9, "7 ns"),
        (0.99996, "1 s"),
        (0.9994, "999 ms"),
        (2e-11, "0.02 ns"),
    ],
)
def test_durations(seconds, written):
    assert text.duration(seconds) == written


def test_ratios_near_one_have_more_digits():
    assert [text.ratio(x) for x in (3.456, 0.99876, 0.912)] == ["3.46", "0.9988", "0.912"]


def test_the_table_shows_ratio_band_and_target_beside_each_other(document):
    line = " ".join(shown(document.results[0]).splitlines()[2].split())
    assert line == "best peer / ipgd (torch) 4 3.9 – 4.1 ≥ 3.5 4 met"


def test_the_table_shows_times_where_nothing_is_claimed(document):
    lines = {r.case: shown(r) for r in document.results}
    assert "ipgd, runs = 2" in lines["batch-sizes"]
    assert "ipgd, threads = 2" in lines["threads"]
    assert "ipgd, d = 50" in lines["dimensions"]
    assert "550 µs" in lines["threads"]
    assert "left out: it needs 6.4 GB" in lines["roof-400"]


def test_what_computed_something_else_is_void(document):
    wrong = replace(document.results[0], checks=[Check("numpy", np.nan, 1e-9)])
    assert "void" in shown(wrong)
    assert "numpy computed something else: relative difference nan, allowed 1e-09" in shown(wrong)


def test_what_was_measured_briefly_claims_nothing(document):
    line = shown(replace(document.results[0], quick=True))
    assert "quick" in line
    assert "met" not in line


def test_a_cost_and_an_open_target():
    cost = Outcome("a / b", 1.01, 1.0, 1.02, "a", 1.03, None, at_least=False)
    assert (text.target_text(cost), text.bound_text(cost)) == ("≤ 1.03", "–")
    assert text.target_text(replace(cost, target=None)) == "–"
    assert text.label_text(cost) == "a / b"


def test_the_page_is_made_from_the_files(document, tmp_path):
    folder, docs = tmp_path / "results", tmp_path / "docs"
    folder.mkdir()
    for result in document.results:
        results.write(folder / f"{result.case}.json", Document(document.provenance, [result]))
    assert page.write(folder, docs) == docs / "benchmarks.md"
    written = (docs / "benchmarks.md").read_text(encoding="utf-8")
    assert written.count("## Some CPU, 2 threads, instruction set v3") == 1
    assert "| float64-100 | best peer / ipgd (torch) | 4 | 3.9 – 4.1 | ≥ 3.5 | 4 | met |" in written
    assert "| batch-sizes | ipgd, runs = 2 | 550 µs | 510 µs – 590 µs | 7 |" in written
    assert "| torch | not installed |" in written
    assert "where 1e-09 is allowed: 2.0e-16" in written
    assert "- roof-400: left out: it needs 6.4 GB" in written
    for name in CAPTIONS:
        assert f"(benchmarks/{name}.png)" in written
        assert (docs / "benchmarks" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert written.index("| float64-100 |") < written.index("| roof-100 |")  # the suite's order
    again = written
    page.write(folder, docs)
    assert (docs / "benchmarks.md").read_text(encoding="utf-8") == again


def test_machines_are_not_mixed(document, tmp_path):
    other = Document(document.provenance | {"cpu": "Another CPU"}, document.results[:1])
    later = Document(document.provenance | {"date": "2026-03-04"}, [])
    groups = page.grouped([document, other, later])
    assert [group.provenance["cpu"] for group in groups] == ["Some CPU", "Another CPU"]
    assert groups[0].provenance["date"] == "2026-03-04"
    assert document.provenance["date"] == "2026-01-02"
    drawn = [draw_all(g.results, tmp_path, f"-{n}") for n, g in enumerate(groups)]
    assert [sorted(d) for d in drawn] == [sorted(CAPTIONS), []]
    written = page.render(groups, drawn)
    assert "roofline-0.png" in written
    assert written.count("### Figures") == 1


def test_a_cell_cannot_break_the_page(document):
    odd = replace(document.results[0], timings=[Timing("a | b", [1.0])])
    group = Document(document.provenance | {"memory_bytes": None, "openmp": False}, [odd])
    written = page.render([group], [{}])
    assert r"| float64-100 | a \| b | 1 s |" in written
    assert "| memory | unknown |" in written
    assert "OpenMP no" in written


def test_no_results(tmp_path):
    with pytest.raises(FileNotFoundError, match="results: expected JSON files, got none"):
        page.write(tmp_path, tmp_path)

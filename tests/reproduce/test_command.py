"""``ipgd reproduce``: its options, its output, its exit codes."""

import pytest
from ipgd import reproduce
from ipgd.cli import app
from typer.testing import CliRunner

runner = CliRunner()


def invoke(*arguments):
    return runner.invoke(app, ["reproduce", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_list_has_every_figure():
    result = invoke("--list")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == reproduce.names()
    assert all(len(line.split()) > 3 for line in lines)


@pytest.mark.parametrize("what", ["tiny", "--all"])
def test_failed_claims_are_printed_and_are_no_error(tiny, tmp_path, what):
    tiny()
    result = invoke(what, "--quick", "-o", tmp_path)
    assert result.exit_code == 0
    for text in ("holds", "fails", "not judged", "It is small.", "Nobody knows.", "at most 2"):
        assert text in result.output
    assert (tmp_path / "tiny" / "verdicts.txt").is_file()
    again = invoke(what, "--quick", "-o", tmp_path)
    assert again.exit_code == 2
    assert "error: --output: expected a folder without 'tiny'" in again.output
    assert invoke(what, "--quick", "--force", "-o", tmp_path).exit_code == 0


@pytest.mark.parametrize("arguments", [(), ("li2018-fig1", "--all")])
def test_names_or_all(arguments):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "expected names of figures or --all" in result.output


def test_a_name_that_does_not_exist_is_told_before_anything_is_run(tmp_path):
    result = invoke("ma2025-fig3", "li2018-fig11", "-o", tmp_path)
    assert result.exit_code == 2
    assert "did you mean li2018-fig1" in result.output
    assert list(tmp_path.iterdir()) == []


def failing(error):
    def run(*_):
        raise error

    return run


def test_a_figure_that_breaks_down_is_named(tiny, tmp_path):
    tiny(run=failing(ZeroDivisionError("by zero")))
    result = invoke("--all", "-o", tmp_path)
    assert result.exit_code == 1
    assert "FAILED tiny: ZeroDivisionError: by zero" in result.output
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_leaves_nothing(tiny, tmp_path):
    tiny(run=failing(KeyboardInterrupt()))
    result = invoke("tiny", "-o", tmp_path)
    assert result.exit_code == 130
    assert list(tmp_path.iterdir()) == []

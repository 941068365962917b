"""``ipgd info``, ``ipgd demo``, and the command without its extras."""

import runpy
import sys

import ipgd
import ipgd.__main__
import numpy as np
import pytest
from ipgd import _core
from ipgd.cli import app
from ipgd.experiments import demo
from typer.testing import CliRunner

runner = CliRunner()


def test_info_tells_version_instruction_set_and_libraries():
    result = runner.invoke(app, ["info"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    for text in (ipgd.__version__, _core.isa, _core.eigen_version, "OpenMP", "numpy", "threads"):
        assert text in result.output


def test_the_version_is_told():
    result = runner.invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"{ipgd.__version__}\n")


COMMANDS = [command.callback.__name__ for command in app.registered_commands]


def test_there_are_these_commands():
    assert COMMANDS == ["recover", "complete", "sparse", "demo", "bench", "reproduce", "info"]
    listed = runner.invoke(app, ["--help"]).output
    assert all(name in listed for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command):
    result = runner.invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"Usage: ipgd {command} " in " ".join(result.output.split())


@pytest.mark.parametrize("command", ["recover", "complete", "sparse"])
@pytest.mark.parametrize("odd", ["loop", "x" * 300, "folder", "none", "/dev/null", "run.npz/x"])
def test_paths_that_cannot_be_read_or_written_are_refused_in_one_line(tmp_path, command, odd):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "folder").mkdir()
    np.save(tmp_path / "y.npy", np.ones(3))
    (tmp_path / "run.npz").write_bytes(b"precious")
    inputs = [tmp_path / odd] if command == "complete" else [tmp_path / odd, tmp_path / "y.npy"]
    lines = [[command, *inputs, "-o", tmp_path / "run.npz"]]
    if odd != "none":
        good = [tmp_path / "y.npy"] * len(inputs)
        lines.append([command, *good, "-o", tmp_path / odd])
    for line in lines:
        result = runner.invoke(app, list(map(str, line)))
        assert isinstance(result.exception, SystemExit)
        assert result.exit_code == 2
        assert result.output.startswith("error: ")
        assert "Traceback" not in result.output
    assert (tmp_path / "run.npz").read_bytes() == b"precious"


def test_demo_fails_loudly(monkeypatch, tmp_path):
    monkeypatch.setattr(demo, "run", lambda *_: ["case: relative error 1, wanted below 0.1"])
    result = runner.invoke(app, ["demo", "-o", str(tmp_path)])
    assert result.exit_code == 1
    assert "FAILED" in result.output
    monkeypatch.setattr(demo, "run", lambda *_: [])
    assert runner.invoke(app, ["demo", "-o", str(tmp_path)]).exit_code == 0


def test_demo_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(
        ImportError, match=r"the demo needs scikit-learn: pip install 'ipgd\[demo\]'"
    ):
        demo.digits_covariance()


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_command_without_its_extra(monkeypatch, missing):
    for name in [n for n in sys.modules if n == "ipgd.cli" or n.startswith(("ipgd.cli.", missing))]:
        monkeypatch.delitem(sys.modules, name)

    class Blocked:
        def find_spec(self, name, *_):
            if name.split(".")[0] == missing:
                raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr(sys, "meta_path", [Blocked(), *sys.meta_path])
    with pytest.raises(SystemExit, match=rf"needs {missing}: pip install 'ipgd\[cli\]'"):
        ipgd.__main__.main()


def test_a_broken_install_is_not_hidden(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipgd.cli", None)
    with pytest.raises(ModuleNotFoundError, match=r"ipgd\.cli"):
        ipgd.__main__.main()


def test_python_dash_m(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["ipgd", "info"])
    monkeypatch.delitem(sys.modules, "ipgd.__main__")
    with pytest.raises(SystemExit) as end:
        runpy.run_module("ipgd", run_name="__main__")
    assert end.value.code == 0


def test_demo_says_that_its_output_is_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    result = runner.invoke(app, ["demo", "-o", str(tmp_path / "file")], env={"COLUMNS": "400"})
    assert result.exit_code == 2
    assert "--output: expected a folder, or a path where one can be made" in result.output

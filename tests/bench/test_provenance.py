"""What is kept of the machine: facts, no names, no paths."""

import getpass
import importlib
import json
import platform
from pathlib import Path

import ipgd
import numpy as np
import pytest
from ipgd.bench import provenance


def without_threadpoolctl(monkeypatch):
    real = importlib.import_module

    def imported(name):
        if name == "threadpoolctl":
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(provenance.importlib, "import_module", imported)


def test_facts():
    facts = provenance.provenance(3)
    assert facts["threads"] == 3
    assert facts["isa"] == ipgd.build_info().isa
    assert facts["versions"]["ipgd"] == ipgd.__version__
    assert facts["versions"]["numpy"] == np.__version__
    assert facts["cores"] >= 1
    assert facts["cpu"]
    assert facts["blas"]


def test_no_names_and_no_paths():
    text = json.dumps(provenance.provenance(1))
    for private in (platform.node(), str(Path.home()), str(Path.cwd())):
        assert private not in text
    words = {word.strip('",:') for word in text.split()}
    assert getpass.getuser() not in words
    assert not any(value.startswith("/") for value in words)


def test_a_package_that_is_absent_has_no_version(monkeypatch):
    monkeypatch.setattr(provenance, "_PACKAGES", ("numpy", "no-such-package-here"))
    assert provenance.provenance(1)["versions"]["no-such-package-here"] is None


def test_a_system_that_tells_nothing(tmp_path):
    assert provenance.cpu_model(tmp_path / "absent")
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name\t: Some CPU @ 2 GHz\n")
    assert provenance.cpu_model(tmp_path / "cpuinfo") == "Some CPU @ 2 GHz"
    (tmp_path / "cpuinfo").write_text("processor : 0\n")
    assert provenance.cpu_model(tmp_path / "cpuinfo")


def test_blas_without_threadpoolctl(monkeypatch):
    without_threadpoolctl(monkeypatch)
    assert "/" not in provenance.blas()
    with provenance.blas_threads(provenance.cores()) as doubt:
        assert doubt is None
    with provenance.blas_threads(provenance.cores() + 1) as doubt:
        assert "threadpoolctl, which sets it, is not installed" in doubt


def test_blas_gets_the_threads_that_are_asked_for():
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def numbers():
        info = threadpoolctl.threadpool_info()
        return [each["num_threads"] for each in info if each["user_api"] == "blas"]

    before = numbers()
    with provenance.blas_threads(1) as doubt:
        assert doubt is None
        assert set(numbers()) == {1}
    assert numbers() == before

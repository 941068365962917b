"""Instruction-set levels of a build: which there are, and that the lowest runs on every CPU."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ipgd import _core

LIBRARIES = Path(_core.__file__).parent
AVX = re.compile(r"%[yz]mm|\bv(add|mul|mov[au]p|fmadd)", re.ASCII)


def instructions(library):
    """The disassembled text of a library."""
    command = ["objdump", "-d", "--no-show-raw-insn", str(library)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def library(name):
    (found,) = LIBRARIES.glob(f"{name}.*.so")
    return found


@pytest.mark.parametrize("name", ["_v2", "_cpu_features"])
@pytest.mark.skipif(shutil.which("objdump") is None, reason="needs objdump")
def test_what_every_cpu_loads_has_no_avx_instructions(name):
    if "v2" not in _core.built:
        pytest.skip("a build without the baseline")
    assert AVX.search(instructions(library(name))) is None


@pytest.mark.parametrize("level", ["v3", "v4"])
@pytest.mark.skipif(shutil.which("objdump") is None, reason="needs objdump")
def test_the_avx_instructions_of_a_higher_level_are_found(level):
    if level not in _core.built:
        pytest.skip(f"a build without {level}")
    assert AVX.search(instructions(library(f"_{level}")))


def test_a_lesser_cpu_gets_the_best_level_that_it_runs(monkeypatch):
    monkeypatch.delenv("IPGD_ISA", raising=False)
    for usable in (["v2"], ["v2", "v3"]):
        monkeypatch.setattr(_core, "available", usable)
        assert _core._pick() == usable[-1]


@pytest.mark.skipif("IPGD_ISA_LEVELS" not in os.environ, reason="levels were not asked for")
def test_the_levels_asked_for_are_built():
    asked = os.environ["IPGD_ISA_LEVELS"].replace(",", ";")
    expected = "v2;v3;v4" if asked == "all" and "generic" not in _core.built else asked
    assert _core.built == expected.split(";")

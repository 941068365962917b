"""A short slice of each fuzz target with fixed seeds; ``make fuzz`` runs the rest."""

import subprocess
import sys

import pytest

CASES = {"constructors": 150, "solving": 60, "saved": 60, "containers": 60, "limits": 8}


def fuzz(repository, *arguments):
    command = [sys.executable, "-m", "tests.fuzz", *map(str, arguments)]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("target", CASES)
def test_every_case_ends_in_a_result_or_a_documented_error(repository, target):
    done = fuzz(repository, "--target", target, "--seed", 1_000_000, "--cases", CASES[target])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{CASES[target]} cases" in done.stdout

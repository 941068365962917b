"""Problems small enough to be solved many times, and ways to look at them from outside."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import ipgd
import numpy as np
import pytest


@pytest.fixture(scope="session")
def repository():
    """The root of the source tree."""
    root = Path(__file__).resolve().parents[1]
    assert (root / "pyproject.toml").is_file()
    return root


@pytest.fixture(scope="session")
def problem():
    """A few milliseconds to solve; one chunk."""
    return ipgd.matrix_sensing(d=10, rank=2, m=200, rng=0)


@pytest.fixture(scope="session")
def chunked_problem():
    """Eight chunks, so threads really share the work."""
    return ipgd.matrix_sensing(d=40, rank=3, m=1500, rng=1)


@pytest.fixture(scope="session")
def rectangular_problem():
    """Theta = V Wᵀ is 7 x 5 of rank 2."""
    rng = np.random.default_rng(2)
    truth = rng.standard_normal((7, 2)) @ rng.standard_normal((2, 5)) / 4
    operator = ipgd.operators.Dense.gaussian(150, 7, 5, rng=rng)
    return ipgd.Problem(operator, operator.forward(truth), truth)


@pytest.fixture(scope="session")
def same_bits():
    """Assert that two solutions have the same iterate and history, bit for bit."""

    def check(one, other):
        assert (one.status, one.nit, one.fun) == (other.status, other.nit, other.fun)
        for group in ("parameters", "history"):
            left, right = getattr(one, group), getattr(other, group)
            assert list(left) == list(right)
            for name, array in left.items():
                assert array.tobytes() == right[name].tobytes(), f"{group}[{name!r}] differs"

    return check


@pytest.fixture(scope="session")
def run_python():
    """Run a script in a fresh interpreter and return the completed process."""

    def run(code, *, timeout=120, **environment):
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def output_of(run_python):
    """What a script prints; the script has to succeed."""

    def run(code, **settings):
        done = run_python(code, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run

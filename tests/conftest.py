"""Problems small enough to be solved many times, and ways to look at them from outside.

``IPGD_TEST_SEED=1000 pytest`` adds 1000 to every seed of the suite, so that every test meets
another instance. It reaches the tests and the package alike, for both draw from
``np.random.default_rng``. Scripts in an interpreter of their own keep their seeds.
"""

import functools
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import ipgd
import numpy as np
import pytest

# A shell lets its background jobs ignore SIGINT, and then no Ctrl-C would arrive in any test.
signal.signal(signal.SIGINT, signal.default_int_handler)

SEED_OFFSET = int(os.environ.get("IPGD_TEST_SEED", "0"))


def _with_offset(default_rng):
    """The function `default_rng`, with SEED_OFFSET added to seeds given as integers or lists."""

    @functools.wraps(default_rng)
    def shifted(seed=None):
        if isinstance(seed, int | np.integer) and seed >= 0:
            seed = int(seed) + SEED_OFFSET
        elif isinstance(seed, list | tuple):
            seed = [*seed, SEED_OFFSET]
        return default_rng(seed)

    return shifted


_DEFAULT_RNG = np.random.default_rng
if SEED_OFFSET:  # before any test module is imported, since some draw as they are
    np.random.default_rng = _with_offset(np.random.default_rng)


@pytest.fixture(scope="session")
def seed_offset():
    """What is added to every seed: 0, or IPGD_TEST_SEED."""
    return SEED_OFFSET


@pytest.fixture
def seeds_as_given(monkeypatch):
    """No offset, for a test that meets what a stored file has drawn."""
    monkeypatch.setattr(np.random, "default_rng", _DEFAULT_RNG)


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


def _any_problem(name):
    rng = np.random.default_rng(3)
    L, R = (rng.standard_normal((160, 3)) / 8 for _ in range(2))
    if name == "DenseSymmetric":
        return ipgd.matrix_sensing(d=40, rank=3, m=1500, rng=1)
    if name == "Entries":
        operator, truth = ipgd.operators.Entries.uniform(18000, 160, 160, rng=rng), (L, R)
    elif name == "RankOne a a":
        operator, truth = ipgd.operators.RankOne.gaussian(6000, 40, rng=rng), (L[:40], L[:40])
    else:
        operator, truth = ipgd.operators.RankOne.gaussian(6000, 40, 30, rng=rng), (L[:40], R[:30])
    return ipgd.Problem(operator, operator.forward(truth), truth)


@pytest.fixture(scope="session", params=["DenseSymmetric", "Entries", "RankOne a a", "RankOne a b"])
def any_problem(request):
    """One with each kind of operator, large enough that threads share the work."""
    problem = _any_problem(request.param)
    assert not problem.operator._native.is_small
    return problem


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


@pytest.fixture
def untraced():
    """No tracing of this thread, for a test whose signal handler raises.

    Coverage locks its data in Python code. An exception that a signal raises there leaves them
    locked, and the next call waits for ever.
    """
    trace = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(trace)


@pytest.fixture
def ctrl_c(untraced):
    """Press Ctrl-C once a run is on its way: a function for its ``progress`` or ``callback``.

    At the first call, or the first at iteration `begun`, SIGINT is sent from another thread. How
    fast or busy the machine is does not matter, and nothing arrives after the test.
    """
    threads = []

    def arm(*, begun=0):
        def told(iteration, _loss):
            if iteration >= begun and not threads:
                threads.append(threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)))
                threads[0].start()

        return told

    yield arm
    for thread in threads:
        thread.join()


@pytest.fixture(scope="session")
def run_python():
    """Run a script in a fresh interpreter and return the completed process."""

    def run(code, *, timeout=600, **environment):  # for a script that hangs, not for a slow one
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


@pytest.fixture(scope="session")
def noise_of():
    """The noise xi_0, xi_1, ... of a run, as an array of `count` d x k matrices.

    Measured by zero matrices, no step moves anything: the iterates of IPGD+ are the sums of its
    noise. Other runs of the same rng whose init draws nothing have the same noise.
    """

    @functools.cache
    def draw(law, shape, radius, rng, count):
        d, k = shape
        iterates = []
        ipgd.solve(
            ipgd.Problem(ipgd.operators.DenseSymmetric(np.zeros((1, d, d))), [1.0]),
            ipgd.IPGDPlus(radius=radius, step_size=1.0, noise=law),
            parameterization=ipgd.SymmetricFactor(k),
            init=ipgd.init.zeros(),
            max_iter=count,
            record=(),
            callback=lambda now: iterates.append(now.parameters["U"].copy()),
            rng=rng,
        )
        return np.diff(iterates, axis=0)

    return draw

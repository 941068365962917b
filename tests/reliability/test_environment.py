"""A process with little memory, another rounding mode, or more than one interpreter."""

import os
import subprocess
import sys
import textwrap

import pytest

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

# Address space beyond what the process has when it starts to solve on eight threads. A thread takes
# about 8 MiB of it, so that the larger ones leave room for some of the threads.
EXTRA_MIB = (0, 0.5, 1, 2, 5, 11, 20, 30, 120)

WITH_A_LIMIT = """
    import resource, sys
    import ipgd

    def solved(n_threads):
        solution = ipgd.solve(problem, max_iter=20, n_threads=n_threads, rng=0)
        return solution.parameters["U"].tobytes()

    problem = ipgd.matrix_sensing(d=40, rank=3, m=1500, rng=1)
    expected = solved(1)
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    no_limit = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + int(float(sys.argv[1]) * 2**20), no_limit[1]))
    try:
        assert solved(8) == expected
        print("solved")
    except MemoryError:
        print("MemoryError")
    try:
        ipgd.operators.DenseSymmetric.gaussian(20_000, 100)  # 400 MB
    except MemoryError:
        print("MemoryError")
    resource.setrlimit(resource.RLIMIT_AS, no_limit)
    assert solved(8) == expected
    print("solved without the limit")
"""


@linux
def test_a_memory_limit_that_refuses_threads_does_not_end_the_process():
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WITH_A_LIMIT), str(extra)],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for extra in EXTRA_MIB
    ]
    for extra, process in zip(EXTRA_MIB, processes, strict=True):
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, (extra, err)
        solving, allocating, then = out.splitlines()
        assert solving in ("solved", "MemoryError"), extra
        assert allocating == "MemoryError", extra
        assert then == "solved without the limit", extra


@linux
def test_all_threads_round_as_the_caller_does(output_of):
    code = """
        import ctypes, hashlib
        import ipgd

        libm = ctypes.CDLL("libm.so.6")
        nearest = libm.fegetround()
        problem = ipgd.matrix_sensing(d=40, rank=3, m=1500, rng=1)

        def bits(mode, n_threads):
            assert libm.fesetround(mode) == 0
            try:
                solution = ipgd.solve(problem, max_iter=30, n_threads=n_threads, rng=0)
            finally:
                libm.fesetround(nearest)
            return hashlib.sha256(solution.parameters["U"].tobytes()).hexdigest()

        modes = (nearest, 0x400, 0x800, 0xC00)  # to nearest, down, up, towards zero, on x86
        serial = [bits(mode, 1) for mode in modes]
        assert len(set(serial)) == 4  # the modes are felt
        for n_threads in (2, 4, 7):
            assert [bits(mode, n_threads) for mode in modes] == serial
        assert bits(nearest, 4) == serial[0]  # and the pool's own mode is back
        print("same")
    """
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers of the modes are those of x86")
    assert output_of(code).strip() == "same"


def test_a_sub_interpreter_is_refused(output_of):
    code = """
        import sys
        import _xxsubinterpreters as interpreters

        script = "\\n".join((
            "import sys, warnings",
            "warnings.simplefilter('ignore')  # numpy's own",
            f"sys.path[:0] = {sys.path!r}",
            "try:",
            "    import ipgd",
            "except ImportError as error:",
            "    print(error, flush=True)",
        ))
        interpreters.run_string(interpreters.create(), script)
    """
    if sys.version_info >= (3, 13):
        pytest.skip("written for the module of Python 3.11 and 3.12")
    assert "expected the main interpreter, got a sub-interpreter" in output_of(code)

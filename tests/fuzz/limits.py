"""Kills, full disks and too little memory while a run is solved, saved, loaded or completed."""

import os
import resource
import signal
import time
import traceback

import ipgd
import numpy as np

from . import judge, values

_MB = 2**20


def _solution(rng):
    problem = ipgd.matrix_sensing(int(rng.integers(2, 30)), 2, 200, rng=0)
    return ipgd.solve(problem, max_iter=int(rng.integers(1, 30)), rng=0)


def _in_child(work, before=lambda: None):
    """The exit code of a forked process that does this: 0 a documented end, 1 another."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            before()
            judge.outcome(work)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return child


def _exit_code(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _full_disk(rng, folder):
    """No file may grow beyond a few bytes."""
    solution, path = _solution(rng), folder / "run.npz"
    solution.save(path)
    old, limit = path.read_bytes(), int(rng.integers(0, 2 * path.stat().st_size))
    other = _solution(rng)
    yield f"Solution.save with RLIMIT_FSIZE {limit}"
    low = (limit, resource.RLIM_INFINITY)
    child = _in_child(
        lambda: other.save(path), lambda: resource.setrlimit(resource.RLIMIT_FSIZE, low)
    )
    if _exit_code(child):
        raise judge.UnexpectedError("another error than OSError")
    if path.read_bytes() != old:
        assert ipgd.load_solution(path).nit == other.nit
    if os.listdir(folder) != ["run.npz"]:
        raise judge.UnexpectedError(f"left behind: {os.listdir(folder)}")


def _kill(rng, folder):
    """SIGKILL at any moment of a save over a file; the file is the old or the new one."""
    solution, path = _solution(rng), folder / "run.npz"
    solution.save(path)
    delay = float(rng.uniform(0, 0.02))
    yield f"SIGKILL {delay:.4f} s into repeated saves"

    def save_for_ever():
        while True:
            solution.save(path)

    child = _in_child(save_for_ever)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    if _exit_code(child) != -signal.SIGKILL:
        raise judge.UnexpectedError("the process ended by itself")
    assert ipgd.load_solution(path).nit == solution.nit
    solution.save(path)
    if os.listdir(folder) != ["run.npz"]:
        raise judge.UnexpectedError(f"left behind: {os.listdir(folder)}")


def _little_memory(rng, folder):
    """The address space may grow by a few megabytes only."""
    path = folder / "run.npz"
    solution = _solution(rng)
    solution.save(path)
    rows, cols = np.nonzero(np.ones((300, 200)))
    size, room = int(rng.integers(2, 200)), int(rng.integers(0, 64)) * _MB
    m = int(rng.integers(1, 400))
    works = {
        "matrix_sensing and solve": lambda: ipgd.solve(
            ipgd.matrix_sensing(size, 1, m, rng=0), max_iter=3, rng=0
        ),
        "matrix_completion and solve": lambda: ipgd.solve(
            ipgd.MatrixCompletion((rows, cols, 1.0 + rows)), max_iter=3, rng=0
        ),
        "load_solution": lambda: ipgd.load_solution(path).save(folder / "other.npz"),
        "singular values": solution.numerical_rank,
    }
    name = values.choice(rng, sorted(works))
    yield f"{name} with {room // _MB} MB to spare"

    def restrict():
        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + room, resource.RLIM_INFINITY))

    if _exit_code(_in_child(works[name], restrict)):
        raise judge.UnexpectedError("neither a result nor MemoryError")


def case(rng, folder):
    """One of the three."""
    yield from values.choice(rng, (_full_disk, _kill, _little_memory))(rng, folder)

"""Signals during a solve, and the interpreter lock."""

import ctypes
import functools
import json
import os
import pickle
import signal
import threading

import ipgd
import numpy as np
import pytest

CTRL_C = """
    import json, os, signal, threading
    import numpy as np
    import ipgd

    problem, model = PROBLEM
    first = "U" if isinstance(model, ipgd.SymmetricFactor) else "V"
    report = []
    for n_threads in (1, 2, 3):
        begun = threading.Event()

        def press():
            begun.wait()
            os.kill(os.getpid(), signal.SIGINT)

        def told(iteration, loss):
            if iteration > 1:
                begun.set()

        thread = threading.Thread(target=press)
        thread.start()
        try:
            ipgd.solve(problem, ipgd.IPGDPlus(radius=1e-3), parameterization=model, max_iter=10**9,
                       stop=ipgd.Stop(relative_loss=0), record_every=3, n_threads=n_threads, rng=0,
                       progress=told)
        except ipgd.SolveInterrupted as interrupt:
            solution = interrupt.solution
        thread.join()
        again = ipgd.solve(problem, ipgd.IPGDPlus(radius=1e-3), parameterization=model,
                           max_iter=solution.nit, stop=ipgd.Stop(relative_loss=0), record_every=3,
                           n_threads=n_threads, rng=0)
        report.append({
            "status": solution.status,
            "success": solution.success,
            "nit": solution.nit,
            "finite": bool(np.isfinite(solution.parameters[first]).all()),
            "fun": solution.fun,
            "same": solution.parameters[first].tobytes()
            == again.parameters[first].tobytes(),
            "fun_again": again.fun,
            "handler": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        })
    print(json.dumps(report))
"""


INTERRUPTED = {
    "DenseSymmetric": "ipgd.matrix_sensing(d=100, rank=5, m=2500, rng=0), ipgd.SymmetricFactor()",
    "Entries": "ipgd.matrix_completion(2000, 1500, 5, fraction=0.3, rng=0), "
    "ipgd.AsymmetricFactor(10)",
    "RankOne a a": "ipgd.quadratic_regression(200, 5, 10_000, rng=0), ipgd.SymmetricFactor(10)",
    "RankOne a b": "ipgd.Problem(ipgd.operators.RankOne.gaussian(10_000, 200, 150, rng=0), "
    "np.sin(np.arange(1e4))), ipgd.AsymmetricFactor(10)",
}


@pytest.mark.parametrize("problem", INTERRUPTED)
def test_ctrl_c_ends_a_run_with_its_last_iterate(output_of, problem):
    for report in json.loads(output_of(CTRL_C.replace("PROBLEM", INTERRUPTED[problem]))):
        assert report["status"] == "interrupted"
        assert not report["success"]
        assert report["nit"] > 1
        assert report["finite"]
        assert report["same"]
        assert report["fun"] == report["fun_again"]
        assert report["handler"]


def endless(problem, **settings):
    return ipgd.solve(
        problem,
        ipgd.IPGDPlus(radius=1e-3),
        stop=ipgd.Stop(relative_loss=0),
        record=(),
        **({"max_iter": 10**9, "record_every": 10**9} | settings),
    )


@pytest.fixture
def alarm(untraced):
    """Set a handler for SIGALRM; yield what lets it run soon. Everything is put back."""
    old = signal.getsignal(signal.SIGALRM)

    def ring(*_, seconds=0.02):
        signal.setitimer(signal.ITIMER_REAL, seconds)

    def arm(handler):
        signal.signal(signal.SIGALRM, handler)
        return ring

    yield arm
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, old)


def time_is_up(*_):
    raise TimeoutError("time is up")


@pytest.mark.parametrize("n_threads", [1, 2])
def test_what_a_signal_handler_raises_comes_out(problem, alarm, n_threads):
    ring = alarm(time_is_up)
    with pytest.raises(TimeoutError, match="time is up"):
        endless(problem, n_threads=n_threads, callback=ring)  # called at iteration 0 only
    assert ipgd.solve(problem, rng=0).success


def test_a_handler_that_raises_nothing_does_not_end_the_run(problem, alarm):
    rang = []
    ring = alarm(lambda *_: rang.append(True))

    def until(now):
        if now.iteration == 0:
            ring()
        if len(rang) == 1 and now.iteration > 0:
            rang.append(now.iteration)
        elif len(rang) == 2 and now.iteration > rang[1] + 1000:
            raise StopIteration

    solution = endless(problem, callback=until, record_every=100)
    assert solution.status == "callback"
    assert solution.nit > rang[1] + 1000


def test_keyboard_interrupt_from_a_handler_is_a_solve_interrupted(problem, alarm):
    ring = alarm(signal.default_int_handler)
    with pytest.raises(ipgd.SolveInterrupted, match="was interrupted") as caught:
        endless(problem, callback=ring)
    solution = caught.value.solution
    assert solution.status == "interrupted"
    assert np.isfinite(solution.parameters["U"]).all()
    assert np.isfinite(solution.fun)
    assert list(solution.history) == ["iteration"]


@pytest.mark.parametrize(
    "operator",
    [
        ipgd.operators.DenseSymmetric.gaussian(4000, 64, rng=0),
        ipgd.operators.Entries.uniform(4000, 64, 64, rng=0),
        ipgd.operators.RankOne.gaussian(4000, 64, rng=0),
        ipgd.operators.RankOne.gaussian(4000, 64, 64, rng=0),
    ],
    ids=["DenseSymmetric", "Entries", "RankOne a a", "RankOne a b"],
)
def test_a_signal_also_stops_a_single_product(alarm, operator):
    ring = alarm(time_is_up)

    def products():
        ring()
        while True:
            operator.forward(np.eye(64))

    with pytest.raises(TimeoutError, match="time is up"):
        products()
    assert operator.forward(np.eye(64)).shape == (4000,)


def test_other_threads_run_during_a_solve(any_problem, alarm):
    """The lock is released: a thread wakes five times while no Python code of the run is called.

    It then presses Ctrl-C. If the run held the lock, the thread would not wake, and the alarm
    would end the run.
    """
    begun, over = threading.Event(), threading.Event()

    def press():
        begun.wait()
        for _ in range(5):
            if over.wait(0.001):  # to come back from it takes the lock
                return
        os.kill(os.getpid(), signal.SIGINT)

    ring = alarm(time_is_up)
    thread = threading.Thread(target=press)
    thread.start()

    def begin(_now):  # at iteration 0 only
        ring(seconds=60)
        begun.set()

    try:
        with pytest.raises(ipgd.SolveInterrupted):
            endless(any_problem, callback=begin)
    finally:
        over.set()
        begun.set()
        thread.join()


def test_ctrl_c_in_a_progress_function_keeps_the_solution():
    problem = ipgd.matrix_sensing(d=20, rank=1, m=200, rng=0)
    with pytest.raises(ipgd.SolveInterrupted) as caught:
        ipgd.solve(
            problem,
            progress=lambda *_: signal.raise_signal(signal.SIGINT),
            stop=ipgd.Stop(relative_loss=0),
            max_iter=10**9,
        )
    error = caught.value
    assert error.solution.status == "interrupted"
    assert error.solution.history["iteration"][-1] == error.solution.nit
    assert str(error) == f"{error.solution.message} It is the solution of this exception."
    copied = pickle.loads(pickle.dumps(error))
    np.testing.assert_array_equal(copied.solution.theta(), error.solution.theta())


def test_ctrl_c_as_the_run_ends_keeps_the_solution():
    """No Python code runs between the signal and the end, so that nobody else sees it first."""
    send = ctypes.CDLL(None)["raise"]
    send.argtypes = (ctypes.c_int, ctypes.c_long, ctypes.c_double)  # iteration and loss: ignored
    problem = ipgd.matrix_sensing(d=5, rank=1, m=20, rng=0)
    with pytest.raises(ipgd.SolveInterrupted) as caught:
        ipgd.solve(problem, max_iter=1, progress=functools.partial(send, signal.SIGINT))
    assert caught.value.solution.nit == 1
    assert ipgd.solve(problem, max_iter=1).status == "max_iter"


def test_a_progress_function_may_end_the_run():
    def enough(*_):
        raise StopIteration

    problem = ipgd.matrix_sensing(d=20, rank=1, m=200, rng=0)
    assert ipgd.solve(problem, progress=enough).status == "callback"

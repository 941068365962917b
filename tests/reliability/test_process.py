"""Instruction sets, forks and the floating-point environment: what a whole process sees."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ipgd import _core

LIBRARIES = sorted(Path(_core.__file__).parent.glob("*.so"))

VARIANT = """
    import hashlib, json
    import numpy as np
    import ipgd
    from ipgd import _core

    problem = ipgd.matrix_sensing(d=20, rank=2, m=400, rng=0)
    dense = ipgd.operators.Dense.gaussian(50, 9, 4, rng=1)
    entries = ipgd.operators.Entries.uniform(900, 40, 30, rng=2)
    squares = ipgd.operators.RankOne.gaussian(900, 20, rng=3)
    products = ipgd.operators.RankOne.gaussian(900, 20, 15, rng=4)
    drawn = (problem.operator.to_dense(), dense.to_dense(), _core.normals(2**63 + 5, 3, 17, 5000),
             entries.rows, entries.cols, squares.vectors()[0], *products.vectors())
    runs = {}
    for operator in (entries, squares, products):
        L, R = (np.sin(np.outer(np.arange(n), [1.0, 2.0]) + 1) / 4 for n in operator.matrix_shape)
        solution = ipgd.solve(ipgd.Problem(operator, operator.forward((L, L if operator.symmetric
                                                                       else R))),
                              init=ipgd.init.scaled_identity(1e-2), max_iter=50, rng=2)
        runs[repr(operator)] = next(iter(solution.parameters.values())).tolist()
    for method in (ipgd.GD(0.2), ipgd.IPGD(radius=1e-8, step_size=0.2),
                   ipgd.IPGDPlus(radius=1e-6, step_size=0.2)):
        solution = ipgd.solve(problem, method, init=ipgd.init.scaled_identity(1e-2),
                              max_iter=150, rng=2)
        runs[type(method).__name__] = solution.parameters["U"].tolist()
    print(json.dumps({
        "isa": _core.isa,
        "drawn": [hashlib.sha256(a.tobytes()).hexdigest() for a in drawn],
        "y": problem.y.tolist(),
        "runs": runs,
    }))
"""


@pytest.fixture(scope="module")
def variants(output_of):
    return {isa: json.loads(output_of(VARIANT, IPGD_ISA=isa)) for isa in _core.available}


def test_the_variant_asked_for_is_used(variants, output_of):
    assert {isa: got["isa"] for isa, got in variants.items()} == {i: i for i in _core.available}
    isa = _core.available[0]
    code = "from ipgd import _core; print(_core.isa)"
    assert output_of(code, IPGD_ISA=f"x86-64-{isa.upper()}".lower()).strip() == isa
    assert output_of(code, IPGD_ISA=f" {isa.upper()} ").strip() == isa
    assert output_of(code, IPGD_ISA="").strip() == _core.available[-1]


def test_generated_ensembles_have_the_same_bits_in_every_variant(variants):
    assert len({tuple(got["drawn"]) for got in variants.values()}) == 1


def test_variants_agree_to_rounding(variants):
    first = variants[_core.available[0]]
    for got in variants.values():
        assert got["y"] == pytest.approx(first["y"], rel=1e-12, abs=1e-13)
        for name, rows in got["runs"].items():
            U, V = np.array(rows), np.array(first["runs"][name])
            assert np.linalg.norm(U - V) <= 1e-10 * np.linalg.norm(V), name


def test_an_unknown_variant_is_refused_with_the_choices(run_python):
    done = run_python("import ipgd", IPGD_ISA="avx9000")
    assert done.returncode != 0
    choices = ", ".join(_core.available)
    assert f"ImportError: IPGD_ISA: expected one of {choices}" in done.stderr
    assert "got 'avx9000'" in done.stderr


def test_the_choice_of_a_variant(monkeypatch):
    for wanted in (*_core.available, f"x86-64-{_core.available[0]}"):
        monkeypatch.setenv("IPGD_ISA", wanted)
        assert _core._pick() == wanted.removeprefix("x86-64-")
    monkeypatch.setenv("IPGD_ISA", "v9")
    with pytest.raises(ImportError, match=r"IPGD_ISA: expected one of .* got 'v9'"):
        _core._pick()
    monkeypatch.delenv("IPGD_ISA")
    assert _core._pick() == _core.available[-1]
    monkeypatch.setattr(_core, "available", [])
    with pytest.raises(
        ImportError, match=r"none of the built variants of ipgd .* runs on this CPU"
    ):
        _core._pick()


def has_fast_math_start_up(library):
    """GCC's crtfastmath by name, or by what it does: or 0x8040 into MXCSR (FTZ | DAZ)."""
    code = Path(library).read_bytes()
    named = b"set_fast_math" in code or b"crtfastmath" in code
    sets_mxcsr = re.search(
        rb"\x81[\x08-\x0f\x48-\x4f\x88-\x8f].{0,6}\x40\x80\x00\x00", code, re.DOTALL
    )
    return named or sets_mxcsr is not None


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name.split(".")[0])
def test_the_libraries_have_no_fast_math_start_up_code(library):
    assert not has_fast_math_start_up(library)


def test_there_is_a_library_for_every_variant():
    names = {path.name.split(".")[0] for path in LIBRARIES}
    assert names == {"_cpu_features", *(f"_{isa}" for isa in _core.built)}


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++ to make a bad library")
def test_fast_math_start_up_code_would_be_found(tmp_path):
    source = tmp_path / "f.cpp"
    source.write_text("double f(double x) { return x; }\n")
    found = {}
    for flag in ("-O2", "-ffast-math"):
        library = tmp_path / f"lib{flag}.so"
        command = ["g++", "-shared", "-fPIC", flag, "-s", str(source), "-o", str(library)]
        subprocess.run(command, check=True)
        found[flag] = has_fast_math_start_up(library)
    assert found["-O2"] is False
    if b"\x0f\xae" in (tmp_path / "lib-ffast-math.so").read_bytes():  # newer GCCs leave it out
        assert found["-ffast-math"] is True


def test_importing_and_solving_leave_subnormal_numbers_alone(output_of):
    code = """
        import threading
        import numpy as np

        tiny = np.array([5e-324, 1e-310])

        def arithmetic():
            return (tiny * 1.0).tolist(), (tiny + tiny).tolist(), (np.array([3e-308]) / 4).tolist()

        def in_a_thread():
            out = []
            thread = threading.Thread(target=lambda: out.append(arithmetic()))
            thread.start()
            thread.join()
            return out[0]

        before = arithmetic()
        assert before[0] == [5e-324, 1e-310]
        import ipgd
        assert arithmetic() == in_a_thread() == before
        ipgd.solve(ipgd.matrix_sensing(20, 2, 400, rng=0), n_threads=3, max_iter=20)
        assert arithmetic() == in_a_thread() == before
        print("unchanged")
    """
    assert output_of(code).strip() == "unchanged"


def test_nothing_global_is_changed(output_of, tmp_path):
    code = """
        import os, signal, warnings
        import numpy as np

        def state():
            return (dict(os.environ), os.getcwd(), np.geterr(), np.get_printoptions(),
                    signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM),
                    warnings.filters[:], os.umask(0o022), repr(np.random.get_state()))

        os.umask(0o022)
        before = state()
        import ipgd
        problem = ipgd.matrix_sensing(8, 2, 100, rng=0)
        ipgd.solve(problem, n_threads=2, max_iter=50).save(os.environ["SAVE_TO"])
        assert state() == before
        print("unchanged")
    """
    assert output_of(code, SAVE_TO=str(tmp_path / "run.npz")).strip() == "unchanged"


FORK = """
    import os, sys, warnings
    import ipgd

    warnings.simplefilter("ignore", DeprecationWarning)  # fork with threads: on purpose
    problems = (
        ipgd.matrix_sensing(d=40, rank=3, m=1500, rng=1),
        ipgd.matrix_completion(160, 150, 3, fraction=0.75, rng=1),
        ipgd.quadratic_regression(40, 3, 6000, rng=1),
        ipgd.Problem(ipgd.operators.RankOne.gaussian(6000, 40, 30, rng=1), [1.0] * 6000),
    )
    assert not any(problem.operator._native.is_small for problem in problems)

    def run():
        solutions = [
            ipgd.solve(problem, ipgd.IPGDPlus(radius=1e-6), n_threads=3, max_iter=30, rng=0)
            for problem in problems
        ]
        parts = [[*one.parameters.values(), one.history["loss"]] for one in solutions]
        return b"".join(array.tobytes() for part in parts for array in part)

    expected = run()
    for _ in range(3):
        child = os.fork()
        if child == 0:
            os._exit(0 if run() == expected else 7)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0, status
    assert run() == expected
    print("same bits")
"""


def test_a_forked_child_computes_the_same_bits(output_of):
    assert output_of(FORK).strip() == "same bits"


def test_processes_of_multiprocessing_compute_the_same_bits(output_of):
    code = """
        import multiprocessing, warnings
        import ipgd

        warnings.simplefilter("ignore", DeprecationWarning)
        problem = ipgd.matrix_sensing(d=40, rank=3, m=1500, rng=1)

        def run(seed):
            return ipgd.solve(problem, max_iter=20, n_threads=2, rng=seed).parameters["U"].tobytes()

        expected = [run(seed) for seed in range(4)]
        with multiprocessing.get_context("fork").Pool(2) as pool:
            assert pool.map(run, range(4)) == expected
        print("same bits")
    """
    assert output_of(code).strip() == "same bits"


SET_UP = """
import ipgd, sys
tall = ipgd.matrix_sensing(d=20, rank=3, m=30000, rng=0)
wide = ipgd.matrix_sensing(d=300, rank=200, m=5, condition_number=3, rng=0)
solution = ipgd.solve(tall, ipgd.PGD(), max_iter=3, rng=0)
for problem, model in (
    (ipgd.matrix_completion(300, 200, 3, fraction=0.5, rng=0), ipgd.AsymmetricFactor(5)),
    (ipgd.quadratic_regression(60, 3, 8000, rng=0), ipgd.SymmetricFactor(5)),
):
    run = ipgd.solve(problem, parameterization=model, max_iter=3, rng=0)
    print(problem.y.tobytes().hex()[:4000], problem.scale(), run.settings)
    print([block.tobytes().hex() for block in run.parameters.values()])
print(wide.truth.tobytes().hex()[:4000], wide.y.tobytes().hex(), wide.scale(), tall.scale())
print(solution.parameters["U"].tobytes().hex(), solution.settings)
"""


def test_set_up_does_not_depend_on_the_threads_of_blas():
    """Truth, y and "auto" settings, not only the loop."""
    results = {
        subprocess.run(
            [sys.executable, "-c", SET_UP],
            env=os.environ | {"OMP_NUM_THREADS": n, "OPENBLAS_NUM_THREADS": n},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for n in ("1", "2")
    }
    assert len(results) == 1


DAEMON = """
import ipgd, threading
problem = ipgd.matrix_sensing(d=20, rank=1, m=200, rng=0)
begun = threading.Event()
forever = {
    "max_iter": 10**9,
    "stop": ipgd.Stop(relative_loss=0),
    "record_every": 10**9,
    "callback": lambda now: begun.set(),  # at iteration 0; from then on without the interpreter
}
threading.Thread(target=ipgd.solve, args=(problem,), kwargs=forever, daemon=True).start()
begun.wait()
"""


def test_a_daemon_thread_that_solves_does_not_disturb_the_end_of_the_process():
    done = subprocess.run([sys.executable, "-c", DAEMON], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")

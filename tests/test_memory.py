"""How much memory there is, and what is said of what does not fit."""

import ipgd
import numpy as np
import pytest
from ipgd._support import memory as _memory

GIB = 2**30


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine of 8 GiB whose control group is a file of the test."""
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 8 * GIB // 4096}
    limit, used = tmp_path / "memory.max", tmp_path / "memory.current"
    used.write_text("0\n")
    monkeypatch.setattr(_memory.os, "sysconf", sizes.__getitem__)
    monkeypatch.setattr(_memory, "_CGROUPS", ((limit, used),))
    monkeypatch.setattr(_memory, "_MEMINFO", tmp_path / "meminfo")
    (tmp_path / "meminfo").write_text("MemTotal: 8388608 kB\nMemAvailable:    6291456 kB\n")
    return limit


def test_without_a_limit_it_is_that_of_the_machine(machine):
    assert _memory.total_memory() == 8 * GIB


@pytest.mark.parametrize(
    ("text", "total"), [(f"{GIB}\n", GIB), (f"{64 * GIB}\n", 8 * GIB), ("max\n", 8 * GIB)]
)
def test_the_limit_of_a_control_group_counts(machine, text, total):
    machine.write_text(text)
    assert _memory.total_memory() == total


def test_what_is_available_is_what_the_group_and_the_machine_have_left(machine):
    assert _memory.available_memory() == 6 * GIB
    machine.write_text(f"{4 * GIB}\n")
    (machine.parent / "memory.current").write_text(f"{GIB}\n")
    assert _memory.available_memory() == 3 * GIB
    (machine.parent / "memory.current").write_text(f"{5 * GIB}\n")
    assert _memory.available_memory() == 0
    machine.write_text("max\n")
    (machine.parent / "meminfo").unlink()
    assert _memory.available_memory() is None


@pytest.mark.parametrize("error", [ValueError, OSError, AttributeError])
def test_where_the_system_does_not_say_nothing_is_refused(machine, monkeypatch, error):
    def unknown(_):
        raise error("unrecognized configuration name")

    machine.write_text(f"{GIB}\n")
    monkeypatch.setattr(_memory.os, "sysconf", unknown)
    assert _memory.total_memory() is None
    _memory.require_memory("A", 10**30, "everything")


@pytest.mark.parametrize(
    ("nbytes", "text"),
    [
        (1001, "1 kB"),
        (2_340_000, "2.34 MB"),
        (5 * 10**9, "5 GB"),
        (10**12, "1 TB"),
        (3 * 10**15, "3 PB"),
        (7 * 10**18, "7 EB"),
        (10**25, "1e+07 EB"),
    ],
)
def test_what_does_not_fit_is_said_with_its_size(monkeypatch, nbytes, text):
    monkeypatch.setattr(_memory, "total_memory", lambda: 999)
    with pytest.raises(MemoryError) as caught:
        _memory.require_memory("A", nbytes, "ten matrices")
    assert str(caught.value) == f"A: expected what fits in memory (999 B), got ten matrices: {text}"


def test_what_just_fits_is_accepted(monkeypatch):
    monkeypatch.setattr(_memory, "total_memory", lambda: 1000)
    _memory.require_memory("A", 1000, "ten matrices")
    with pytest.raises(MemoryError):
        _memory.require_memory("A", 1001, "ten matrices")


@pytest.mark.parametrize(
    ("dtype", "nbytes"),
    [("float64", "44.8 kB"), ("float32", "25.6 kB"), ("bfloat16", "12.8 kB"), ("int8", "7.2 kB")],
)
def test_operators_are_refused_before_anything_is_allocated(monkeypatch, dtype, nbytes):
    """100 matrices of 55 entries, in rows of whole cache lines."""
    A = np.ones((100, 10, 10))
    monkeypatch.setattr(_memory, "total_memory", lambda: 1000)
    monkeypatch.setattr("ipgd._core.dense", lambda *_: pytest.fail("it was allocated"))
    words = f"m = 100 matrices of 10 x 10 as {dtype}: "
    for make in (
        lambda: ipgd.operators.DenseSymmetric(A, dtype=dtype),
        lambda: ipgd.operators.DenseSymmetric.gaussian(100, 10, rng=0, dtype=dtype),
        lambda: ipgd.matrix_sensing(10, 1, 100, rng=0, dtype=dtype),
    ):
        with pytest.raises(MemoryError) as caught:
            make()
        text = str(caught.value)
        assert text == f"A: expected what fits in memory (1 kB), got {words}{nbytes}"


def test_operators_on_factors_are_refused_before_anything_is_allocated(monkeypatch):
    """100 vectors of 10 and of 15 numbers; 100 entries with row, column and order."""
    X, Y = np.ones((100, 10)), np.ones((100, 5))
    RankOne = ipgd.operators.RankOne
    monkeypatch.setattr(_memory, "total_memory", lambda: 1000)
    monkeypatch.setattr("ipgd._core.rank_one", lambda *_: pytest.fail("it was allocated"))
    monkeypatch.setattr("ipgd._core.entries", lambda *_: pytest.fail("it was allocated"))
    for make, words in (
        (lambda: RankOne(X), "X: {}m = 100 vectors of 10 numbers as float32: 4 kB"),
        (lambda: RankOne.gaussian(100, 10), "X: {}m = 100 vectors of 10 numbers as float32: 4 kB"),
        (lambda: RankOne(X, Y), "X: {}m = 100 vectors of 15 numbers as float32: 6 kB"),
        (
            lambda: RankOne(X, dtype="float64"),
            "X: {}m = 100 vectors of 10 numbers as float64: 8 kB",
        ),
        (
            lambda: ipgd.operators.Entries.uniform(100, 20, 20),
            "m: {}m = 100 entries with their indices: 4.8 kB",
        ),
    ):
        with pytest.raises(MemoryError) as caught:
            make()
        assert str(caught.value) == words.format("expected what fits in memory (1 kB), got ")


def test_operators_on_factors_stay_usable_after_a_refusal(monkeypatch):
    for operator in (
        ipgd.operators.Entries.uniform(30, 9, 8, rng=0),
        ipgd.operators.RankOne.gaussian(30, 9, rng=0),
        ipgd.operators.RankOne.gaussian(30, 9, 8, rng=0),
    ):
        r, factor = np.arange(30.0), np.ones((operator.matrix_shape[1], 2))
        whole = operator.adjoint(r)
        with monkeypatch.context() as small:
            small.setattr(_memory, "total_memory", lambda: 500)
            with pytest.raises(MemoryError, match=r"^adjoint: expected what fits in memory"):
                operator.adjoint(r)
            with pytest.raises(MemoryError, match=r"^adjoint: expected what fits in memory"):
                operator.residual_adjoint(np.ones(operator.matrix_shape), r)
            times = operator.adjoint_times(r, factor)  # forms nothing of that size
        assert times == pytest.approx(whole @ factor, rel=1e-12, abs=1e-12)
        assert np.array_equal(operator.adjoint(r), whole)


def test_a_larger_dtype_is_checked_when_the_data_ask_for_it(monkeypatch):
    """float32 would fit; the data are not float32, and float64 does not fit."""
    monkeypatch.setattr(_memory, "total_memory", lambda: 30_000)
    with pytest.raises(MemoryError, match=r"as float64: 44\.8 kB"):
        ipgd.operators.DenseSymmetric(np.full((100, 10, 10), 0.1))
    assert ipgd.operators.DenseSymmetric(np.ones((100, 10, 10))).storage == "float32"


@pytest.mark.parametrize(("dtype", "size"), [("float64", "4.84e[+]06"), ("int8", "6.04e[+]05")])
def test_sizes_beyond_the_address_space_are_refused_too(dtype, size):
    """2^40 matrices of 2^39 entries."""
    with pytest.raises(MemoryError, match=rf"1048576 x 1048576 as {dtype}: {size} EB$"):
        ipgd.operators.DenseSymmetric.gaussian(2**40, 2**20, dtype=dtype)
    with pytest.raises(MemoryError, match=r"16777216 x 65536 as int8: "):
        ipgd.operators.Dense.gaussian(2**24, 2**24, 2**16, dtype="int8")


@pytest.mark.parametrize(
    ("method", "vectors"), [(ipgd.GD(), 8.6), (ipgd.AcceleratedGD(), 10.85), (ipgd.PGD(), 10.85)]
)
def test_a_run_whose_results_do_not_fit_is_refused(monkeypatch, problem, method, vectors):
    """They count in vectors of the 100 parameters."""
    needed = int(vectors * 8 * 100)
    monkeypatch.setattr(_memory, "total_memory", lambda: needed - 1)
    with pytest.raises(MemoryError, match=r"^search_rank: .* vectors of 100 parameters: "):
        ipgd.solve(problem, method, max_iter=1, gram=False, rng=0)
    monkeypatch.setattr(_memory, "total_memory", lambda: needed)
    assert ipgd.solve(problem, method, max_iter=1, gram=False, rng=0).nit == 1

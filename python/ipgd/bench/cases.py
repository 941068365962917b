"""The cases of the suite."""

from __future__ import annotations

from collections.abc import Sequence

from .case import Case
from .claims import Claim

LOOPS = ("numpy", "torch", "jax")
GEMMS = ("numpy gemm", "torch gemm")


def _step(
    name: str, d: int, target: float, bound: float, words: str, dtype: str, **settings: str
) -> Case:
    """One run against the loops of numpy, torch and jax, with packed numpy beside them."""
    precision = settings.get("peer_dtype", "float64")
    return Case(
        name=f"{name}-{d}",
        kind="step",
        sentence=f"{words}: a step at d = {d} against the best {precision} peer.",
        d=d,
        dtype=dtype,
        peers=(*LOOPS, "numpy packed"),
        claims=(
            Claim(f"best {precision} peer / ipgd", LOOPS, "ipgd", target, bound),
            Claim("numpy packed / ipgd", ("numpy packed",), "ipgd"),
        ),
        **settings,  # type: ignore[arg-type]
    )


def _roof(d: int) -> Case:
    return Case(
        name=f"roof-{d}",
        kind="roof",
        sentence=f"A whole step at d = {d} takes hardly longer than reading A once.",
        d=d,
        claims=(
            Claim("read once / step", ("read",), "ipgd", 0.9, 1),
            Claim("read once / bare pass", ("read",), "ipgd pass", None, 1),
        ),
    )


def _determinism(d: int) -> Case:
    return Case(
        name=f"determinism-{d}",
        kind="determinism",
        sentence=f"The same bits for any number of threads cost next to nothing, d = {d}.",
        d=d,
        claims=(
            Claim(
                "fixed chunks / one accumulator per thread",
                ("fixed chunks",),
                "per-thread sums",
                1.03,
                1,
                at_least=False,
            ),
        ),
    )


_FLOAT32_SUMS = {"sums": "float32", "peer_dtype": "float32"}

CASES: tuple[Case, ...] = (
    _step("float64", 100, 3.5, 4, "float64 storage", "float64"),
    _step("float64", 200, 3.3, 4, "float64 storage", "float64"),
    _step("float32", 100, 6, 8, "float32 storage, float64 sums", "float32", sums="float64"),
    _step("float32", 200, 6, 8, "float32 storage, float64 sums", "float32", sums="float64"),
    _step("float32-throughout", 100, 3.3, 4, "float32 throughout", "float32", **_FLOAT32_SUMS),
    _step("float32-throughout", 200, 3.3, 4, "float32 throughout", "float32", **_FLOAT32_SUMS),
    _step("bfloat16", 200, 10, 16, "bfloat16 storage", "bfloat16"),
    _step("int8", 200, 18, 32, "int8 storage", "int8"),
    _roof(100),
    _roof(200),
    _roof(400),
    Case(
        name="batch-16",
        kind="step",
        sentence="16 runs at d = 100 share each pass: time per run and step.",
        d=100,
        batch=16,
        peers=(*LOOPS, *GEMMS),
        claims=(
            Claim("loop of the best peer / ipgd", LOOPS, "ipgd", 20),
            Claim("best peer that batches by gemm / ipgd", GEMMS, "ipgd", 1.6, 2),
        ),
    ),
    Case(
        name="batch-64",
        kind="flops",
        sentence="64 runs at d = 100 compute at the rate of dgemm (4 m p flops per run and step).",
        d=100,
        batch=64,
        claims=(
            Claim("flop rate of a step / dgemm", ("dgemm",), "ipgd", 0.75, 1),
            Claim("flop rate of the bare pass / dgemm", ("dgemm",), "ipgd pass", 0.75, 1),
        ),
    ),
    Case(
        name="small",
        kind="step",
        sentence="d = 20, m = 400, search rank 4, 10 000 iterations with the Gram: one run.",
        d=20,
        m=400,
        search_rank=4,
        rank=2,
        gram=True,
        steps=10_000,
        peers=("numpy", "numpy packed"),
        claims=(
            Claim("numpy loop / ipgd", ("numpy",), "ipgd", 8),
            Claim("numpy packed / ipgd", ("numpy packed",), "ipgd"),
        ),
    ),
    Case(
        name="small-batch",
        kind="step",
        sentence="d = 20, m = 400, search rank 4, 10 000 iterations with the Gram: 64 runs.",
        d=20,
        m=400,
        search_rank=4,
        rank=2,
        gram=True,
        steps=10_000,
        batch=64,
        peers=("numpy",),
        claims=(Claim("64 numpy loops / ipgd", ("numpy",), "ipgd", 25),),
    ),
    Case(
        name="completion",
        kind="completion",
        sentence="10^7 entries of a 10^5 x 10^5 matrix, rank 10: a step beside scipy.sparse.",
        d=100_000,
        m=10_000_000,
        search_rank=10,
        rank=10,
        claims=(Claim("scipy.sparse + numpy / ipgd", ("scipy.sparse + numpy",), "ipgd", 5),),
    ),
    Case(
        name="rank-one",
        kind="rank one",
        sentence="20 000 quadratic measurements at d = 1000, rank 10: a step beside two gemms.",
        d=1000,
        m=20_000,
        search_rank=10,
        rank=10,
        claims=(
            Claim("numpy / ipgd", ("numpy",), "ipgd", 1.6),
            Claim("numpy / ipgd, float32 storage", ("numpy",), "ipgd, float32 storage"),
        ),
    ),
    Case(
        name="compression",
        kind="compression",
        sentence="A deep model of depth 3 on a fifth of the entries at d = 1000, and compressed.",
        d=1000,
        m=200_000,
        rank=5,
        claims=(Claim("full / compressed", ("full",), "compressed", 5),),
    ),
    _determinism(100),
    _determinism(200),
    Case(
        name="recording",
        kind="recording",
        sentence="Loss, errors, signal, residual and deviation rate of every tenth iteration at "
        "d = 100: CPU time on one thread with and without.",
        d=100,
        steps=200,
        claims=(
            Claim("recording / nothing recorded", ("recording",), "ipgd", 1.05, 1, at_least=False),
        ),
    ),
    Case(
        name="interrupt",
        kind="interrupt",
        sentence="Ctrl-C ends a run within 100 ms, whatever the operator (the slowest of a round).",
        d=100,
        claims=tuple(
            Claim(f"{name}: answer / 100 ms", (name,), "100 ms", 1, at_least=False)
            for name in ("dense", "entries", "rank one")
        ),
    ),
    Case(
        name="growth",
        kind="growth",
        sentence="The time of a step is linear in m p.",
        d=400,
        dtype="float32",
        sums="float64",
        values=tuple(range(50, 401, 25)),
        claims=(Claim("R² of a straight line in m p", (), "ipgd", 0.99, 1),),
    ),
    Case(
        name="dimensions",
        kind="dimensions",
        sentence="The time of a step against d, for every storage and every peer.",
        d=200,
        peers=(*LOOPS, "numpy packed"),
        values=(25, 50, 75, 100, 150, 200),
    ),
    Case(
        name="threads",
        kind="threads",
        sentence="The time of a step at d = 200 against the number of threads.",
        d=200,
    ),
    Case(
        name="batch-sizes",
        kind="batch sizes",
        sentence="The time per run and step at d = 100 against the number of runs in a batch.",
        d=100,
        values=(1, 2, 4, 8, 16, 32, 64),
    ),
    Case(
        name="instruction-sets",
        kind="instruction sets",
        sentence="The bare pass at d = 200 in every instruction set that this CPU runs.",
        d=200,
    ),
    Case(
        name="instruction-sets-batch",
        kind="instruction sets",
        sentence="The bare pass of 16 runs at d = 100 in every instruction set of this CPU.",
        d=100,
        batch=16,
    ),
)


def find(names: Sequence[str] | None = None) -> list[Case]:
    """The cases of these names, in the order of the suite; all of them if none is given.

    Raises
    ------
    ValueError
        If there is no case of a name; it lists those that there are.
    """
    known = [case.name for case in CASES]
    for name in names or ():
        if name not in known:
            raise ValueError(f"case: expected one of {', '.join(known)}, got {name!r}")
    return [case for case in CASES if not names or case.name in names]

"""A case: one measurement and what it is to show, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..operators import STORAGE_BYTES
from .claims import Claim

Kind: TypeAlias = Literal[
    "step",
    "roof",
    "flops",
    "determinism",
    "recording",
    "growth",
    "dimensions",
    "threads",
    "batch sizes",
    "instruction sets",
    "completion",
    "rank one",
    "compression",
    "interrupt",
]


@dataclass(frozen=True)
class Case:
    """One measurement and what it is to show.

    Attributes
    ----------
    name : str
    kind : str
        What is measured: see ``ipgd.bench.suite``.
    sentence : str
        The claim in words.
    d : int
        Theta is d x d.
    m : int or None
        Measurements; None: 25 d.
    search_rank : int or None
        Columns of U; None: d.
    rank : int
        Of the truth.
    dtype, sums : str, str or None
        Storage of our measurement matrices, precision of our sums.
    batch : int
        Runs that share a pass.
    gram : bool
        Whether ours uses R of A = QR.
    steps : int or None
        Steps of one inner run; None: as many as fill it.
    peers : tuple of str
        Names in ``ipgd.bench.peers.PEERS``.
    peer_dtype : str
        In which the peers compute.
    values : tuple of int
        What a sweep goes through.
    claims : tuple of Claim
    """

    name: str
    kind: Kind
    sentence: str
    d: int
    m: int | None = None
    search_rank: int | None = None
    rank: int = 5
    dtype: str = "float64"
    sums: str | None = None
    batch: int = 1
    gram: bool = False
    steps: int | None = None
    peers: tuple[str, ...] = ()
    peer_dtype: str = "float64"
    values: tuple[int, ...] = ()
    claims: tuple[Claim, ...] = ()

    @property
    def measurements(self) -> int:
        """Number of measurements m."""
        return 25 * self.d if self.m is None else self.m

    @property
    def columns(self) -> int:
        """Columns of U."""
        return self.d if self.search_rank is None else self.search_rank

    @property
    def entries(self) -> int:
        """Free entries p = d (d + 1) / 2 of a symmetric matrix."""
        return self.d * (self.d + 1) // 2

    @property
    def storage_bytes(self) -> int:
        """Bytes of our measurement matrices, but for the padding of rows."""
        if self.kind in ("completion", "compression"):
            return 4 * self.measurements
        if self.kind == "rank one":
            return self.measurements * self.d * STORAGE_BYTES[self.dtype]
        return self.measurements * self.entries * STORAGE_BYTES[self.dtype]

    @property
    def memory(self) -> int:
        """Bytes that our and the peers' copies of A need at once."""
        if self.kind == "completion":  # indices, y and residuals, theirs and ours; factors
            return 150 * self.measurements + 8 * 30 * self.d * self.columns
        if self.kind == "compression":  # iterates, gradient, scratch: some dozen square layers
            return 150 * self.measurements + 8 * 40 * self.d**2
        if self.kind == "interrupt":  # the dense one; entries and vectors take less
            return 2 * self.storage_bytes
        if self.kind == "rank one":
            return (8 + 8 + 4) * self.measurements * self.d
        width = STORAGE_BYTES[self.peer_dtype]
        unpacked = self.measurements * self.d**2 * width
        copies = any("packed" not in peer for peer in self.peers) + ("jax" in self.peers)
        packed = self.measurements * self.entries * width * ("numpy packed" in self.peers)
        ours = self.storage_bytes
        if self.kind == "dimensions":
            ours = self.measurements * self.entries * sum(STORAGE_BYTES.values())
        return ours + copies * unpacked + packed

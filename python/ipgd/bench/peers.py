"""The peers: what a user would write instead, each doing the same full step.

    r = A vec(U Uᵀ) - y,    G = sum_i r_i A_i,    U <- U - eta/m G U

on the usual array A of shape (m, d * d). "packed" keeps lower triangles only, the best that numpy
can do. "gemm" advances many runs at once by one matrix product with A each way. Automatic
differentiation is off, since it would only slow the peers down.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from .workload import Array, Workload

# steps -> the factors after so many steps from the start, (batch, d, k)
Advance: TypeAlias = Callable[[int], Array]


def numpy_loop(work: Workload) -> Advance:
    """BLAS on the reshaped array, one run."""
    A, y, start, rate = _inputs(work)
    d = work.d

    def advance(steps: int) -> Array:
        U: Array = start[0]
        for _ in range(steps):
            r = A @ (U @ U.T).reshape(-1) - y
            G = (r @ A).reshape(d, d)
            U = U - rate * (G @ U)
        return U[None]

    return advance


def numpy_packed(work: Workload) -> Advance:
    """Half of the array: <A_i, Theta> from lower triangles, off-diagonal entries counted twice."""
    d = work.d
    rows, columns = np.tril_indices(d)
    lower, upper = rows * d + columns, columns * d + rows
    weights = np.where(rows == columns, 1, 2).astype(work.dtype)
    A, y = work.packed, work.y
    start, rate = work.starts.astype(work.dtype), _rate(work)

    def advance(steps: int) -> Array:
        U: Array = start[0]
        G = np.empty(d * d, dtype=A.dtype)
        for _ in range(steps):
            r = A @ (weights * (U @ U.T).reshape(-1)[lower]) - y
            G[lower] = g = r @ A
            G[upper] = g
            U = U - rate * (G.reshape(d, d) @ U)
        return U[None]

    return advance


def numpy_gemm(work: Workload) -> Advance:
    """All runs at once: A times (d * d, K), then Aᵀ times (m, K).

    Of the ways to write the two products this is the fastest in OpenBLAS; (K, m) times A takes
    three times as long (K = 16, d = 100; November 2026).
    """
    A, y, start, rate = _inputs(work)
    K, d, _ = start.shape

    def advance(steps: int) -> Array:
        U = start
        for _ in range(steps):
            R = A @ (U @ U.transpose(0, 2, 1)).reshape(K, -1).T - y[:, None]
            G = (A.T @ R).T.reshape(K, d, d)
            U = U - rate * (G @ U)
        return U

    return advance


def torch_loop(work: Workload) -> Advance:  # pragma: no cover (needs torch)
    """``torch.mv`` on the reshaped array, one run, without autograd."""
    torch, A, y, start, rate = _torch_inputs(work)
    d = work.d

    def advance(steps: int) -> Array:
        with torch.inference_mode():
            U = start[0]
            for _ in range(steps):
                r = torch.mv(A, (U @ U.T).reshape(-1)) - y
                G = torch.mv(A.T, r).reshape(d, d)
                U = U - rate * (G @ U)
        result: Array = U.numpy()[None]
        return result

    return advance


def torch_gemm(work: Workload) -> Advance:  # pragma: no cover (needs torch)
    """All runs at once in torch: (K, d * d) times Aᵀ, then (K, m) times A, its fastest way."""
    torch, A, y, start, rate = _torch_inputs(work)
    K, d, _ = start.shape

    def advance(steps: int) -> Array:
        with torch.inference_mode():
            U = start
            for _ in range(steps):
                R = A @ (U @ U.transpose(1, 2)).reshape(K, -1).T - y[:, None]
                G = (R.T @ A).reshape(K, d, d)
                U = U - rate * (G @ U)
        result: Array = U.numpy()
        return result

    return advance


def jax_loop(work: Workload) -> Advance:  # pragma: no cover (needs jax)
    """A compiled step that reuses U's memory, one run."""
    jax: Any = importlib.import_module("jax")
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    A, y, start, rate = _inputs(work)
    d = work.d
    A, y = jax.numpy.asarray(A), jax.numpy.asarray(y)

    def step(U: Any, A: Any, y: Any) -> Any:
        r = A @ (U @ U.T).reshape(-1) - y
        G = (r @ A).reshape(d, d)
        return U - rate * (G @ U)

    compiled = jax.jit(step, donate_argnums=0)

    def advance(steps: int) -> Array:
        U = jax.numpy.array(start[0])  # a copy, because the step reuses its memory
        for _ in range(steps):
            U = compiled(U, A, y)
        return np.asarray(U.block_until_ready())[None]

    return advance


def _rate(work: Workload) -> float:
    return work.step_size / work.measurements


def _inputs(work: Workload) -> tuple[Array, Array, Array, float]:
    """A, y, starts and eta/m in the peers' precision (a Python float does not widen float32)."""
    return work.unpacked, work.y, work.starts.astype(work.dtype), _rate(work)


def _torch_inputs(
    work: Workload,
) -> tuple[Any, Any, Any, Any, float]:  # pragma: no cover (needs torch)
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(work.n_threads)
    A, y, start, rate = _inputs(work)
    return torch, torch.from_numpy(A), torch.from_numpy(y), torch.from_numpy(start), rate


@dataclass(frozen=True)
class Peer:
    """A peer, the library it needs, and whether one call advances a whole batch."""

    name: str
    library: str
    make: Callable[[Workload], Advance]
    batched: bool = False


PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer("numpy", "numpy", numpy_loop),
        Peer("torch", "torch", torch_loop),
        Peer("jax", "jax", jax_loop),
        Peer("numpy packed", "numpy", numpy_packed),
        Peer("numpy gemm", "numpy", numpy_gemm, batched=True),
        Peer("torch gemm", "torch", torch_gemm, batched=True),
    )
}


def available(names: Sequence[str]) -> tuple[list[Peer], list[str]]:
    """The peers whose library can be imported, and a sentence for each library that cannot."""
    missing: dict[str, str] = {}
    for library in dict.fromkeys(PEERS[name].library for name in names):
        try:
            importlib.import_module(library)
        except ImportError as error:
            absent = isinstance(error, ModuleNotFoundError) and error.name == library
            reason = "it is not installed" if absent else f"it cannot be imported ({error.name})"
            missing[library] = f"{library} is left out: {reason}"
    found = [PEERS[name] for name in names if PEERS[name].library not in missing]
    return found, list(missing.values())

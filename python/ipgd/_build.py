"""What the compiled core is and what it runs on."""

from __future__ import annotations

from dataclasses import dataclass

from . import _core


@dataclass(frozen=True)
class BuildInfo:
    """Facts about the compiled core.

    Attributes
    ----------
    isa : str
        The instruction-set variant in use: ``v2``, ``v3``, ``v4`` (x86-64 levels) or ``generic``.
    isa_usable, isa_built : tuple of str
        Variants in the package that this CPU can run; all variants in the package.
    threads : int
        Threads used when ``n_threads`` is not given.
    openmp : bool
    compiler, eigen : str
    """

    isa: str
    isa_usable: tuple[str, ...]
    isa_built: tuple[str, ...]
    threads: int
    openmp: bool
    compiler: str
    eigen: str


def build_info() -> BuildInfo:
    """Describe the compiled core."""
    return BuildInfo(
        isa=_core.isa,
        isa_usable=tuple(_core.available),
        isa_built=tuple(_core.built),
        threads=_core.default_threads(),
        openmp=_core.has_openmp,
        compiler=_core.compiler,
        eigen=_core.eigen_version,
    )

"""Solutions: where a run ended, why, and how it got there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from . import losses
from ._support.archive import BROKEN, Archive
from ._support.history import History
from ._support.html import table
from ._support.memory import require_memory
from ._support.saved import SOLUTION, require_history, require_settings
from ._support.state import COUNT, State, require_fields
from ._support.validate import Array, number
from .files import atomic_write, check_readable, check_writable
from .parameterizations import from_settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .analysis import Phases

_FORMAT, _BEFORE = "ipgd-solution-3", "ipgd-solution-2"
_LARGEST_SAVED = 2**24  # numbers of Theta, 128 MB


@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """The result of :func:`ipgd.solve`.

    Attributes
    ----------
    parameters : dict of str to ndarray
        The blocks of the parameterization, e.g. ``{"U": (d, k)}`` or ``{"V": ..., "W": ...}``;
        ``{"Theta": (d1, d2)}`` of the methods in :mod:`ipgd.baselines`.
    success : bool
        True when a stopping rule held; false when the budget ran out or the run was broken off.
    status : str
        ``relative_loss``, ``gradient_norm``, ``second_order``, ``stuck``, ``singular``,
        ``max_iter``, ``diverged``, ``callback`` or ``interrupted``; of the baselines
        also ``duality_gap`` and ``settled``.
    message : str
        What that means and what to do about it.
    nit : int
        Iterations done.
    fun : float
        The loss f at the end.
    gradient_norm : float
        ||grad f|| at the end.
    train_error : float
        ||A(Theta) - y|| / ||y|| at the end.
    history : dict of str to ndarray
        ``"iteration"`` and one array per recorded quantity, first axis: record.
    settings : dict
        What was run: parameterization, algorithm with its resolved numbers, operator with its
        matrix shape, instruction set, what was recorded. For :func:`ipgd.resume` it also holds the
        algorithm as it was ``given``, the ``estimates`` behind its "auto" settings, the ``keys`` of
        its random numbers, and the ``fingerprint`` of y and A.
    perturbations : int
        How many times noise was added.
    state : State or None
        Where the run stood, for :func:`ipgd.resume`. None where there is nothing to resume: after
        ``diverged``, ``singular`` and ``second_order``, for an algorithm that is not one of ipgd's,
        and for the methods in :mod:`ipgd.baselines`.
    """

    parameters: dict[str, Array]
    success: bool
    status: str
    message: str
    nit: int
    fun: float
    gradient_norm: float
    train_error: float
    history: dict[str, np.ndarray[Any, Any]]
    settings: dict[str, Any] = field(default_factory=dict)
    perturbations: int = 0
    state: State | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "history", History(self.history))

    def factors(self) -> tuple[Array, Array]:
        """L (d1 x k) and R (d2 x k) of the recovered matrix Theta = L Rᵀ.

        U and U, or V and W. For other models these are Theta and the identity.
        """
        match self.parameters:
            case {"U": U}:
                return U, U
            case {"V": V, "W": W}:
                return V, W
        theta = self.theta()
        return theta, np.eye(theta.shape[1])

    @property
    def matrix_shape(self) -> tuple[int, int]:
        """``(d1, d2)``."""
        if "Theta" in self.parameters:
            d1, d2 = self.parameters["Theta"].shape
        else:
            d1, d2 = self.settings["operator"]["matrix_shape"]
        return d1, d2

    def theta(self) -> Array:
        """The recovered matrix, (d1, d2); a vector is a column, (d, 1): see :meth:`vector`.

        Raises
        ------
        MemoryError
            If it would not fit in memory; its :meth:`factors` do.
        """
        if "Theta" in self.parameters:
            return self.parameters["Theta"].copy()
        d1, d2 = self.matrix_shape
        require_memory("theta", 8 * d1 * d2, f"a {d1} x {d2} matrix")
        model = from_settings(self.settings["parameterization"]).model(d1, d2)
        flat = np.concatenate([block.reshape(-1) for block in self.parameters.values()])
        return model.assemble(flat)

    def vector(self) -> Array:
        """The recovered vector, (d,), of a problem on d x 1 matrices.

        Numpy spreads the column ``theta()`` against y of shape (m,) to a matrix of m rows, without
        an error; a vector it does not.

        Raises
        ------
        ValueError
            If Theta is no column.
        """
        d1, d2 = self.matrix_shape
        if d2 != 1:
            raise ValueError(
                f"vector: expected a solution on d x 1 matrices, got one of {d1} x {d2}; theta() "
                "is the matrix"
            )
        return self.theta().reshape(-1)

    def numerical_rank(self, tolerance: float = 1e-2) -> int:
        """Number of singular values of Theta (by LAPACK) above `tolerance` times the largest."""
        tolerance = number("tolerance", tolerance, positive=False)
        if self.parameters.keys() in ({"U"}, {"V", "W"}):
            # The singular values of L Rᵀ are those of R_L R_Rᵀ.
            L, R = (np.asarray(np.linalg.qr(factor, mode="r")) for factor in self.factors())
            sigma = np.linalg.svd(L @ R.T, compute_uv=False)
        else:
            sigma = np.linalg.svd(self.theta(), compute_uv=False)
        return int(np.count_nonzero(sigma > tolerance * sigma[0]))

    @property
    def is_vector(self) -> bool:
        """True when Theta is d x 1."""
        return bool(self.settings["operator"]["matrix_shape"][1] == 1)

    def numerical_sparsity(self, tolerance: float = 1e-2) -> int:
        """Number of entries of Theta above `tolerance` times the largest, in absolute value."""
        tolerance = number("tolerance", tolerance, positive=False)
        sizes = np.abs(self.theta())
        return int(np.count_nonzero(sizes > tolerance * sizes.max()))

    def __repr__(self) -> str:
        tested = "test_error" in self.history and len(self.history["test_error"])
        blocks = ", ".join(f"{n} {a.shape[0]} x {a.shape[1]}" for n, a in self.parameters.items())
        lines = [
            f"     status: {self.status} ({'success' if self.success else 'no success'})",
            f"    message: {self.message}",
            f"        nit: {self.nit}",
            f"        fun: {self.fun:.6g}",
            f"train_error: {self.train_error:.3g}",
            *([f" test_error: {self.history['test_error'][-1]:.3g}"] if tested else []),
            f" parameters: {blocks}",
            f"    history: {', '.join(self.history)} ({len(self.history['iteration'])} records)",
        ]
        if {"algorithm", "parameterization", "operator"} <= self.settings.keys():
            lines.append(f"        run: {self._what_was_run()}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        pairs = (line.split(":", 1) for line in repr(self).splitlines())
        return table("Solution", {name.strip(): text.strip() for name, text in pairs})

    def plot(self, *, marks: Mapping[str, int] | Phases | None = None, title: str = "") -> Figure:
        """Draw all that was recorded: :func:`ipgd.plots.overview`.

        Parameters
        ----------
        marks : mapping of str to int, or ipgd.analysis.Phases, optional
            Iterations to be marked, by their names. Default: the saddles that the run visited.
        title : str

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ValueError
            If nothing was recorded that can be drawn.
        ImportError
            If matplotlib is not installed.
        """
        from .plots import overview  # noqa: PLC0415

        return overview(self, marks=marks, title=title)

    def _what_was_run(self) -> str:
        """Methods, storage and instruction set in one line."""
        names = (self.settings[part]["name"] for part in ("algorithm", "parameterization"))
        operator = self.settings["operator"]
        gram = ", R of A = QR" if operator.get("gram") else ""
        isa = f", {self.settings['isa']}" if "isa" in self.settings else ""
        return f"{' on '.join(names)}; {operator['name']} ({operator['storage']}{gram}){isa}"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything, and Theta itself as ``theta``, to a .npz file that numpy opens.

        :func:`ipgd.resume` goes on from the file as it does from the solution. A Theta of more than
        2**24 numbers is left out; its factors are in the file.

        The file is written whole or not at all, holds no pickles, and carries a checksum.

        Raises
        ------
        OSError
            If `path` cannot be written; nothing is left behind.
        """
        target = check_writable("path", path)
        d1, d2 = self.matrix_shape
        arrays: dict[str, np.ndarray[Any, Any]] = {}
        if d1 * d2 <= _LARGEST_SAVED:
            arrays["theta"] = self.theta()
        arrays |= {f"parameters/{name}": a for name, a in self.parameters.items()}
        arrays |= {f"history/{name}": a for name, a in self.history.items()}
        about = {name: getattr(self, name) for name in _ABOUT} | {"format": _FORMAT}
        about["state"] = None if self.state is None else self.state.about()
        if self.state is not None:
            arrays |= {f"state/{name}": a for name, a in self.state.arrays().items()}
        text = json.dumps(about)
        arrays |= {"about": np.array(text), "sha256": np.array(_digest(arrays, text))}
        with atomic_write(target) as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


_GROUPS = ("parameters", "history", "state")
_ABOUT = tuple(f.name for f in fields(Solution) if f.name not in _GROUPS)


def _digest(arrays: Mapping[str, np.ndarray[Any, Any]], about: str) -> str:
    """A checksum over names, shapes and bytes of the arrays and over the text beside them."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return _checksum(
        about,
        ((name, a.shape, a.dtype.str, [a.tobytes()]) for name, a in sorted(contiguous.items())),
    )


def _checksum(
    about: str, arrays: Iterable[tuple[str, tuple[int, ...], str, Iterable[bytes]]]
) -> str:
    """The checksum of the text and of each array's name, shape, type and bytes, by name."""
    digest = hashlib.sha256(about.encode())
    for name, shape, dtype, blocks in arrays:
        digest.update(f"{name} {shape} {dtype}".encode())
        for block in blocks:
            digest.update(block)
    return digest.hexdigest()


def load_solution(path: str | os.PathLike[str]) -> Solution:
    """Read what :meth:`Solution.save` wrote.

    The sizes that the file declares are compared with its length and with the free memory, and its
    checksum is verified, before an array is allocated.

    Raises
    ------
    OSError
        If there is no such file or it cannot be read.
    ValueError
        If the file is not a solution or is truncated, if its checksum is wrong, or if it holds a
        number that no run can have.
    MemoryError
        If its arrays do not fit in the free memory.
    """
    expected = "a whole file written by Solution.save"
    source = check_readable("path", path, expected)
    with source.open("rb") as file:
        try:
            archive = Archive(file)
            archive.require_room("path")
            return _restored(*_read(archive))
        except BROKEN as error:
            raise ValueError(f"path: expected {expected}, got {str(source)!r} ({error})") from None


def _restored(about: dict[str, Any], arrays: dict[str, np.ndarray[Any, Any]]) -> Solution:
    """Build the solution; raise ValueError for fields or arrays that no run can have left."""
    groups: dict[str, dict[str, Any]] = {name: {} for name in _GROUPS}
    for path, array in arrays.items():
        group, _, name = path.partition("/")
        groups[group][name] = array
    require_fields("a solution", about, SOLUTION)
    settings, parameters, history = about["settings"], groups["parameters"], groups["history"]
    _require_blocks(settings, parameters)
    require_history(history, about["nit"])
    require_settings(settings, history)
    losses.from_settings(settings.get("loss"))  # raises where it is none
    written, state = about.pop("state"), None
    if written is not None:
        size = sum(block.size for block in parameters.values())
        state = State.of(written, groups["state"], size)
        if state.iteration - about["nit"] not in (0, 1):
            raise ValueError(
                f"a state in iteration {state.iteration} of a solution of iteration {about['nit']}"
            )
    return Solution(parameters=parameters, history=history, state=state, **about)


def _require_blocks(settings: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Raise ValueError unless these are the blocks of the model on matrices of its shape."""
    for name, block in parameters.items():
        if block.dtype != np.float64 or block.ndim != 2:
            raise ValueError(
                f"parameters {name} of dtype {block.dtype} and shape {block.shape}, not a matrix "
                "of float64"
            )
    if parameters.keys() == {"Theta"}:
        return
    d1, d2 = settings["operator"]["matrix_shape"]
    for extent in (d1, d2):
        require_fields("a matrix", {"shape": extent}, {"shape": COUNT})
    model = from_settings(settings["parameterization"]).model(d1, d2)
    expected = {name: (rows, cols) for name, rows, cols in model.blocks()}
    given = {name: block.shape for name, block in parameters.items()}
    if given != expected or (model.rows, model.cols) != (d1, d2):
        raise ValueError(f"parameters of shapes {given}, not {expected}")


def _read(archive: Archive) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """The fields and the arrays of a saved solution, whose checksum is right."""
    names = [name for name in archive.names if name not in ("about", "sha256")]
    if len(names) + 2 > len(archive.names):
        raise ValueError(f"arrays {sorted(names)[:5]} of another program")
    text, checksum = (str(archive[name]) for name in ("about", "sha256"))
    streams = ((name, *archive.stream(name)) for name in sorted(names))
    if checksum != _checksum(text, ((n, h.shape, h.dtype.str, b) for n, h, b in streams)):
        raise ValueError("wrong checksum")
    about = json.loads(text)
    written = about.pop("format", None) if isinstance(about, dict) else None
    if written not in (_FORMAT, _BEFORE):
        raise ValueError("another format")
    arrays = {name: archive[name] for name in names if name.partition("/")[0] in _GROUPS}
    return about if written == _FORMAT else _renewed(about), arrays


def _renewed(about: dict[str, Any]) -> dict[str, Any]:
    """The fields of a file of format 2, as format 3 has them.

    Format 2 keeps how the run was set up (the recipe) in its state, format 3 in the settings. The
    fingerprint of A in format 2 is weaker; :func:`ipgd.resume` still compares such files by it.
    """
    require_fields("a solution", about, SOLUTION)
    settings, state = about["settings"], about.get("state")
    operator = settings.get("operator", {})
    if operator.get("storage") == "uint16":
        operator["storage"] = "indices"
    if state is None:
        return about | {"state": None}
    recipe = state["recipe"]
    settings |= {name: recipe[name] for name in ("keys", "record", "record_every")}
    settings |= {
        "n_singular_values": recipe["n_singular_values"],
        "given": recipe["algorithm"],
        "estimates": recipe["answers"],
        "fingerprint": {"y": recipe["y"], "sum": recipe["image"]},
    }
    return about | {"state": state["point"]}

"""Arrays from .npy and .npz files: what they declare is checked before anything is allocated."""

from __future__ import annotations

import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from .memory import available_memory, size_text

# What numpy, SciPy, zipfile, zlib and json raise on bytes that are not what they should be.
BROKEN = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    EOFError,
    OSError,
    ArithmeticError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)

_BLOCK = 2**20
_SUFFIX = ".npy"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LARGEST_RATIO = 1032  # of deflate: 258 bytes in two bits


@dataclass(frozen=True)
class Header:
    """What a .npy file declares of its array."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Bytes of its numbers."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes]) -> Header:
    """The header of a .npy file, which is then at its first number.

    Raises
    ------
    one of `BROKEN`
        If it is not one that numpy writes for an array of plain numbers or text.
    """
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in read:
        raise ValueError(f"a .npy file of version {version}")
    try:
        header = Header(*read[version](file))
    except MemoryError:  # of Python's parser, where the header nests too deeply
        raise ValueError("a header that cannot be parsed") from None
    if header.dtype.hasobject or header.dtype.names is not None:
        raise ValueError(f"an array of dtype {header.dtype}")
    if any(extent < 0 for extent in header.shape):
        raise ValueError(f"an array of shape {header.shape}")
    return header


class Archive:
    """The arrays of a .npz file, whose declared sizes are checked before anything is read.

    Members whose names do not end in ``.npy`` are no arrays and do not count.

    Parameters
    ----------
    file : binary file
        Has to stay open.

    Raises
    ------
    one of `BROKEN`
        If it is not an archive, or declares more than can be in it.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(file)
        every = self._zip.infolist()
        if len({info.filename for info in every}) < len(every):
            raise ValueError("two members of one name")
        room = file.seek(0, 2)
        for info in every:
            room -= info.compress_size
            largest = _LARGEST_RATIO * (info.compress_size + 1)
            if room < 0 or info.compress_type not in _METHODS or info.file_size > largest:
                raise ValueError(f"{info.filename!r}, which declares more than can be in the file")
        arrays = [info for info in every if info.filename.endswith(_SUFFIX)]
        self._members = {info.filename.removesuffix(_SUFFIX): info for info in arrays}

    @property
    def names(self) -> list[str]:
        """The names of the arrays, as they lie in the file."""
        return list(self._members)

    def require_room(self, name: str) -> None:
        """Raise MemoryError, naming the argument `name`, if the arrays do not fit in memory."""
        needed = sum(info.file_size for info in self._members.values())
        free = available_memory()
        if free is not None and needed > free:
            raise MemoryError(
                f"{name}: expected what fits in memory ({size_text(free)} free), got arrays of "
                f"{size_text(needed)}"
            )

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        header, blocks = self._open(name)
        memory, filled = bytearray(header.nbytes), 0
        for block in blocks:
            memory[filled : filled + len(block)] = block
            filled += len(block)
        return np.ndarray(
            header.shape, header.dtype, memory, order="F" if header.fortran_order else "C"
        )

    def stream(self, name: str) -> tuple[Header, Iterator[bytes]]:
        """The header of an array and its bytes in C order, block by block."""
        header, blocks = self._open(name)
        return header, iter([self[name].tobytes()] if header.fortran_order else blocks)

    def _open(self, name: str) -> tuple[Header, Iterator[bytes]]:
        """The header of an array and its bytes as they lie, as many as it declares."""
        info = self._members[name]
        member = self._zip.open(info)
        header = read_header(member)
        there = info.file_size - member.tell()
        if header.nbytes != there:
            raise ValueError(f"{name!r} of {there} bytes, whose header declares {header.nbytes}")
        return header, self._blocks(name, member, there)

    @staticmethod
    def _blocks(name: str, member: IO[bytes], size: int) -> Iterator[bytes]:
        with member:
            while block := member.read(_BLOCK):  # the last read checks the CRC
                size -= len(block)
                yield block
        if size:
            raise ValueError(f"{name!r} that ends {size} bytes early")

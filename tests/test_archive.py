"""Saved files that declare more than they hold, and .npy headers of every odd kind."""

import io
import struct
import tracemalloc
import zipfile

import ipgd
import numpy as np
import pytest
from ipgd._support import archive
from ipgd.cli.inputs import load_array

REFUSED = "path: expected a whole file written by Solution.save"


def npy(descr="'<f8'", order="False", shape="(3,)", data=bytes(24), version=1):
    """A .npy file with this header, whether or not it makes sense."""
    text = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"
    header = text.encode("latin1").ljust(117) + b"\n"
    length = struct.pack("<H", len(header)) if version == 1 else struct.pack("<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


HEADERS = {
    "a negative extent": npy(shape="(-3,)"),
    "two negative extents": npy(shape="(-3, -1)"),
    "more than is there": npy(shape="(4,)"),
    "more than there can be": npy(shape="(2**62,)".replace("2**62", str(2**62))),
    "an overflow to what is there": npy(shape=f"({2**61 + 3},)"),
    "a number for a shape": npy(shape="3"),
    "objects": npy(descr="'|O'"),
    "fields": npy(descr="[('a', '<f8')]"),
    "no type": npy(descr="'zz'"),
    "deep nesting": npy(shape="(" * 90),
    "many signs": b"\x93NUMPY\x01\x00" + struct.pack("<H", 9000) + b"-" * 8999 + b"\n",
    "a later version": npy(version=3),
    "no header": b"\x93NUMPY\x01\x00",
    "nothing": b"",
}


def test_headers_are_refused_before_memory_is_asked_for():
    for name in ("a negative extent", "two negative extents", "objects", "fields"):
        with pytest.raises(ValueError, match=r"an array of (shape|dtype) "):
            archive.read_header(io.BytesIO(HEADERS[name]))


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_make_no_sense_are_refused(tmp_path, name):
    path = tmp_path / "A.npy"
    path.write_bytes(HEADERS[name])
    with pytest.raises(ValueError, match=r"A: expected a complete .npy file of numbers, got"):
        load_array("A", path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("about.npy", HEADERS[name])
        file.writestr("sha256.npy", HEADERS[name])
    with pytest.raises(ValueError, match=REFUSED):
        ipgd.load_solution(path)


def test_headers_that_make_sense_are_read(tmp_path):
    path = tmp_path / "A.npy"
    for content, shape in (
        (npy(), (3,)),
        (npy(version=2), (3,)),
        (npy(shape="(3, 1)", order="True"), (3, 1)),
        (npy(shape="(0, 5)", data=b""), (0, 5)),
        (npy(data=bytes(32)), (3,)),  # as numpy does, what follows is left alone
    ):
        path.write_bytes(content)
        assert load_array("A", path).shape == shape


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as writer:
        for name, content in members:
            writer.writestr(name, content)
    return file


def test_arrays_come_back_whatever_their_order():
    arrays = {
        "c": np.arange(6.0).reshape(2, 3),
        "f": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "text": np.array("words"),
        "empty": np.empty((0, 4), np.int8),
        "large": np.arange(200_000),
    }
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    read = archive.Archive(file)
    assert read.names == list(arrays)
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        assert np.array_equal(read[name], array)
        header, blocks = read.stream(name)
        assert header.shape == array.shape
        assert b"".join(blocks) == array.tobytes()


def test_members_without_the_suffix_are_no_arrays():
    assert archive.Archive(zipped(("a", npy()), ("b.npy", npy()))).names == ["b"]


def test_declared_sizes_are_compared_with_the_file():
    honest = zipped(("a.npy", npy(shape="(3,)", data=bytes(24)))).getvalue()
    assert archive.Archive(io.BytesIO(honest))["a"].tolist() == [0, 0, 0]
    at = honest.index(b"PK\x01\x02") + 20  # of the compressed and the true size in the directory
    compressed, size = struct.unpack_from("<II", honest, at)
    for lie in ((compressed, 2**31), (2**31, size), (compressed + 10_000, size)):
        changed = bytearray(honest)
        struct.pack_into("<II", changed, at, *lie)
        with pytest.raises(ValueError, match="declares more than can be in the file"):
            archive.Archive(io.BytesIO(changed))
    changed = bytearray(honest)
    struct.pack_into("<II", changed, at, compressed, size + 8)
    with pytest.raises(archive.BROKEN):
        archive.Archive(io.BytesIO(changed))["a"]
    with pytest.raises(ValueError, match="declares more"):  # of which there may be any number
        archive.Archive(zipped(("a.npy", npy()), method=zipfile.ZIP_BZIP2))


def test_a_member_holds_what_its_header_declares():
    read = archive.Archive(zipped(("a.npy", npy(shape="(2,)")), ("b.npy", npy(shape="(4,)"))))
    for name in read.names:
        with pytest.raises(ValueError, match="of 24 bytes, whose header declares"):
            read[name]


def test_a_member_that_ends_early_is_noticed():
    """Its checksum is that of what is there."""
    changed = bytearray(zipped(("a.npy", npy(shape="(4,)"))).getvalue())
    at = changed.index(b"PK\x01\x02") + 24
    struct.pack_into("<I", changed, at, struct.unpack_from("<I", changed, at)[0] + 8)
    with pytest.raises(ValueError, match="'a' that ends 8 bytes early"):
        archive.Archive(io.BytesIO(changed))["a"]


def test_two_members_of_one_name_are_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        file = zipped(("a.npy", npy()), ("a.npy", npy()))
    with pytest.raises(ValueError, match="two members of one name"):
        archive.Archive(file)


def bomb(path, numbers):
    """A small file that holds this many zeros and a wrong checksum."""
    with open(path, "wb") as file:
        zeros = np.broadcast_to(0.0, numbers)
        np.savez_compressed(file, about=np.array("{}"), sha256=np.array("0"), theta=zeros)
    assert path.stat().st_size < 8 * numbers / 500


def test_a_wrong_checksum_is_noticed_before_the_arrays_are_allocated(tmp_path):
    bomb(tmp_path / "run.npz", 4_000_000)
    tracemalloc.start()
    with pytest.raises(ValueError, match="wrong checksum"):
        ipgd.load_solution(tmp_path / "run.npz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000  # 32 MB are declared


def test_more_than_the_memory_holds_is_refused_before_it_is_read(tmp_path, monkeypatch):
    bomb(tmp_path / "run.npz", 200_000)
    monkeypatch.setattr(archive, "available_memory", lambda: 1_000_000)
    words = r"path: expected what fits in memory \(1 MB free\), got arrays of 1.6 MB"
    with pytest.raises(MemoryError, match=words):
        ipgd.load_solution(tmp_path / "run.npz")

"""Rules that a reader could forget, checked on the source text."""

import re
from pathlib import Path

import pytest

BINDING_WORDS = re.compile(r"pybind11|Python\.h|PyErr_|PyObject")
FORBIDDEN_FLAGS = re.compile(r"-ffast-math|-funsafe-math|-march=native|-mtune=native|-Ofast")


def without_comments(text, marker):
    """The text with comments blanked; prose may name what code may not."""
    if marker == "//":
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(rf"{marker}.*", "", text)


def source(root, *patterns):
    found = {
        path.relative_to(root): path.read_text(encoding="utf-8")
        for pattern in patterns
        for path in sorted(root.glob(pattern))
    }
    assert found
    return found


@pytest.fixture(scope="module")
def cpp(repository):
    return source(repository, "cpp/**/*.hpp", "cpp/**/*.cpp")


@pytest.fixture(scope="module")
def build_files(repository):
    patterns = (
        "CMakeLists.txt",
        "CMakePresets.json",
        "cmake/**/*",
        "cpp/**/CMakeLists.txt",
        "pyproject.toml",
        "Makefile",
    )
    return {
        path.relative_to(repository): path.read_text(encoding="utf-8")
        for pattern in patterns
        for path in sorted(repository.glob(pattern))
        if path.is_file()
    }


def matching(files, pattern, marker="//"):
    return [
        str(path) for path, text in files.items() if pattern.search(without_comments(text, marker))
    ]


def test_the_core_does_not_know_that_python_exists(cpp):
    core = {p: t for p, t in cpp.items() if p.parts[1] in ("include", "src", "reference")}
    assert len(core) > 30
    assert matching(core, BINDING_WORDS) == []
    bindings = {p: t for p, t in cpp.items() if p.parts[1] == "bindings"}
    assert len(matching(bindings, BINDING_WORDS)) >= len(bindings) / 2  # the pattern finds them


def test_open_mp_is_in_one_header(cpp):
    assert matching(cpp, re.compile(r"#\s*pragma\s+omp")) == ["cpp/include/ipgd/base/execution.hpp"]


def test_no_namespace_is_spilt(cpp):
    spilt = re.compile(r"using\s+namespace\s+(std|Eigen)\b")
    assert matching(cpp, spilt) == []
    assert spilt.search("using namespace std;")
    headers = {p: t for p, t in cpp.items() if p.suffix == ".hpp"}
    assert matching(headers, re.compile(r"using\s+namespace\b")) == []


def test_headers_are_included_once(cpp):
    headers = {p: t for p, t in cpp.items() if p.suffix == ".hpp"}
    assert [str(p) for p, t in headers.items() if t.count("#pragma once") != 1] == []


def test_no_flag_trades_results_for_speed(build_files):
    assert Path("cmake/Flags.cmake") in build_files
    assert matching(build_files, FORBIDDEN_FLAGS, "#") == []


@pytest.mark.parametrize(
    "flag", ["-ffast-math", "-march=native", "-Ofast", "-funsafe-math-optimizations"]
)
def test_a_planted_flag_is_found(build_files, flag):
    planted = build_files | {
        Path("cmake/Planted.cmake"): f"add_compile_options({flag})  # faster\n"
    }
    assert matching(planted, FORBIDDEN_FLAGS, "#") == ["cmake/Planted.cmake"]
    commented = build_files | {Path("cmake/Planted.cmake"): f"# never {flag}\n"}
    assert matching(commented, FORBIDDEN_FLAGS, "#") == []


def test_the_test_trees_mirror_the_source_tree(repository):
    for layer in ("base", "operators", "parameterizations", "algorithms"):
        assert (repository / "cpp" / "include" / "ipgd" / layer).is_dir()
        assert (repository / "cpp" / "src" / layer).is_dir()
        assert (repository / "cpp" / "tests" / layer).is_dir()
    for layer in ("operators", "parameterizations", "algorithms"):
        assert (repository / "python" / "ipgd" / layer).is_dir()
        assert (repository / "tests" / layer).is_dir()


def test_files_stay_small(repository, cpp):
    python = source(repository, "python/**/*.py", "tests/**/*.py")
    long = {str(p): t.count("\n") for p, t in (cpp | python).items() if t.count("\n") > 400}
    assert long == {}

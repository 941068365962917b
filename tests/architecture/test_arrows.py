"""The arrows of ARCHITECTURE.md, proved from include lines and import statements."""

import ast
import re
from pathlib import Path

import pytest

# Each layer may use itself and what is listed.
CPP_LAYERS = {
    "base": set(),
    "operators": {"base"},
    "parameterizations": {"base", "operators"},
    "objective": {"base", "operators", "parameterizations"},
    "algorithms": {"base", "operators", "parameterizations", "objective"},
    "bindings": {"base", "operators", "parameterizations", "objective", "algorithms"},
    "reference": {"base"},
}

LEAVES = {"_support", "files"}
PYTHON_LAYERS = {
    "_core": set(),
    "_build": {"_core"},
    "_support": set(),
    "files": set(),
    "operators": {"_core", *LEAVES},
    "parameterizations": {"_core", "operators", *LEAVES},
    "algorithms": {"_core", *LEAVES},
    "losses": {"_core", *LEAVES},
    "problems": {"_core", "losses", "operators", *LEAVES},
    "init": {"_core", "algorithms", "operators", "problems", *LEAVES},
    "objective": {"_core", "losses", "operators", "parameterizations", "problems", *LEAVES},
    "solution": {"_core", "losses", "parameterizations", *LEAVES},
    "_solving": {
        "_core", "losses", "operators", "parameterizations", "algorithms", "problems", "init",
        "solution", *LEAVES,
    },
}  # fmt: skip
# What sits on top may use the package as any user does, and the others on top.
ON_TOP = {"analysis", "baselines", "bench", "plots", "experiments", "reproduce", "cli", "__main__"}
# The core's hooks for timing are for the benchmarks only, so they are not in the public API.
# Analyses and baselines take the same arguments as solve and complain of them in the same words;
# baselines show their progress in the same bar.
# The command line checks what a file declares as load_solution does.
# The benchmarks leave out what does not fit by the same figures as solve.
# Solution.plot is the one door upwards; it is opened when it is called.
EXCEPTIONS = {
    (Path("bench/roofs.py"), "_core"),
    (Path("solution.py"), "plots"),
    (Path("solution.py"), "analysis"),
} | {
    (Path(name), "_support")
    for name in (
        "bench/suite.py",
        "bench/provenance.py",
        "analysis/checks.py",
        "baselines/checks.py",
        "baselines/impute.py",
        "baselines/nuclear.py",
        "baselines/projected.py",
        "baselines/report.py",
        "cli/entries.py",
        "cli/inputs.py",
    )
}


def cpp_layer(path):
    """The layer of a file below cpp/: include/ipgd/<layer>/..., src/<layer>/..., <layer>/..."""
    parts = path.parts
    start = 2 if parts[:2] == ("include", "ipgd") else 1 if parts[0] == "src" else 0
    return parts[start]


def cpp_violations(files):
    """(file, include) against the arrows; `files` maps a path below cpp/ to its text."""
    found = []
    for path, text in files.items():
        layer = cpp_layer(path)
        for include in re.findall(r'^\s*#\s*include\s*["<]ipgd/([^">]+)[">]', text, re.MULTILINE):
            used = include.split("/")[0]
            if used != layer and used not in CPP_LAYERS[layer]:
                found.append((str(path), include))
        for include in re.findall(r'^\s*#\s*include\s*"((?!ipgd/)[^"]+)"', text, re.MULTILINE):
            if layer not in ("bindings", "reference") or "/" in include:
                found.append((str(path), include))
    return found


def imported_modules(path, text):
    """Absolute dotted names of what the module at `path` (below ipgd/) imports."""
    package = ("ipgd", *path.parts[:-1])
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            yield from ((*module, alias.name) for alias in node.names)


def python_layer(path):
    return path.parts[0].removesuffix(".py")


def is_public(name):
    """ipgd.x.y: every part without a leading underscore, and x there for users."""
    inner = name[1:]
    return not any(part.startswith("_") for part in inner) or inner in (("__version__",),)


def python_violations(files):
    found = []
    for path, text in files.items():
        layer = python_layer(path)
        if layer == "__init__":
            continue
        for name in imported_modules(path, text):
            if name[0] != "ipgd":
                continue
            used = name[1] if len(name) > 1 else ""
            if used == layer or (layer in ON_TOP and used in ON_TOP):
                continue
            if layer in ON_TOP:
                if not is_public(name) and (path, used) not in EXCEPTIONS:
                    found.append((str(path), ".".join(name)))
            elif used not in PYTHON_LAYERS[layer] and (path, used) not in EXCEPTIONS:
                found.append((str(path), ".".join(name)))
    return found


def attribute_violations(files):
    """Private attributes of ipgd (``ipgd._core``) in what sits on top."""
    found = []
    for path, text in files.items():
        if python_layer(path) not in ON_TOP:
            continue
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "ipgd"
                and node.attr.startswith("_")
                and node.attr != "__version__"
            ):
                found.append((str(path), f"ipgd.{node.attr}"))
    return found


def texts(root, *patterns):
    files = {
        path.relative_to(root): path.read_text(encoding="utf-8")
        for pattern in patterns
        for path in sorted(root.glob(pattern))
    }
    assert files, f"nothing under {root}"
    return files


@pytest.fixture(scope="module")
def cpp_files(repository):
    every = texts(repository / "cpp", "**/*.hpp", "**/*.cpp")
    return {path: text for path, text in every.items() if path.parts[0] != "tests"}


@pytest.fixture(scope="module")
def python_files(repository):
    return texts(repository / "python" / "ipgd", "**/*.py")


def test_includes_follow_the_arrows(cpp_files):
    assert {cpp_layer(path) for path in cpp_files} == set(CPP_LAYERS)
    assert cpp_violations(cpp_files) == []


def test_imports_follow_the_arrows(python_files):
    layers = {python_layer(path) for path in python_files} - {"__init__"}
    assert set(PYTHON_LAYERS) <= layers
    assert layers <= set(PYTHON_LAYERS) | ON_TOP
    assert python_violations(python_files) == []


def test_what_sits_on_top_uses_the_public_names_only(python_files):
    assert attribute_violations(python_files) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("include/ipgd/base/types.hpp", '#include "ipgd/operators/dense/dense.hpp"'),
        ("src/operators/dense/dense.cpp", '#include "ipgd/algorithms/step.hpp"'),
        (
            "src/operators/dense/dense.cpp",
            "  #  include <ipgd/parameterizations/parameterization.hpp>",
        ),
        ("src/parameterizations/x.cpp", '#include "ipgd/algorithms/record.hpp"'),
        ("src/algorithms/step.cpp", '#include "../../bindings/array.hpp"'),
        ("reference/reference.cpp", '#include "ipgd/operators/dense/pass.hpp"'),
    ],
)
def test_a_planted_include_is_found(cpp_files, path, line):
    planted = dict(cpp_files)
    planted[Path(path)] = planted.get(Path(path), "") + "\n" + line + "\n"
    assert len(cpp_violations(planted)) == 1


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("operators/dense.py", "from ..algorithms import GD"),
        ("operators/base.py", "from ..problems import Problem"),
        ("algorithms/base.py", "from ..operators import Operator"),
        ("_support/validate.py", "from .. import _core"),
        ("problems/base.py", "def f():\n    from ..init import zeros"),
        ("solution.py", "from ._solving.solve import solve"),
        ("init/__init__.py", "import ipgd._solving.solve"),
        ("cli/planted.py", "from .._files import check_writable"),
        ("plots.py", "from ipgd import _core"),
        ("bench/ours.py", "from .. import _core"),
        ("bench/roofs.py", "from .. import _solving"),
        ("experiments/planted.py", "from ipgd._solving.solve import solve"),
    ],
)
def test_a_planted_import_is_found(python_files, path, line):
    planted = dict(python_files)
    planted[Path(path)] = planted.get(Path(path), "") + "\n" + line + "\n"
    assert len(python_violations(planted)) == len(python_violations(python_files)) + 1


def test_a_planted_private_attribute_is_found():
    planted = {Path("cli/planted.py"): "import ipgd\nprint(ipgd._core.isa)\n"}
    assert attribute_violations(planted) == [("cli/planted.py", "ipgd._core")]

"""Every pairing of operator, parameterization and algorithm works or says why not; and the page."""

import itertools

import ipgd
import numpy as np
import pytest
from ipgd.algorithms import Algorithm
from ipgd.experiments import pairings
from ipgd.parameterizations import Parameterization

CASES = pairings.cases(pairings.Size())
KEYS = list(itertools.product(CASES, pairings.PARAMETERIZATIONS, pairings.ALGORITHMS))
FACTORS = {"AsymmetricFactor", "DeepFactor", "CompressedDeep"}
OF_VECTORS = {"HadamardPower", "HadamardProduct", "WeightNormalized", "SymmetricTensor"}


def models_for(operator):
    """The parameterizations whose Theta this operator measures."""
    if operator.symmetric:
        return {"SymmetricFactor"}
    d1, d2 = operator.matrix_shape
    if d2 == 1:
        return FACTORS - {"CompressedDeep"} | OF_VECTORS
    return FACTORS | {"SymmetricFactor"} if d1 == d2 else FACTORS


def at_fault(case, parameterization, variant):
    """The argument that a refusal names; None where the pairing works."""
    algorithm = type(pairings.ALGORITHMS[variant]).__name__
    if algorithm == "TruncatedGD" and not case.problem.operator.quadratic_forms:
        return "algorithm"
    if parameterization not in models_for(case.problem.operator):
        return "parameterization"
    models = {
        "ScaledGD": {"SymmetricFactor", "AsymmetricFactor"},
        "AltScaledGD": {"AsymmetricFactor"},
        "TruncatedGD": {"SymmetricFactor"},
    }
    if parameterization not in models.get(algorithm, {parameterization}):
        return "algorithm"
    if algorithm in ("SGD", "TruncatedGD") and case.gram:  # they need single measurements
        return "gram"
    return None


@pytest.mark.parametrize("key", KEYS, ids="/".join)
def test_a_pairing_works_or_says_why_not(key):
    operator, parameterization, algorithm = key
    result = pairings.attempt(CASES[operator], parameterization, algorithm)
    fault = at_fault(CASES[operator], parameterization, algorithm)
    if fault is None:
        assert isinstance(result, ipgd.Solution), result
        loss = result.history["loss"]
        assert result.nit == pairings.MAX_ITER
        assert np.isfinite(loss).all()
        if not algorithm.startswith("SGD"):  # mini-batches may go up in so few steps
            assert loss[-1] < loss[0]
        assert all(np.isfinite(block).all() for block in result.parameters.values())
    else:
        assert isinstance(result, ValueError), result
        assert str(result).startswith(f"{fault}: expected ")
        assert ", got " in str(result)


def exported(kind):
    return {
        name
        for name in ipgd.__all__
        if isinstance(getattr(ipgd, name), type) and issubclass(getattr(ipgd, name), kind)
    }


@pytest.mark.parametrize(
    ("kind", "tried"),
    [(Parameterization, pairings.PARAMETERIZATIONS), (Algorithm, pairings.ALGORITHMS)],
)
def test_all_that_are_exported_are_tried(kind, tried):
    assert {name.partition(",")[0] for name in tried} == exported(kind)
    assert all(type(value).__name__ == name.partition(",")[0] for name, value in tried.items())


def test_variants_are_tried_with_the_settings_in_their_names():
    assert set(pairings.PARAMETERIZATIONS) == exported(Parameterization)
    for name, algorithm in pairings.ALGORITHMS.items():
        for setting in name.split(", ")[1:]:
            key, _, value = setting.partition("=")
            assert str(getattr(algorithm, key)) == value
    tried = pairings.ALGORITHMS.values()
    damping = {a.damping for a in tried if isinstance(a, ipgd.ScaledGD)}
    assert "loss" in damping
    assert 0 in damping
    assert len(damping) == 3
    assert {a.replacement for a in tried if isinstance(a, ipgd.SGD)} == {False, True}
    kinds = {a.kind for a in tried if isinstance(a, ipgd.AcceleratedGD)}
    assert kinds == {"nesterov", "heavy_ball"}


def test_all_operators_are_tried():
    kinds = {type(case.problem.operator).__name__ for case in CASES.values()}
    exported = set(ipgd.operators.__all__) & {
        kind.__name__
        for base in (ipgd.operators.Operator, *ipgd.operators.Operator.__subclasses__())
        for kind in base.__subclasses__()
    }
    assert kinds == exported - {"Gram"}  # which solve makes itself
    assert any(case.gram for case in CASES.values())


def test_operators_of_any_matrices_are_tried_in_each_shape():
    shapes = {}
    for case in CASES.values():
        operator = case.problem.operator
        d1, d2 = operator.matrix_shape
        shape = "column" if d2 == 1 else "square" if d1 == d2 else "rectangular"
        key = type(operator).__name__ + (" symmetric" if operator.symmetric else "")
        shapes.setdefault(key, set()).add(shape)
    any_shape = {"column", "square", "rectangular"}
    assert shapes == {
        "DenseSymmetric symmetric": {"square"},
        "RankOne symmetric": {"square"},
        **dict.fromkeys(("Dense", "Entries", "RankOne"), any_shape),
    }


def test_a_table_has_a_row_for_each_algorithm_and_numbers_each_reason_once():
    found = dict.fromkeys(itertools.product(["A", "B"], *list(zip(*KEYS, strict=True))[1:]), "")
    found["A", "DeepFactor", "GD"] = "first: expected this, got that"
    found["B", "SymmetricFactor", "PGD"] = "second: expected this, got that"
    found["B", "HadamardPower", "PGD"] = "first: expected this, got that"
    text = pairings.page(found)
    n = len(found)
    assert f"{n - 3} of {n} work" in text
    assert text.count("refused (1)") == 2
    assert text.count("refused (2)") == 1
    assert "1. `first: expected this, got that`\n2. `second: expected this, got that`\n" in text
    assert "| GD | works | works | refused (1) | works |" in text
    assert "| PGD | refused (2) | works | works | works | refused (1) |" in text
    assert all(text.count(f"| {algorithm} | ") == 2 for algorithm in pairings.ALGORITHMS)


def test_the_page_is_printed_or_written(tmp_path, capsys, repository):
    pairings.main([])
    printed = capsys.readouterr().out
    pairings.main(["--output", str(tmp_path / "pairings.md")])
    assert (tmp_path / "pairings.md").read_text(encoding="utf-8") == printed
    assert capsys.readouterr().out == ""
    kept = (repository / "docs" / "pairings.md").read_text(encoding="utf-8")
    assert kept == printed  # the page in the docs is the one that is generated


def test_the_path_is_checked_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr(pairings, "reasons", lambda tried: pytest.fail("tried"))
    with pytest.raises(FileNotFoundError, match="output: expected a path in an existing folder"):
        pairings.main(["--output", str(tmp_path / "absent" / "pairings.md")])

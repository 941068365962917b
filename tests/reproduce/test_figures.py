"""Every figure at quick size: its files, and a verdict on each of its claims."""

import csv
import json
import unicodedata

import numpy as np
import pytest
from ipgd import reproduce

FILES = ["data.csv", "data.npz", "figure.png", "settings.json", "verdicts.json", "verdicts.txt"]


@pytest.mark.usefixtures("seeds_as_given")  # they are a part of a figure's setting
@pytest.mark.parametrize("name", reproduce.names())
def test_a_figure_is_drawn_and_judged(name, tmp_path):
    result = reproduce.run(name, quick=True, output=tmp_path)
    folder = tmp_path / name
    assert result.path == folder
    files = FILES if result.figure.table is None else sorted([*FILES, "table.md"])
    assert sorted(path.name for path in folder.iterdir()) == files
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")

    with np.load(folder / "data.npz") as data:
        assert {key: data[key].shape for key in data} == {
            key: array.shape for key, array in result.data.items()
        }
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    assert settings["quick"]
    assert settings["setting"]["seeds"] == list(result.figure.quick.seeds)
    assert settings["provenance"]["isa"]
    with (folder / "data.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert {row["quantity"] for row in rows} <= set(result.data)

    verdicts = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))["verdicts"]
    assert len(verdicts) == len(result.figure.claims) > 0
    for verdict in verdicts:
        assert verdict["verdict"] == "holds" or verdict["explanation"]
        assert verdict["claim"] in (folder / "verdicts.txt").read_text(encoding="utf-8")
    # What fails at quick size has to be known and explained by the figure itself.
    unexplained = [
        f"{v.claim.sentence} {v.measured}"
        for v in result.verdicts
        if v.outcome != "holds" and not v.claim.explanation
    ]
    assert unexplained == []


@pytest.mark.parametrize("name", reproduce.names())
def test_a_figure_says_what_it_is(name):
    figure = reproduce.load(name)
    assert type(figure.full) is type(figure.quick)
    assert len(figure.quick.seeds) > 0
    assert figure.title.endswith(".")
    assert all(claim.sentence.endswith(".") for claim in figure.claims)
    if figure.paper is not None:
        plain = unicodedata.normalize("NFKD", figure.paper.authors).encode("ascii", "ignore")
        assert name.startswith(plain.decode().split(",")[0].lower().split()[0][:4])
        assert str(figure.paper.year) in name

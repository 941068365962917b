"""What the engine writes, refuses and leaves behind."""

import json
from pathlib import Path

import ipgd
import pytest
from ipgd import reproduce
from ipgd.reproduce.claims import Claim, at_least, at_most, between
from ipgd.reproduce.measures import first_below, largest_ratio, line


def test_the_size_is_that_of_the_setting(tiny):
    name = tiny()
    assert reproduce.run(name).data["value"].shape == (3, 4)
    assert reproduce.run(name, quick=True).data["value"].shape == (3, 2)
    assert reproduce.run(name).path is None


def test_verdicts_are_written_with_their_values(tiny, tmp_path):
    result = reproduce.run(tiny(), output=tmp_path)
    assert [verdict.outcome for verdict in result.verdicts] == ["holds", "fails", "not judged"]
    text = (tmp_path / "tiny" / "verdicts.txt").read_text(encoding="utf-8")
    assert text == result.text()
    for line_of_text in (
        "Nobody (2000), arXiv 0000.0000, Figure 1.",
        "HOLDS: It is small.",
        "    first: 1 (0 to 2 over 3 seeds), expected at most 2",
        "FAILS: It is large.",
        "    0 of 3 seeds are at least 5; the median is not.",
        "NOT JUDGED: It is known. (our claim)",
        "    Nobody knows.",
        "Unknown: Everything.",
    ):
        assert line_of_text in text.splitlines()
    (small, _, known) = json.loads((tmp_path / "tiny" / "verdicts.json").read_text())["verdicts"]
    assert small["values"] == [0, 1, 2]
    assert known["values"] == ["nan"] * 3


def test_the_table_has_a_row_for_each_number(tiny, tmp_path):
    reproduce.run(tiny(), quick=True, output=tmp_path)
    lines = (tmp_path / "tiny" / "data.csv").read_text().splitlines()
    assert lines[0] == "quantity,seed,step,value"
    assert lines[1:] == [
        *(f"value,{seed},{k},{float(seed + k)}" for seed in range(3) for k in range(2)),
        "unit,,,2.5",
    ]


def test_an_existing_folder_is_replaced_by_force_only(tiny, tmp_path):
    name = tiny()
    first = reproduce.run(name, quick=True, output=tmp_path).path
    with pytest.raises(FileExistsError, match=r"output: expected a folder without 'tiny'.*--force"):
        reproduce.run(name, output=tmp_path)
    assert json.loads((first / "settings.json").read_text())["quick"]
    reproduce.run(name, output=tmp_path, force=True)
    assert not json.loads((first / "settings.json").read_text())["quick"]
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_a_folder_of_somebody_elses_is_never_replaced(tiny, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "thesis.tex").write_text("precious")
    with pytest.raises(FileExistsError, match=r"expected the folder of an earlier run to replace"):
        reproduce.run(tiny(), output=tmp_path, force=True)
    assert (tmp_path / "tiny" / "thesis.tex").read_text() == "precious"


def broken(error):
    def fail(*_):
        raise error

    return fail


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError("disk full")])
@pytest.mark.parametrize("part", ["run", "draw"])
def test_what_breaks_off_leaves_nothing_behind(tiny, tmp_path, part, error):
    output = tmp_path / "new"
    with pytest.raises(type(error)):
        reproduce.run(tiny(**{part: broken(error)}), output=output)
    assert not output.exists()
    kept = reproduce.run(tiny(), quick=True, output=output).path
    before = {path: path.read_bytes() for path in kept.iterdir()}
    with pytest.raises(type(error)):
        reproduce.run(tiny(**{part: broken(error)}), output=output, force=True)
    assert {path: path.read_bytes() for path in kept.iterdir()} == before
    assert [path.name for path in output.iterdir()] == ["tiny"]


def test_what_cannot_be_put_in_place_leaves_the_old_folder(tiny, tmp_path, monkeypatch):
    kept = reproduce.run(tiny(), quick=True, output=tmp_path).path
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    rename = Path.rename

    def refuse(self, target):
        if self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(KeyboardInterrupt):
        reproduce.run(tiny(), output=tmp_path, force=True)
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]


def test_an_empty_folder_of_the_users_stays(tiny, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        reproduce.run(tiny(draw=broken(KeyboardInterrupt())), output=tmp_path)
    assert tmp_path.is_dir()


@pytest.mark.parametrize("output", ["file", "file/x"])
def test_an_output_that_is_no_folder(tiny, tmp_path, output):
    (tmp_path / "file").write_text("precious")
    with pytest.raises(OSError, match="output: expected a folder"):
        reproduce.run(tiny(run=broken(AssertionError)), output=tmp_path / output)


def test_arrays_have_the_axes_that_they_are_said_to_have(tiny):
    with pytest.raises(ValueError, match=r"tiny: expected 'value' with the axes \('seed',\)"):
        reproduce.run(tiny(axes={"value": ("seed",), "unit": ()}))
    with pytest.raises(ValueError, match="not called like a column of the table, got 'quantity'"):
        reproduce.run(tiny(axes={"value": ("seed", "quantity"), "unit": ()}))
    with pytest.raises(ValueError, match="one length of the axis 'seed', got 3 in 'seed' and 4"):
        reproduce.run(tiny(axes={"value": ("step", "seed"), "unit": ()}))


def test_a_name_that_does_not_exist_gets_the_nearest():
    with pytest.raises(ValueError, match="got 'li2018-figure1'; did you mean li2018-fig1"):
        reproduce.run("li2018-figure1")
    with pytest.raises(ValueError, match=r"got '\?\?'; there are .*li2018-fig1.*ma2025-fig3"):
        reproduce.run("??")
    with pytest.raises(TypeError, match="name: expected the name of a figure, got 3"):
        reproduce.load(3)


@pytest.mark.parametrize(
    ("expected", "values", "outcome"),
    [
        (at_most(1), [0.5, 1, 9], "holds"),  # the median decides
        (at_most(1), [0.5, 1.5, 9], "fails"),
        (at_least(1), [float("inf")], "holds"),
        (at_most(1), [float("inf")], "fails"),
        (between(1, 2), [1, 2], "holds"),
        (between(1, 2), [0.5, float("nan"), 1.5], "not judged"),
        (at_most(1), [], "not judged"),
    ],
)
def test_the_median_decides(expected, values, outcome):
    verdict = Claim("It.", "it", lambda _: values, expected).judge({})
    assert verdict.outcome == outcome
    assert bool(verdict.explanation) == (outcome != "holds")


def test_measures():
    histories = [[4, 2, 1, 3], [4, 4, 4, 4]]
    assert first_below(histories, 2, [0, 10, 20, 30]).tolist() == [10, float("inf")]
    assert largest_ratio([[8, 4, 2], [8, 4, 8]]).tolist() == [0.5, 2]
    assert line([0, 1, 2], [1, 3, 5]) == pytest.approx((2, 1, 1))
    slope, _, r_squared = line([0, 1, 2, 3], [0, 1, 0, 1])
    assert (slope, r_squared) == pytest.approx((0.2, 0.2))


def test_the_figures_are_there_when_asked_for(output_of):
    script = """
        import sys
        import ipgd
        assert "ipgd.reproduce" not in sys.modules
        print("li2018-fig1" in ipgd.reproduce.names(), "matplotlib" in sys.modules)
    """
    assert output_of(script) == "True False\n"


def test_a_bar_is_drawn(tiny, capsys):
    def steps(setting, track):
        ipgd.solve(ipgd.matrix_sensing(4, 1, 12, rng=0), max_iter=3, progress=track.solving)
        return tiny.run(setting, track)

    assert reproduce.run(tiny(run=steps), progress=True).data["value"].shape == (3, 4)
    assert capsys.readouterr().out == ""

"""The page of experiments, and the two that are only there as pictures."""

from pathlib import Path

import pytest
from ipgd.experiments import gallery, quadratic, stochastic


def test_the_page_shows_what_each_experiment_drew_and_printed(tmp_path):
    def main(arguments):
        flag, picture = arguments
        assert flag == "--output"
        Path(picture).write_bytes(b"picture")
        print("figure 7")

    exhibits = {name: gallery.Exhibit(name.title(), "Seen.", main) for name in ("one", "two")}
    gallery.main(["--output", str(tmp_path)], exhibits)
    page = (tmp_path / "experiments.md").read_text(encoding="utf-8")
    for name in exhibits:
        assert (tmp_path / "figures" / f"{name}.png").read_bytes() == b"picture"
        assert f"![{name.title()}](figures/{name}.png)" in page
    assert page.count("figure 7\n") == 2
    with pytest.raises(FileNotFoundError, match="output: expected a path in an existing folder"):
        gallery.main(["--output", str(tmp_path / "no")], exhibits)


def test_the_page_in_the_docs_is_complete(repository):
    page = (repository / "docs" / "experiments.md").read_text(encoding="utf-8")
    for name, exhibit in (gallery.EXHIBITS | gallery.EXAMPLES).items():
        picture = repository / "docs" / "figures" / f"{name}.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < 150_000
        assert f"## {exhibit.title}\n\n{exhibit.seen}\n" in page
        assert f"(figures/{name}.png)" in page


def test_quadratic_networks_are_drawn(tmp_path, capsys):
    picture = tmp_path / "picture.png"
    quadratic.main(["--output", str(picture)], 8, 1, (8, 16), max_iter=300)
    assert picture.read_bytes().startswith(b"\x89PNG")
    _, head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "samples"
    for row, m in zip(rows, (64, 128), strict=True):
        samples, small_train, small, large_train, large, *_ = map(
            float, row.replace("%", "").split()
        )
        assert samples == m
        assert small < large
        assert small_train < large_train


def test_stochastic_and_full_gradients_are_drawn(tmp_path, capsys):
    picture = tmp_path / "picture.png"
    stochastic.main(["--output", str(picture)], 8, 1, 20)
    assert picture.read_bytes().startswith(b"\x89PNG")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    sgd, _, small = (float(line.rsplit(" ", 1)[1]) for line in lines)
    assert small < 0.05 < sgd

"""The gallery is made from what the figures wrote, and the one in the docs is up to date."""

import json

import pytest
from ipgd import reproduce
from ipgd.reproduce import gallery


def test_the_page_shows_what_each_figure_wrote(tiny, tmp_path, capsys):
    docs = tmp_path / "docs"
    docs.mkdir()
    table = "| a |\n|---|\n| 1 |"
    reproduce.run(tiny(seen="It is seen.", table=lambda _: table), output=tmp_path / "out")
    gallery.main([str(tmp_path / "out"), "--output", str(docs)])
    assert "1 figures kept: tiny" in capsys.readouterr().out
    page = (docs / "reproductions.md").read_text(encoding="utf-8")
    for text in (
        "## tiny",
        "**A figure.** Nobody (2000), [arXiv 0000.0000](https://arxiv.org/abs/0000.0000), Figure 1",
        "It is seen.",
        "![A figure.](reproductions/tiny/figure.png)",
        "- **Holds**: It is small.\n  (first: 1 (0 to 2 over 3 seeds); expected at most 2.)",
        "- **Not judged**: It is known. (our claim)",
        "Nobody knows.",
        table,
        "Full size: size = 4, seeds = (0, 1, 2).",
        "Not recovered: Everything.",
        "Of 3 claims on this page: 1 hold, 1 fail, 1 not judged.",
        "    ipgd reproduce tiny\n",
    ):
        assert text in page
    assert (docs / "reproductions" / "tiny" / "figure.png").is_file()
    assert not (docs / "reproductions" / "tiny" / "data.npz").exists()


def test_one_figure_is_exchanged_and_the_others_stay(tiny, tmp_path):
    for name in ("a", "b"):
        reproduce.run(tiny(title=f"First {name}."), output=tmp_path / name)
        (tmp_path / name / "tiny").rename(tmp_path / name / name)
    (tmp_path / "docs").mkdir()
    for name in ("a", "b"):
        gallery.main([str(tmp_path / name), "--output", str(tmp_path / "docs")])
    page = (tmp_path / "docs" / "reproductions.md").read_text(encoding="utf-8")
    assert "**First a.**" in page
    assert "**First b.**" in page


def test_an_empty_folder_is_no_output(tmp_path):
    with pytest.raises(FileNotFoundError, match="outputs: expected outputs of ipgd reproduce"):
        gallery.main([str(tmp_path), "--output", str(tmp_path)])
    assert list(tmp_path.iterdir()) == []


def test_the_gallery_in_the_docs_is_the_generated_one(repository):
    docs = repository / "docs"
    assert (docs / "reproductions.md").read_text(encoding="utf-8") == gallery.page(docs)
    kept = sorted(path.name for path in (docs / "reproductions").iterdir())
    assert kept
    assert set(kept) <= set(reproduce.names())
    for name in kept:
        folder = docs / "reproductions" / name
        picture = folder / "figure.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < 150_000
        claims = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))["verdicts"]
        assert [c["claim"] for c in claims] == [c.sentence for c in reproduce.load(name).claims]
    for name in gallery.EXAMPLES:
        assert (docs / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")

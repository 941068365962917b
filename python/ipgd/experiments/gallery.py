"""All experiments with a picture, run for docs/experiments.md."""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ipgd.files import atomic_write, check_writable

from . import (
    basis,
    compression,
    few_samples,
    one_bit,
    outliers,
    quadratic,
    stochastic,
    weight_normalization,
)


@dataclass(frozen=True)
class Exhibit:
    """One experiment on the page.

    Attributes
    ----------
    title, seen : str
        A heading, and a sentence on what is seen.
    main : callable
        The experiment, which takes ``["--output", picture]`` and prints its figures.
    """

    title: str
    seen: str
    main: Callable[[Sequence[str]], None]


EXHIBITS = {
    "basis": Exhibit(
        "Basis functions are learnt one after the other",
        "The coefficients of the truth grow from a tiny start, one after the other, and those off "
        "the support stay as small as they were. Of a matrix the largest comes first; of the "
        "tensor (right), whose coefficients grow faster than exponentially, 5 comes before 10 "
        "because it starts larger.",
        basis.main,
    ),
    "weight_normalization": Exhibit(
        "Weight normalisation allows larger starts",
        "With lengths that move slowly (a large step ratio) a sparse vector is found from starts "
        "that are far larger than those of the plain model u² − v², as long as these are shorter "
        "than the solution (dotted). A dot far above its line is an instance that had not arrived "
        "when the budget ended.",
        weight_normalization.main,
    ),
    "compression": Exhibit(
        "A deep model compressed to 2r dimensions",
        "With γ of one or two the compressed model takes about as many iterations as the full one, "
        "to the same error, and each costs a small fraction; with a much smaller γ its spaces are "
        "late.",
        compression.main,
    ),
    "quadratic": Exhibit(
        "Networks with quadratic activations",
        "In the same number of iterations gradient descent finds the network from a small start, "
        "and from a large one, whose steps are far shorter, does not even fit the samples yet "
        "(left). With the trace correction of Algorithm 1 the recovery error ends near that of "
        "mean(y), its estimate of the trace: no sample is truncated at R = 10 mean(y). At "
        "R = 3 mean(y) the samples of large y are left out, and the floor is higher.",
        quadratic.main,
    ),
    "few_samples": Exhibit(
        "Quadratic networks from few samples: which start generalises",
        "Here every run goes on until it fits. With little more than two samples for each "
        "parameter the start decides: from a small one gradient descent comes close to the "
        "network, from a large one it fits the samples as well and misses the network; with fewer "
        "samples both miss it. With more of them, also at the size of the paper, we do not find "
        "this separation: given more iterations, and steps that grow as U shrinks, the large start "
        "arrives, too. The likely reason is that U Uᵀ is positive semidefinite, and that this "
        "leaves about one matrix which fits that many measurements of rank one.",
        few_samples.main,
    ),
    "stochastic": Exhibit(
        "Which start generalises",
        "From the identity both stochastic and full gradients fit the measurements and miss the "
        "matrix by more than its own size; from a small start gradient descent finds it.",
        stochastic.main,
    ),
    "outliers": Exhibit(
        "Outliers: the squared loss and Huber's",
        "A tenth of the measurements is grossly wrong. The squared loss fits them and misses the "
        "matrix by more than its own size. Huber's loss takes more iterations, and comes close to "
        "the error that the noise alone leaves.",
        outliers.main,
    ),
    "one_bit": Exhibit(
        "A matrix of probabilities from single bits",
        "Each entry that is seen is one bit, drawn with the probability that the matrix gives. "
        "Gradient descent on the logistic loss comes closer to the unseen probabilities than "
        "maximum likelihood under a bound on the nuclear norm.",
        one_bit.main,
    ),
}


@dataclass(frozen=True)
class Example:
    """A script of examples/ on the page; its picture is made by its own command.

    Attributes
    ----------
    title, seen : str
    """

    title: str
    seen: str


EXAMPLES = {
    "complete_elevation": Example(
        "An elevation map from 15 % of its points",
        "V Wᵀ, stopped by a tenth of the points seen that is held out (which also chooses the "
        "columns), comes closer to the unseen points than soft-impute with a penalty chosen in the "
        "same way and than the least nuclear norm. The map is not of low rank, and its details are "
        "lost in all three.",
    ),
    "quadratic_regression": Example(
        "Quadratic regression on a table of patients",
        "A network with quadratic activations and as many hidden units as inputs, stopped by a "
        "validation set, on scikit-learn's diabetes table. On the test set it explains little more "
        "than a linear fit; least squares on all products overfits.",
    ),
}


def run(folder: Path, exhibits: Mapping[str, Exhibit]) -> str:
    """Draw every picture into ``folder/figures`` and return the page that shows them."""
    parts = []
    for name, exhibit in exhibits.items():
        picture = folder / "figures" / f"{name}.png"
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exhibit.main(["--output", str(picture)])
        parts.append(
            f"## {exhibit.title}\n\n{exhibit.seen}\n\n![{exhibit.title}](figures/{name}.png)\n\n"
            f"    python -m ipgd.experiments.{name} --output {name}.png\n\n"
            f"prints\n\n```text\n{said.getvalue()}```"
        )
    parts.append(
        "# Examples on real data\n\nThese two pictures are drawn by the scripts in "
        "[examples](../examples), each by the command below it, which also prints its figures."
    )
    parts += [
        f"## {example.title}\n\n{example.seen}\n\n![{example.title}](figures/{name}.png)\n\n"
        f"    python examples/{name}.py docs/figures/{name}.png"
        for name, example in EXAMPLES.items()
    ]
    body = "\n\n".join(parts)
    return f"""\
# Experiments

Generated by `python -m ipgd.experiments.gallery --output docs` (some four minutes), which runs the
experiments of `ipgd.experiments` that draw a picture. What narrow storage costs is on a page of its
own, [storage.md](storage.md), and so is what goes with what, [pairings.md](pairings.md).

{body}
"""


def main(
    arguments: Sequence[str] | None = None, exhibits: Mapping[str, Exhibit] = EXHIBITS
) -> None:
    """Run the experiments and write the page and its pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER")
    folder: Path = parser.parse_args(arguments).output
    target = check_writable("output", folder / "experiments.md")
    (folder / "figures").mkdir(exist_ok=True)
    text = run(folder, exhibits)
    with atomic_write(target) as file:
        file.write(text.encode())


if __name__ == "__main__":
    main()

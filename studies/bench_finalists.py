"""What each setting of the finalists' training is worth: one change at a time, on validation, in int8.

`python -m studies.bench_finalists [--steps N] [--run [--network NAME] [--change NAME]...] [--json]`

Two networks made by hand on Fashion-MNIST, two seeds. What was measured is kept in `studies/finalists`;
`--run` measures what is not kept there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
import pandas as pd

from nas.problem import pose
from nas.study_file import read_study
from studies.finalists.ablation import STEPS, Reached, networks, read_ablation, run_ablation
from studies.finalists.changes import BASE, CHANGES

STUDY = "fashion_mnist"


@click.command()
@click.option("--run", is_flag=True, help="Measure what is not kept yet: hours, unless it is little.")
@click.option("--steps", default=STEPS, show_default=True, help="Of training, for every network.")
@click.option("--network", type=click.Choice(["residual", "depthwise"]), help="To run this one alone.")
@click.option(
    "--change",
    "chosen",
    multiple=True,
    type=click.Choice([change.name for change in CHANGES]),
    help="To run these alone.",
)
@click.option("--workers", default="auto", show_default=True, help="As of `nas search`.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(
    run: bool,  # noqa: FBT001 - click's own
    steps: int,
    network: str | None,
    chosen: tuple[str, ...],
    workers: str,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Prints what each change was worth."""
    rows = read_ablation()
    if run:
        problem = pose(read_study(STUDY))
        graphs = {name: graph for name, graph in networks(problem).items() if network in {None, name}}
        changes = [change for change in CHANGES if not chosen or change.name in chosen]
        rows = run_ablation(
            problem,
            graphs,
            workers,
            lambda done, of: click.echo(f"{done} of {of} trained", err=True),
            steps,
            changes,
        )
    rows = [row for row in rows if row.steps == steps]
    if not rows:
        raise click.ClickException("nothing has been measured yet: --run measures")
    table = worth(rows)
    if as_json:
        found = {"steps": steps, "changes": table.round(5).to_dict(orient="index")}
        click.echo(json.dumps(found, indent=1))
    else:
        click.echo(table.sort_values("loss_gain", ascending=False).to_string(float_format="{:.4f}".format))


def worth(rows: Sequence[Reached]) -> pd.DataFrame:
    """By change: the mean over networks and seeds of what it gains on the training as it is.

    Gains are paired: of one network and one seed. `loss_gain` is what the int8 loss falls by,
    `accuracy_gain` what the int8 accuracy rises by, `..._sd` their standard deviations, `time` the factor in
    processor time.
    """
    frame = pd.DataFrame([{name: getattr(row, name) for name in Reached.__slots__} for row in rows])
    base = frame[frame["change"] == BASE.name]
    found = {}
    for change, group in frame.groupby("change", sort=False):
        both = group.merge(base, on=["network", "seed"], suffixes=("", "_base"))
        loss = both["int8_loss_base"] - both["int8_loss"]
        accuracy = both["int8_accuracy"] - both["int8_accuracy_base"]
        found[change] = {
            "loss_gain": loss.mean(),
            "loss_gain_sd": loss.std(),
            "accuracy_gain": accuracy.mean(),
            "accuracy_gain_sd": accuracy.std(),
            "int8_accuracy": both["int8_accuracy"].mean(),
            "lost_in_int8": (both["float_accuracy"] - both["int8_accuracy"]).mean(),
            "time": (both["seconds"] / both["seconds_base"]).mean(),
            "trainings": len(both),
        }
    return pd.DataFrame.from_dict(found, orient="index")


if __name__ == "__main__":
    main()

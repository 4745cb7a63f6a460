"""What each setting of the finalists' training is worth: one change at a time, on validation, in int8.

`python -m studies.bench_finalists [--run] [--json]`

Two networks made by hand on Fashion-MNIST, 2,500 steps each, two seeds. What was measured is kept in
`studies/finalists`; `--run` measures what is not kept there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
import pandas as pd

from nas.problem import pose
from nas.study_file import read_study
from studies.finalists.ablation import Reached, networks, read_ablation, run_ablation
from studies.finalists.changes import BASE

STUDY = "fashion_mnist"


@click.command()
@click.option("--run", is_flag=True, help="Measure what is not kept yet: hours, unless it is little.")
@click.option("--workers", default="auto", show_default=True, help="As of `nas search`.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(run: bool, workers: str, as_json: bool) -> None:  # noqa: FBT001 - click's own
    """Prints what each change was worth."""
    rows = read_ablation()
    if run:
        problem = pose(read_study(STUDY))
        rows = run_ablation(
            problem,
            networks(problem),
            workers,
            lambda done, of: click.echo(f"{done} of {of} trained", err=True),
        )
    if not rows:
        raise click.ClickException("nothing has been measured yet: --run measures")
    table = worth(rows)
    if as_json:
        click.echo(json.dumps({"changes": table.round(5).to_dict(orient="index")}, indent=1))
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

"""How well cheap scores rank networks, against training each of them alone.

`python -m studies.bench_ranking [--run] [--json]`

On Fashion-MNIST, within the budget of the shipped study: 44 networks spread over all sizes and 24 whose
parameters and MACs are within 5% of one another. The reference is the validation loss of each after 2,500
steps of training alone, the mean of two seeds. What was measured is kept in `studies/ranking`; `--run`
measures what is not kept there (all of it takes hours).
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path

import click
import pandas as pd

from nas.problem import pose
from nas.study_file import read_study
from studies.ranking.judged import Judged, judge, reference_agreement
from studies.ranking.networks import read_networks
from studies.ranking.reference import read_reference, train_reference
from studies.ranking.rules import by_rule, read_rules
from studies.ranking.scores import read_scores
from studies.ranking.ways import measure_ways

STUDY = "fashion_mnist"
MEASURES = ("tau", "tau_equal_size", "top5_regret", "core_minutes")


@click.command()
@click.option("--run", is_flag=True, help="Measure what is not kept yet: hours, unless it is little.")
@click.option(
    "--supernets",
    type=click.Path(path_type=Path),
    default=Path("runs/ranking"),
    show_default=True,
    help="Where supernets and anchors are kept while ways are measured; another for other training.",
)
@click.option("--workers", default="auto", show_default=True, help="As of `nas search`.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def main(run: bool, supernets: Path, workers: str, as_json: bool) -> None:  # noqa: FBT001 - click's own
    """Prints how the ways of ranking did."""
    networks = read_networks()
    if run:
        problem = pose(read_study(STUDY))
        measure_ways(problem, networks, workers, lambda text: click.echo(text, err=True), supernets)
        train_reference(
            problem, networks, workers, lambda done, of: click.echo(f"{done} of {of} trained", err=True)
        )
    reference = read_reference()
    agreement = reference_agreement(networks, reference)
    scores = read_scores()
    judged = judge(networks, reference, [*scores, *by_rule(scores, read_rules(), networks)])
    if as_json:
        figures = {"reference_tau": agreement.spread, "reference_tau_equal_size": agreement.equal}
        click.echo(json.dumps({**figures, **_by_way(judged)}, indent=1))
        return
    click.echo(
        f"between the reference's seeds: tau {agreement.spread:.2f}, {agreement.equal:.2f} at one size"
    )
    click.echo(_table(judged).to_string(float_format="{:.3f}".format))


def _by_way(judged: Sequence[Judged]) -> dict[str, dict[str, float]]:
    """Of each measure: the mean over the seeds by way; and its standard deviation as `..._sd`."""
    table = _table(judged)
    columns = {str(name): table[name].dropna().round(4).to_dict() for name in table.columns}
    return {
        name: {str(way): float(value) for way, value in column.items()} for name, column in columns.items()
    }


def _table(judged: Sequence[Judged]) -> pd.DataFrame:
    ways = list(dict.fromkeys(one.way for one in judged))
    rows = {}
    for way in ways:
        seeds = [one for one in judged if one.way == way]
        row: dict[str, float] = {}
        for measure in MEASURES:
            values = [getattr(one, measure) for one in seeds]
            row[measure] = statistics.fmean(values)
            row[f"{measure}_sd"] = statistics.stdev(values) if len(values) > 1 else float("nan")
        rows[way] = {**row, "seeds": len(seeds)}
    return pd.DataFrame.from_dict(rows, orient="index")


if __name__ == "__main__":
    main()

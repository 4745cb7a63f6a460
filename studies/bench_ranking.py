"""How well cheap scores rank networks, against training each of them alone.

`python -m studies.bench_ranking [--run] [--json]`
"""

from __future__ import annotations

import click

from nas.problem import pose
from nas.study_file import read_study
from studies.ranking.networks import read_networks
from studies.ranking.reference import train_reference

STUDY = "fashion_mnist"


@click.command()
@click.option("--run", is_flag=True, help="Train what the reference lacks.")
def main(run: bool) -> None:  # noqa: FBT001 - click's own
    """Prints how the ways of ranking did."""
    if run:
        problem = pose(read_study(STUDY))
        train_reference(problem, read_networks(), "auto", lambda done, of: click.echo(f"{done} of {of}"))


if __name__ == "__main__":
    main()

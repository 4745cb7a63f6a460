"""`nas replan`: less memory for any int8 .tflite file, without training it anew."""

from __future__ import annotations

import json
from pathlib import Path

import click

KERNELS = ("reference", "cmsis-nn", "other")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option(
    "--kernels",
    type=click.Choice(KERNELS),
    default="reference",
    show_default=True,
    help="What will run it: TFLM's reference kernels, CMSIS-NN's, or others.",
)
@click.option(
    "--inputs",
    type=click.IntRange(min=100),
    default=100,
    show_default=True,
    help="Random inputs that both files are compared on, beside three extreme ones.",
)
@click.option("--force", is_flag=True, help="Write the file also where nothing is gained.")
@click.option("--json", "as_json", is_flag=True, help="One object with every figure.")
def replan(file: Path, to: Path, kernels: str, inputs: int, *, force: bool, as_json: bool) -> None:
    """Plan the memory of FILE, any int8 .tflite model, and write it with the plan.

    Finds the best order of its operators and the best place of every activation; weights and everything else
    stay. TensorFlow Lite Micro obeys the plan (metadata "OfflineMemoryAllocation"), other runtimes ignore it.
    Both files are executed, and the new one is only written if all outputs are equal, bit by bit, and it
    needs less memory.

    A plan for the reference kernels lets outputs lie over the parts of inputs that have been read. That is
    safe on those kernels alone: for CMSIS-NN give --kernels cmsis-nn, for any other library --kernels other.

    \b
    Examples:
      nas replan model.tflite --to smaller.tflite
      nas replan model.tflite --to smaller.tflite --kernels cmsis-nn
    """  # noqa: D301 - click's mark of lines to keep is the control character itself
    from nas.files import write_bytes
    from nas.replan.as_json import as_json as figures
    from nas.replan.replan import kernels_named
    from nas.replan.replan import replan as plan_anew
    from nas.replan.words import lines, not_worth_it

    if to.is_dir() or not to.parent.is_dir() or to.resolve() == file.resolve():
        raise ValueError(f"--to must be another file than {file}, in a folder that exists, got {to}")
    done = plan_anew(file.read_bytes(), kernels_named(kernels), inputs)
    writes = done.gains or force
    if writes:
        write_bytes(to, done.planned.data)
    if as_json:
        click.echo(json.dumps(figures(done, str(to) if writes else None), indent=1, ensure_ascii=False))
        return
    for line in lines(done):
        click.echo(line)
    click.echo(f"written: {to}" if writes else not_worth_it(done))

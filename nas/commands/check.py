"""`nas check`: what any int8 .tflite file costs, and whether it fits."""

from __future__ import annotations

import json
from pathlib import Path

import click

DOES_NOT_FIT = 1


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--target", default="host", show_default=True, help="A device of `nas targets`, or a .toml file."
)
@click.option("--activations", metavar="SIZE", help="Most bytes of activations, the arena's head: 12600B.")
@click.option(
    "--ram", metavar="SIZE", help="Most bytes of the whole arena, e.g. 64KB.  [default: the target's]"
)
@click.option("--flash", metavar="SIZE", help="Most bytes of the file, e.g. 128KB.  [default: the target's]")
@click.option("--latency", metavar="TIME", help="Longest inference on the target, e.g. 40ms.")
@click.option("--energy", metavar="ENERGY", help="Most predicted energy an inference, e.g. 500uJ.")
@click.option("--macs", metavar="COUNT", help="Most multiply-accumulates, e.g. 4.4M.")
@click.option("--json", "as_json", is_flag=True, help="One object with every figure.")
@click.option(
    "--picture", type=click.Path(path_type=Path), help="Draw the memory: a .svg, .png or .html file."
)
@click.pass_context
def check(
    ctx: click.Context, file: Path, target: str, picture: Path | None, *, as_json: bool, **limits: str | None
) -> None:
    """Say what FILE, any int8 .tflite model, costs on a device, and whether it fits.

    Arena, file, multiply-accumulates, latency and energy, op by op; the arena is predicted, and recorded by
    TensorFlow Lite Micro where it can load the model. Ends with 0 if the model fits or no limit is given,
    with 1 if it does not fit or that is not known, and with 2 if the file is no int8 model.

    \b
    Examples:
      nas check model.tflite
      nas check model.tflite --target stm32l4r5 --ram 64KB --latency 100ms
      nas check model.tflite --json --picture memory.svg
    """  # noqa: D301 - click's mark of lines to keep is the control character itself
    from constraints.budget import Budget
    from constraints.target import load_target
    from nas.check.as_json import as_json as objects
    from nas.check.check import check_file
    from nas.tflite_file.read import read_bytes

    if picture is not None:
        from nas.check.picture.draw import check_name

        check_name(picture)
    budget = Budget.parse(**limits)
    data = read_bytes(file)
    result = check_file(file.name, data, load_target(target), budget)
    if picture is not None:
        from nas.check.picture.draw import draw

        draw(result, picture)
    if as_json:
        click.echo(json.dumps(objects(result), indent=1, ensure_ascii=False))
    else:
        from rich.console import Console

        from nas.check.terminal import report

        Console().print(report(result))
    if result.limits and not result.fits:
        ctx.exit(DOES_NOT_FIT)

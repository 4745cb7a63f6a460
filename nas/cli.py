"""The command line. Heavy imports stand inside the commands, so that `nas --help` answers at once."""

from __future__ import annotations

import contextlib
import errno
import json
import shlex
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nas.commands.check import check
from nas.commands.chosen_study import chosen_study, free_folder
from nas.commands.replan import replan

if TYPE_CHECKING:
    from nas.display import Display

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
FAILED = 2
INTERRUPTED = 130
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What a write ends in where there is no room: the disk is full, or a quota or a limit is reached."""


class Commands(click.Group):
    """Turns every failure that a user can mend into one sentence and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # whoever read the output has had enough: click ends quietly
        except (ValueError, OSError) as error:
            click.echo(f"nas: {sentence(error, _begun_run(ctx))}", err=True)
            ctx.exit(FAILED)
        except KeyboardInterrupt:
            run = _begun_run(ctx)
            hint = "" if run is None else f"; go on with `nas resume {shlex.quote(run)}`"
            click.echo(f"nas: interrupted{hint}", err=True)
            ctx.exit(INTERRUPTED)


def sentence(error: Exception, run: str | None = None) -> str:
    """What an error says, on one line; a failed read or write names its file and what to do.

    `run` is the run folder, where the error leaves one that can be gone on with.
    """
    if isinstance(error, OSError) and error.strerror:
        where = f" {error.filename}" if error.filename else f" in {run}" if run else ""
        again = "try again" if run is None else f"go on with `nas resume {shlex.quote(run)}`"
        advice = f"make room there, then {again}" if error.errno in FULL else "check the path and its rights"
        return f"cannot read or write{where}: {error.strerror.lower()}; {advice}"
    return " ".join(str(error).split()) or type(error).__name__


def _begun_run(ctx: click.Context) -> str | None:
    """The run folder of the command, if a run has begun in it."""
    folder = ctx.meta.get("nas.run_files.run_folder")
    return folder if folder and Path(folder, "study.toml").exists() else None


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(package_name="budget-nas", prog_name="nas")
def main() -> None:
    """Neural architecture search for devices with little memory.

    A data set and a budget in; a Pareto front of trained int8 networks out, each executed by TensorFlow Lite
    Micro. Start with: nas search digits
    """


main.add_command(check)
main.add_command(replan)


@main.command()
@click.argument("study", required=False)
@click.option("--data", help="digits, fashion_mnist, mnist, a folder of images or of idx files, or an .npz.")
@click.option("--activations", metavar="SIZE", help="Most bytes of activations, the arena's head: 12600B.")
@click.option("--ram", metavar="SIZE", help="Most bytes of the whole arena, e.g. 64KB or 64KiB.")
@click.option("--flash", metavar="SIZE", help="Most bytes of the model file, e.g. 128KB.")
@click.option("--latency", metavar="TIME", help="Longest predicted inference on the target, e.g. 40ms.")
@click.option("--energy", metavar="ENERGY", help="Most predicted energy an inference, e.g. 500uJ.")
@click.option("--macs", metavar="COUNT", help="Most multiply-accumulates, e.g. 4.4M.")
@click.option("--target", help="A device of `nas targets`, or your own .toml file.  [default: host]")
@click.option("--space", help="tiny_images, images, signals, or your own .py file.  [default: by the data]")
@click.option(
    "--controller",
    help="hypervolume-gain, nsga2, regularized-evolution, tpe, gp, reinforce or random-search.  "
    "[default: hypervolume-gain]",
)
@click.option(
    "--score",
    help="How candidates are: trained (from random weights), inherited (a supernet's weights), or tuned (and "
    "some steps of training).  [default: trained]",
)
@click.option("--minutes", type=float, help="Wall clock for everything.  [default: the study's, else 30]")
@click.option(
    "--steps",
    metavar="SUPERNET,TRIALS,FINALIST",
    help="Instead of minutes, e.g. 2000,200,4000: training steps of the supernet, networks scored, training "
    "steps of a finalist. Two runs of one seed are then equal to the bit.",
)
@click.option("--finalists", type=int, help="How many networks are trained to the end.  [default: 6]")
@click.option(
    "--seeds", type=int, help="Train every finalist so many times; the spread is reported.  [default: 1]"
)
@click.option(
    "--teachers",
    type=int,
    help="Wider networks, whatever the budget, that teach the finalists; 0 for none.  [default: 2]",
)
@click.option("--seed", type=int, help="Of all randomness.  [default: 0]")
@click.option("--workers", help="auto, inline, a number of processes, ray or ray:HOST:PORT.  [default: auto]")
@click.option("--storage", metavar="URL", help="Optuna storage for the trials.  [default: in the run folder]")
@click.option("--baseline", metavar="FILE", help="An int8 .tflite model to beat: drawn beside the front.")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder.  [default: runs/NAME]")
@click.pass_context
def search(ctx: click.Context, study: str | None, out: Path | None, **given: Any) -> None:  # noqa: ANN401 - click's own
    """Search networks for STUDY (a .toml file or a shipped name) or for --data.

    Options override what the study file says.

    \b
    Examples:
      nas search digits
      nas search fashion_mnist --activations 12600B --flash 63600B --minutes 30
      nas search --data my_images/ --ram 64KB --flash 128KB --target stm32f446
    """  # noqa: D301 - click's mark of lines to keep is the control character itself
    chosen = chosen_study(study, given)
    path = out or free_folder(Path("runs") / chosen.name)
    ctx.meta["nas.run_files.run_folder"] = str(path)
    with _sitting() as display:
        from nas.pipeline import begin  # torch and optuna take two seconds

        begin(chosen, path, display)


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.pass_context
def resume(ctx: click.Context, run: Path) -> None:
    """Go on with an interrupted RUN from its last complete step.

    With budgets in steps it ends where it would have ended. A finished run gets its report anew.

    \b
    Example:
      nas resume runs/digits
    """  # noqa: D301 - click's mark of lines to keep is the control character itself
    ctx.meta["nas.run_files.run_folder"] = str(run)
    with _sitting() as display:
        from nas.pipeline import resume as go_on  # torch and optuna

        go_on(run, display)


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="A list of objects, best first.")
@click.option("--all", "with_others", is_flag=True, help="With --json, also the finalists off the front.")
def front(run: Path, *, as_json: bool, with_others: bool) -> None:
    """Show the Pareto front of RUN, the most accurate on validation first.

    \b
    Examples:
      nas front runs/digits
      nas front runs/digits --json
    """  # noqa: D301 - click's mark of lines to keep is the control character itself
    from nas.run import load_run

    loaded = load_run(run)
    if as_json:
        shown = loaded.finalists if with_others else loaded.front
        click.echo(json.dumps([candidate.card for candidate in shown], indent=1, ensure_ascii=False))
        return
    from rich.console import Console

    from nas.report.table import front_table
    from nas.run_files.finalist_point import finalist_point

    points = [finalist_point(candidate.card) for candidate in loaded.finalists]
    Console().print(front_table(points, loaded.baseline))


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.pass_context
def report(ctx: click.Context, run: Path) -> None:
    """Write the report of RUN anew and say where it is.

    \b
    Example:
      nas report runs/digits
    """  # noqa: D301 - click's mark of lines to keep is the control character itself
    ctx.meta["nas.run_files.run_folder"] = str(run)
    with _sitting() as display:
        from nas.pipeline import rewrite_report  # torch and optuna

        click.echo(rewrite_report(run, display))


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--pick", default="best", show_default=True, help="A digest, its first letters, or best.")
@click.option("--to", type=click.Path(path_type=Path), required=True, help="The folder to write to.")
@click.option("--format", "formats", default="torch,tflite,onnx", show_default=True, help="Which files.")
def export(run: Path, pick: str, to: Path, formats: str) -> None:
    """Copy one network of RUN out: a torch module, .tflite and .onnx files, and its card.

    \b
    Examples:
      nas export runs/digits --to my_model/
      nas export runs/digits --pick 3f9a --to firmware/ --format tflite
    """  # noqa: D301 - click's mark of lines to keep is the control character itself
    from nas.run import load_run

    wanted = [name.strip() for name in formats.split(",") if name.strip()]
    for path in load_run(run).pick(pick).export(to, wanted):
        click.echo(path)


@main.command()
@click.option(
    "--json", "as_json", is_flag=True, help="A list of objects, each with the sources of its numbers."
)
def targets(*, as_json: bool) -> None:
    """List the devices that networks can be searched for.

    \b
    Examples:
      nas targets
      nas targets --json
    """  # noqa: D301 - click's mark of lines to keep is the control character itself
    from nas.target_table import target_rows, target_table

    if as_json:
        click.echo(json.dumps(target_rows(), indent=1, ensure_ascii=False))
        return
    from rich.console import Console

    Console().print(target_table())


@contextlib.contextmanager
def _sitting() -> Iterator[Display]:
    """Something to show progress on; a request to terminate ends the sitting as Ctrl-C does."""
    from nas.display import LiveDisplay, PlainDisplay  # rich

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if sys.stderr.isatty():
            with LiveDisplay() as live:
                yield live
        else:
            yield PlainDisplay()
    finally:
        signal.signal(signal.SIGTERM, before)

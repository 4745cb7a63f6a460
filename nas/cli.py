"""The command line. Heavy imports stand inside the commands, so that `nas --help` answers at once."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from nas.display import Display
    from nas.study import Study

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
FAILED = 2
INTERRUPTED = 130


class Commands(click.Group):
    """Turns every failure that a user can mend into one sentence and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except (ValueError, OSError) as error:
            click.echo(f"nas: {sentence(error)}", err=True)
            ctx.exit(FAILED)
        except KeyboardInterrupt:
            folder = ctx.meta.get("nas.run_folder")
            hint = f"; go on with `nas resume {folder}`" if folder and Path(folder, "study.toml").exists() else ""
            click.echo(f"nas: interrupted{hint}", err=True)
            ctx.exit(INTERRUPTED)


def sentence(error: Exception) -> str:
    """What an error says, on one line; a failed write names its file and what to do."""
    if isinstance(error, OSError) and error.strerror:
        where = f" {error.filename}" if error.filename else ""
        advice = "free some space there, then `nas resume`" if error.errno == 28 else "check the path and its rights"
        return f"cannot read or write{where}: {error.strerror.lower()}; {advice}"
    return " ".join(str(error).split()) or type(error).__name__


@click.group(cls=Commands, context_settings=CONTEXT)
@click.version_option(package_name="budget-nas", prog_name="nas")
def main() -> None:
    """Neural architecture search for devices with little memory.

    A data set and a budget in; a Pareto front of trained int8 networks out, each executed by TensorFlow Lite
    Micro. Start with: nas search digits
    """


@main.command()
@click.argument("study", required=False)
@click.option("--data", help="digits, fashion_mnist, mnist, a folder of images or idx files, or an .npz file.")
@click.option("--activations", metavar="SIZE", help="Most bytes of activations (the arena's head), e.g. 12600B.")
@click.option("--ram", metavar="SIZE", help="Most bytes of the whole arena, e.g. 64KB or 64KiB.")
@click.option("--flash", metavar="SIZE", help="Most bytes of the model file, e.g. 128KB.")
@click.option("--latency", metavar="TIME", help="Longest predicted inference on the target, e.g. 40ms.")
@click.option("--energy", metavar="ENERGY", help="Most predicted energy an inference, e.g. 500uJ.")
@click.option("--macs", metavar="COUNT", help="Most multiply-accumulates, e.g. 4.4M.")
@click.option("--target", help="A device of `nas targets`, or your own .toml file.  [default: host]")
@click.option("--space", help="tiny_images, images, signals, or your own .py file.  [default: by the data]")
@click.option("--controller", help="nsga2, regularized-evolution or random-search.  [default: nsga2]")
@click.option("--minutes", type=float, help="Wall clock for everything.  [default: the study's, else 30]")
@click.option("--finalists", type=int, help="How many networks are trained to the end.  [default: 6]")
@click.option("--seed", type=int, help="Of all randomness.  [default: 0]")
@click.option("--workers", help="auto, inline, a number of processes, or ray[:ADDRESS].  [default: auto]")
@click.option("--storage", metavar="URL", help="Optuna storage for the trials.  [default: a file in the run folder]")
@click.option("--out", type=click.Path(path_type=Path), help="The run folder.  [default: runs/NAME]")
@click.pass_context
def search(ctx: click.Context, study: str | None, out: Path | None, **given: Any) -> None:  # noqa: ANN401 - click's own
    """Search networks for STUDY (a .toml file or a shipped name) or for --data.

    Options override what the study file says.

    \b
    nas search digits
    nas search fashion_mnist --activations 12600B --flash 63600B --minutes 30
    nas search --data my_images/ --ram 64KB --flash 128KB --target stm32f446
    """
    chosen = _study(study, given)
    path = out or _free_folder(Path("runs") / chosen.name)
    ctx.meta["nas.run_folder"] = str(path)
    from nas.pipeline import begin  # noqa: PLC0415 - torch and optuna

    with _display() as display:
        begin(chosen, path, display)


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.pass_context
def resume(ctx: click.Context, run: Path) -> None:
    """Go on with an interrupted RUN from its last complete step."""
    ctx.meta["nas.run_folder"] = str(run)
    from nas.pipeline import resume as go_on  # noqa: PLC0415 - torch and optuna

    with _display() as display:
        go_on(run, display)


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="A list of objects, best first.")
@click.option("--all", "with_others", is_flag=True, help="With --json, also the finalists off the front.")
def front(run: Path, as_json: bool, with_others: bool) -> None:  # noqa: FBT001 - click's own
    """Show the Pareto front of RUN, the most accurate on validation first."""
    from nas.run import load_run  # noqa: PLC0415 - optuna

    loaded = load_run(run)
    if as_json:
        shown = loaded.finalists if with_others else loaded.front
        click.echo(json.dumps([candidate.card for candidate in shown], indent=1, ensure_ascii=False))
        return
    from rich.console import Console  # noqa: PLC0415

    from nas.phases.report import finalist_point  # noqa: PLC0415
    from nas.report.table import front_table  # noqa: PLC0415

    Console().print(front_table([finalist_point(candidate.card) for candidate in loaded.finalists]))


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
def report(run: Path) -> None:
    """Write the report of RUN anew and say where it is."""
    from nas.pipeline import rewrite_report  # noqa: PLC0415 - torch and optuna

    with _display() as display:
        click.echo(rewrite_report(run, display))


@main.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--pick", default="best", show_default=True, help="A digest, its first letters, or best.")
@click.option("--to", type=click.Path(path_type=Path), required=True, help="The folder to write to.")
@click.option("--format", "formats", default="torch,tflite,onnx", show_default=True, help="Which files.")
def export(run: Path, pick: str, to: Path, formats: str) -> None:
    """Copy one network of RUN out: a torch module, .tflite and .onnx files, and its card."""
    from nas.run import load_run  # noqa: PLC0415 - optuna

    wanted = [name.strip() for name in formats.split(",") if name.strip()]
    for path in load_run(run).pick(pick).export(to, wanted):
        click.echo(path)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="A list of objects.")
def targets(as_json: bool) -> None:  # noqa: FBT001 - click's own
    """List the devices that networks can be searched for."""
    from nas.target_table import target_rows, target_table  # noqa: PLC0415

    if as_json:
        click.echo(json.dumps(target_rows(), indent=1, ensure_ascii=False))
        return
    from rich.console import Console  # noqa: PLC0415

    Console().print(target_table())


def _study(name: str | None, given: dict[str, Any]) -> Study:
    """The study as its file and the options say.

    Raises:
        ValueError: an option or the file is wrong, or there is neither study nor data.
    """
    from nas.study import Study  # noqa: PLC0415
    from nas.study_file import BUDGET_KEYS, read_study, with_budget  # noqa: PLC0415

    budget = {key: given.pop(key) for key in BUDGET_KEYS}
    changes = {key: value for key, value in given.items() if value is not None}
    if name is not None:
        study = read_study(name)
    elif "data" in changes:
        study = Study(name=Path(changes["data"]).stem or "search", data=changes["data"])
    else:
        raise ValueError("say what to search for: a study, e.g. `nas search digits`, or --data with your own images")
    if "minutes" in changes:
        changes["steps"] = None
    return with_budget(replace(study, **changes), budget)


def _free_folder(path: Path) -> Path:
    """`path`, or the first of path-2, path-3 ... that does not exist."""
    if not path.exists():
        return path
    return next(free for number in range(2, 10_000) if not (free := path.with_name(f"{path.name}-{number}")).exists())


@contextlib.contextmanager
def _display() -> Iterator[Display]:
    from nas.display import LiveDisplay, PlainDisplay  # noqa: PLC0415 - rich

    if sys.stderr.isatty():
        with LiveDisplay() as live:
            yield live
    else:
        yield PlainDisplay()

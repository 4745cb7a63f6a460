import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from nas.cli import main

HEAVY = ("torch", "ray", "optuna", "plotly", "numpy", "pandas", "onnx", "sklearn", "rich")


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


@pytest.mark.parametrize("arguments", [["--help"], ["search", "--help"], ["front", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    told = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    words = _python(f"{told}; from nas.cli import main; main({arguments})").stderr.split()
    assert "click" in words
    assert not set(HEAVY) & set(words)


def test_help_answers_within_three_tenths_of_a_second() -> None:
    program = Path(sys.executable).with_name("nas")
    command = (
        [str(program)] if program.exists() else [sys.executable, "-c", "from nas.cli import main; main()"]
    )
    took = []
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([*command, "--help"], check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.3


def test_importing_the_package_is_light_and_still_offers_every_name() -> None:
    words = _python("import nas, sys; print(*dir(nas), '|', *sys.modules)").stdout
    offered, modules = (part.split() for part in words.split("|"))
    assert {"search", "load_run", "Study", "Budget", "Candidate"} <= set(offered)
    assert not set(HEAVY) & set(modules)


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    shown = CliRunner().invoke(main, [command, "--help"]).output
    examples = shown.split("Example")[1].split("\n\n")[0].splitlines()[1:]
    assert examples
    assert all(line.strip().startswith(f"nas {command}") for line in examples)


@pytest.mark.parametrize("command", [[], *([name] for name in sorted(main.commands))], ids=" ".join)
def test_no_help_shows_a_mark_of_its_source(command: list[str]) -> None:
    shown = CliRunner().invoke(main, [*command, "--help"]).output
    assert "\\" not in shown
    assert "\b" not in shown


def test_a_front_is_read_without_torch() -> None:
    imports = "import nas.run, nas.run_files.finalist_point, nas.report.table, sys"
    words = _python(f"{imports}; print(*sys.modules)").stdout.split()
    assert not {"torch", "optuna", "onnx", "ray", "plotly"} & set(words)

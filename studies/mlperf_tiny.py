"""Published latencies of the MLPerf Tiny networks, by board and software stack.

The table is a CSV with a row for each published latency and the columns version, org, system, benchmark,
latency_ms, energy_uJ, board, freq ("120 MHz") and framework, gathered from
github.com/mlcommons/tiny_results_v0.5 to v1.3.
"""

from __future__ import annotations

import csv
import re
import statistics
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

FEWEST_NETWORKS = 3
_SOCS = {"L4R5": "NUCLEO-L4R5ZI", "H7A3": "NUCLEO-H7A3ZI-Q", "G0B1": "NUCLEO-G0B1RE", "5340": "nRF5340-DK"}
# Which X-CUBE-AI these are: the rows that Krai published again, with the version, in v1.1 are equal to those
# of v1.0.
_CUBE_BY_VERSION = {"v0.7": "7.0", "v1.0": "7.3"}
# Submitted under the name of the engine alone.
_PLUMERAI_BY_VERSION = {"v0.7": "of v0.7", "v1.0": "of v1.0"}

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Measured:
    """Cycles of whole networks on one board with one version of a stack; resubmissions are averaged."""

    board: str
    stack: str
    clock_hz: float
    cycles: dict[str, float]

    @property
    def family(self) -> str:
        """The stack without its version."""
        return re.split(r" (?:v?\d|of )", self.stack)[0]

    @property
    def name(self) -> str:
        """Board and stack."""
        return f"{self.board}, {self.stack}"


@dataclass(frozen=True, slots=True)
class Power:
    """Milliwatts of one submission while it runs each network: published energy over published latency."""

    name: str
    board: str
    stack: str
    milliwatts: dict[str, float]

    @property
    def median_mw(self) -> float:
        """Median over its networks."""
        return statistics.median(self.milliwatts.values())

    @property
    def left_out_errors(self) -> dict[str, float]:
        """Relative error, by network, of the median over the other networks."""
        return {
            name: statistics.median(mw for other, mw in self.milliwatts.items() if other != name) / own - 1
            for name, own in self.milliwatts.items()
            if len(self.milliwatts) > 1
        }


def read_measured(path: Path) -> list[Measured]:
    """What the table has of int8 networks, by board and stack, where at least three networks were run."""
    groups: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in _rows(path):
        groups[board_of(row), stack_of(row)].append(row)
    found = [_measured(board, stack, rows) for (board, stack), rows in sorted(groups.items())]
    return [one for one in found if len(one.cycles) >= FEWEST_NETWORKS]


def read_power(path: Path) -> list[Power]:
    """The power of every submission that published energy."""
    groups: defaultdict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
    for row in _rows(path):
        if row["energy_uJ"]:
            name = f"{row['version']} {row['org']} {row['system']}"
            milliwatts = float(row["energy_uJ"]) / float(row["latency_ms"])
            groups[name, board_of(row), stack_of(row)][row["benchmark"]] = milliwatts
    return [Power(*key, milliwatts) for key, milliwatts in sorted(groups.items())]


def board_of(row: Row) -> str:
    """The board, under one spelling."""
    plain = row["board"].upper().replace(" ", "")
    return next((name for word, name in _SOCS.items() if word in plain), row["board"])


def stack_of(row: Row) -> str:
    """The software stack with its version, as far as the row tells it."""
    framework = row["framework"] or row["system"]
    if "CUBE" in framework.upper():
        return f"X-CUBE-AI {_cube_version(framework, row['version'])}"
    if framework.startswith("microTVM"):
        native = "NATIVE" in row["system"].upper()
        return "microTVM" if native else "microTVM with CMSIS-NN"
    if framework.startswith("Plumerai"):
        return f"Plumerai {_PLUMERAI_BY_VERSION.get(row['version'], framework.split()[-1])}"
    if "HALE" in framework:
        return f"Bosch HALE {framework.split()[-1]}"
    if framework.startswith("TensorFlow Lite"):
        return f"TFLM with CMSIS-NN {framework.split()[-1]}"
    return f"{framework} {row['system'].split('-')[-1]}" if framework == "ONNC" else framework


def _cube_version(framework: str, version: str) -> str:
    found = re.search(r"(?:v|AI-)(\d+\.\d+)", framework)
    return found.group(1) if found else _CUBE_BY_VERSION.get(version, version)


def _measured(board: str, stack: str, rows: list[Row]) -> Measured:
    clock_hz = float(rows[0]["freq"].split()[0]) * 1e6
    times: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        times[row["benchmark"]].append(float(row["latency_ms"]))
    cycles = {name: statistics.mean(ms) / 1e3 * clock_hz for name, ms in sorted(times.items())}
    return Measured(board, stack, clock_hz, cycles)


def _rows(path: Path) -> list[Row]:
    """All rows but those of float networks and of builds for one network (max_performance, min_ram)."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if not re.search("float|max_perf|min_ram", row["system"])]

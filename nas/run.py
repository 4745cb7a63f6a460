"""A finished run, as a program sees it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from constraints.budget import Budget
from nas.baseline.saved import saved_point
from nas.report.data import BaselinePoint
from nas.run_files.cards import Card, executed_as_on_target, layout_of
from nas.run_files.finished import check_finished, read_cards, read_run_study, sha256
from nas.run_files.run_folder import RunFolder, sound
from nas.study import Study
from search_spaces.graph import Graph

if TYPE_CHECKING:
    from torch import nn

FORMATS = {"torch": ("module", "weights"), "tflite": ("tflite", "tflite_plain"), "onnx": ("onnx",)}


class UnknownCandidate(ValueError):
    """No network of the run answers to a digest or to a budget."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One trained network of a run; `card` holds everything that is known of it (see card.json)."""

    card: Card
    run_path: Path

    @property
    def digest(self) -> str:
        """Its name."""
        return self.card["digest"]

    @property
    def val_accuracy(self) -> float:
        """int8, a fraction of 1."""
        return self.card["val_accuracy"]

    @property
    def test_accuracy(self) -> float:
        """int8, a fraction of 1."""
        return self.card["test_accuracy"]

    @property
    def activations_bytes(self) -> int:
        """The arena's head on the target: measured where its kernels executed the file, else predicted."""
        return self._memory("activations_bytes")

    @property
    def arena_bytes(self) -> int:
        """The whole arena on the target: measured where its kernels executed the file, else predicted."""
        return self._memory("arena_bytes")

    @property
    def flash_bytes(self) -> int:
        """The model file."""
        return _best_known(self.card["flash_bytes"])

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return self.card["macs"]

    @property
    def latency_ms(self) -> float | None:
        """Predicted for the run's target, or estimated by its compiler; None where neither is known."""
        return self.card["latency_ms"]

    @property
    def verified(self) -> bool:
        """Whether TensorFlow Lite Micro executed it within the budget, with the outputs expected."""
        return self.card["verified"]

    @property
    def graph(self) -> Graph:
        """The network, built anew from its genes."""
        return layout_of(self.card).graph

    def file(self, name: str) -> Path:
        """The path of one of its files: "tflite", "tflite_plain", "module", "weights", "onnx" or "card"."""
        return self.run_path / self.card["files"][name]

    def module(self) -> nn.Module:
        """The trained network as a torch module, from its own `model.py`.

        Raises:
            BadRun: a file of it is gone or damaged.
        """
        from nas.export.load_module import load_module

        for name in FORMATS["torch"]:
            self._content(name)
        return load_module(self.file("module").parent)

    def export(self, to: Path, formats: Sequence[str] = tuple(FORMATS)) -> list[Path]:
        """Copies its files into the folder `to`, all or none; the card comes with every format.

        Raises:
            ValueError: a format is not known, or none is given, or `to` is a file.
            BadRun: a file of the run is gone or damaged.
            OSError: the files cannot be written.
        """
        unknown = [name for name in formats if name not in FORMATS]
        if unknown or not formats:
            given = repr(unknown[0]) if unknown else "none"
            raise ValueError(f"format must be out of {', '.join(FORMATS)}, got {given}")
        if to.exists() and not to.is_dir():
            raise ValueError(f"--to must be a folder, but {to} is a file")
        names = dict.fromkeys(name for wanted in formats for name in FORMATS[wanted])
        return _write_together(to, {self.file(name).name: self._content(name) for name in (*names, "card")})

    def _memory(self, name: str) -> int:
        known = self.card[name] if executed_as_on_target(self.card) else None
        return self.card["on_target"][name] if known is None else _best_known(known)

    def _content(self, name: str) -> bytes:
        """A file as it was when the card was written."""
        path = self.file(name)
        with sound(path, f"delete it, and {RunFolder(self.run_path).resuming} makes it anew"):
            content = path.read_bytes()
            known = self.card.get("sha256", {}).get(name)
            if known is not None and known != sha256(content):
                raise ValueError(f"{path} has changed")
        return content


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder that has been read; `finalists` are all networks trained to the end, best first.

    `baseline` is the given model to beat, where there is one.
    """

    path: Path
    study: Study
    finalists: tuple[Candidate, ...]
    baseline: BaselinePoint | None = None

    @property
    def front(self) -> list[Candidate]:
        """The Pareto front, best validation accuracy first."""
        return [candidate for candidate in self.finalists if candidate.card["on_front"]]

    def best(
        self, activations: str | None = None, ram: str | None = None, flash: str | None = None
    ) -> Candidate:
        """The front's most accurate (int8, validation), or the most accurate within tighter limits.

        Raises:
            UnknownCandidate: the front is empty, or nothing on it fits.
            BadAmount: a limit cannot be read.
        """
        budget = Budget.parse(activations=activations, ram=ram, flash=flash)
        for candidate in self.front:
            needs = (candidate.activations_bytes, candidate.arena_bytes, candidate.flash_bytes)
            limits = zip(needs, budget.limits[:3], strict=True)
            if all(limit is None or need <= limit for need, limit in limits):
                return candidate
        what = "fits these limits" if self.front else "is on it"
        raise UnknownCandidate(
            f"no network of the front of {self.path} {what}; `nas front {self.path}` lists it"
        )

    def pick(self, digest: str) -> Candidate:
        """The finalist whose digest is, or begins with, `digest`; "best" is the best of the front.

        Raises:
            UnknownCandidate: none or several do.
        """
        if digest == "best":
            return self.best()
        found = [candidate for candidate in self.finalists if candidate.digest.startswith(digest)]
        if len(found) != 1:
            known = ", ".join(candidate.digest for candidate in self.finalists)
            what = "no finalist" if not found else f"more than one finalist ({len(found)})"
            raise UnknownCandidate(f"{what} of {self.path} answers to {digest!r}; there are {known}")
        return found[0]


def load_run(path: str | Path) -> Run:
    """Reads the folder of a finished run.

    Raises:
        BadRun: there is no run, it has not finished, or it is damaged.
    """
    folder = RunFolder(Path(path))
    study = read_run_study(folder)
    check_finished(folder)
    finalists = tuple(Candidate(card, folder.path) for card in read_cards(folder))
    return Run(folder.path, study, finalists, saved_point(folder))


def _write_together(to: Path, contents: Mapping[str, bytes]) -> list[Path]:
    """Files of one folder, all of them or none: written beside their places first, then renamed into them."""
    existed = to.exists()
    to.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=to, prefix=".export-") as beside:
            for name, content in contents.items():
                Path(beside, name).write_bytes(content)
            return [Path(beside, name).replace(to / name) for name in contents]
    except OSError as error:
        if not existed:
            with suppress(OSError):
                to.rmdir()
        raise OSError(error.errno, error.strerror, str(to)) from error


def _best_known(known: dict[str, int | None]) -> int:
    value = known["predicted"] if known["measured"] is None else known["measured"]
    assert value is not None
    return value

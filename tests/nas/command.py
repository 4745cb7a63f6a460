"""Runs `nas` in this process, as a shell would."""

from __future__ import annotations

import os
from dataclasses import dataclass

from click.testing import CliRunner

from nas.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def sentence(self) -> str:
        """The one sentence of a command that was refused."""
        assert self.code == 2, self.stderr
        assert self.stdout == ""
        line = self.stderr.splitlines()[-1]
        assert line.startswith("nas: ")
        assert "Traceback" not in self.stderr
        return line.removeprefix("nas: ")


def nas(*arguments: object) -> Ended:
    """Any exception that the command does not turn into a sentence fails the test."""
    result = CliRunner().invoke(
        main, [os.fspath(a) if isinstance(a, os.PathLike) else str(a) for a in arguments]
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def refused(*arguments: object) -> str:
    """What a command says that must be refused in one line and nothing else."""
    ended = nas(*arguments)
    assert ended.stderr.count("\n") == 1
    return ended.sentence

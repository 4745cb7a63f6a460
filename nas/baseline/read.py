"""Reads the model file that a search is to beat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nas.tflite_file.flatbuffer import BadModelFile
from nas.tflite_file.model import FileModel
from nas.tflite_file.read import read_model


class BadBaseline(ValueError):
    """A baseline is no model that anything could be compared with."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A model file: what it is called, its bytes, and what they say."""

    name: str
    data: bytes
    model: FileModel


def read_baseline(path: Path) -> Baseline:
    """The model of a file, called as the file is.

    Raises:
        BadBaseline: it is no sound int8 model.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    try:
        return Baseline(path.name, data, read_model(data))
    except BadModelFile as error:
        raise BadBaseline(f"baseline {path}: {error}") from error

"""An exported folder's `model.py`, executed and filled with its weights."""

from __future__ import annotations

from importlib.abc import SourceLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

from safetensors import SafetensorError
from torch import nn

MODEL = "model.py"
WEIGHTS = "weights.safetensors"


class ModuleNotLoadable(ValueError):
    """A folder does not hold a module and the weights that fit it."""


def load_module(folder: Path) -> nn.Module:
    """The torch module of a folder with `model.py` and `weights.safetensors`, ready to classify.

    Executes `model.py`: load only what you have exported yourself, or read.

    Raises:
        ModuleNotLoadable: a file is missing, or the weights are not the module's.
    """
    for name in (MODEL, WEIGHTS):
        if not (folder / name).is_file():
            raise ModuleNotLoadable(f"{folder} must hold {MODEL} and {WEIGHTS}, has no {name}: export again")
    loader = _Source((folder / MODEL).resolve())
    spec = spec_from_loader(f"exported_{folder.resolve().name}", loader)
    assert spec is not None  # only a loader that cannot name its module gives none
    module = module_from_spec(spec)
    loader.exec_module(module)
    try:
        return module.load()
    except (SafetensorError, RuntimeError) as error:
        raise ModuleNotLoadable(
            f"{folder / WEIGHTS} must hold the tensors of {MODEL} beside it, and does not: export both again"
        ) from error


class _Source(SourceLoader):
    """Reads one source file; without the file's date no bytecode is written beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 - the protocol's
        """The path of the source file, whatever the module is called."""
        return str(self.path)

    def get_data(self, path: str) -> bytes:
        """The file's bytes."""
        return Path(path).read_bytes()

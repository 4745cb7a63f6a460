import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nas.data.bad_data import BadData
from nas.data.digits import Digits
from nas.data.folder import ImageFolder
from nas.data.idx_directory import IdxDirectory
from nas.data.npz import NpzFile
from nas.data.published_idx import FASHION_MNIST, MNIST
from nas.data.source import parse_source
from tests.nas.data.samples import write_folder, write_idx


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_idx(tmp_path / "idx", packed=True)
    write_folder(tmp_path / "pictures")
    write_folder(tmp_path / "odd@48")
    np.savez(tmp_path / "signals.npz", x_train=np.zeros((4, 2)), y_train=np.arange(4) % 2)
    (tmp_path / "table.csv").write_text("1,2")
    return tmp_path


def test_names_and_paths_are_told_apart(here: Path):
    assert parse_source("digits") == Digits()
    assert parse_source("fashion_mnist") == FASHION_MNIST
    assert parse_source("mnist") == MNIST
    assert parse_source("idx") == IdxDirectory(here / "idx")
    assert parse_source("pictures/") == ImageFolder(here / "pictures")
    assert parse_source("./pictures@24") == ImageFolder(here / "pictures", 24)
    assert parse_source("odd@48") == ImageFolder(here / "odd@48")
    assert parse_source("odd@48@24") == ImageFolder(here / "odd@48", 24)
    assert parse_source("signals.npz") == NpzFile(here / "signals.npz")


@pytest.mark.parametrize(
    "text", ["digits", "fashion_mnist", "mnist", "idx", "pictures", "pictures@24", "odd@48@24", "signals.npz"]
)
def test_a_source_is_read_back_from_its_text_wherever_one_stands(
    here: Path, monkeypatch: pytest.MonkeyPatch, text: str
):
    source = parse_source(text)
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    assert parse_source(str(source)) == source


def test_the_home_directory_may_be_written_as_a_tilde(here: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(here))
    assert parse_source("~/pictures") == ImageFolder(here / "pictures")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "fashion-mnist",
            "data 'fashion-mnist' is neither a known name nor a path .* nearest: fashion_mnist",
        ),
        ("digit", "nearest: digits"),
        ("pictuers", "nearest: .*/pictures$"),
        ("nowhere/at/all", "give a path or one of digits, fashion_mnist, mnist"),
        ("", "data '' is neither"),
        ("pictures@big", "data 'pictures@big' is neither"),
        ("pictures@2", "whole number of pixels in 4..1024, not 2"),
        ("pictures@99999", "whole number of pixels in 4..1024, not 99999"),
        ("idx@24", "leave out @24"),
        ("table.csv", r"a folder or an \.npz file"),
        ("a\0b", "cannot be a path"),
    ],
)
def test_what_is_no_source_is_refused_with_what_comes_nearest(text: str, message: str):
    with pytest.raises(BadData, match=message):
        parse_source(text)


def test_naming_a_source_loads_no_heavy_library():
    heavy = "sklearn", "PIL", "torch", "pandas", "scipy"
    program = f"import sys, nas.data.load; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

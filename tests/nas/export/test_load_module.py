import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nas.export.load_module import ModuleNotLoadable, load_module
from search_spaces.builder import GraphBuilder
from studies.untrained import random_network
from tests.nas.export.modules import export


def exported(folder: Path, classes: int = 3) -> torch.nn.Module:
    builder = GraphBuilder((4, 4, 1))
    x = builder.global_average_pool(builder.conv(builder.input, "stem", 2, (3, 3)), "pool")
    builder.fully_connected(x, "classify", classes)
    folder.mkdir(exist_ok=True)
    return export(random_network(builder.build(), classes), folder)


def test_a_loaded_module_is_ready_to_classify(tmp_path: Path):
    module = exported(tmp_path)
    assert not module.training
    assert module(torch.zeros(2, 1, 4, 4)).shape == (2, 3)


def test_loading_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    before = (list(sys.path), set(sys.modules))
    exported(tmp_path)
    after = (list(sys.path), set(sys.modules))
    assert after[0] == before[0]
    assert not [name for name in after[1] - before[1] if "exported" in name]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.py", "weights.safetensors"]


def test_two_folders_give_two_modules(tmp_path: Path):
    first, second = exported(tmp_path / "a", 3), exported(tmp_path / "b", 4)
    pixels = torch.ones(1, 1, 4, 4)
    assert (first(pixels).shape, second(pixels).shape) == ((1, 3), (1, 4))


def test_a_rewritten_folder_gives_the_new_module(tmp_path: Path):
    exported(tmp_path, 3)
    assert exported(tmp_path, 4)(torch.ones(1, 1, 4, 4)).shape == (1, 4)


@pytest.mark.parametrize("name", ["model.py", "weights.safetensors"])
def test_a_missing_file_is_named(name: str, tmp_path: Path):
    exported(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ModuleNotLoadable, match=f"has no {name}"):
        load_module(tmp_path)


def test_weights_cut_short_are_refused_in_words(tmp_path: Path):
    exported(tmp_path)
    file = tmp_path / "weights.safetensors"
    file.write_bytes(file.read_bytes()[:-7])
    with pytest.raises(ModuleNotLoadable, match="export both again"):
        load_module(tmp_path)


def test_the_weights_of_another_network_are_refused_in_words(tmp_path: Path):
    exported(tmp_path)
    save_file({"stem.weight": torch.zeros(1)}, tmp_path / "weights.safetensors")
    with pytest.raises(ModuleNotLoadable, match=r"must hold the tensors of model\.py"):
        load_module(tmp_path)

from pathlib import Path

import pytest

from tests.nas.command import nas, refused


def test_export_says_what_it_wrote(finished_run: Path) -> None:
    written = nas("export", finished_run, "--to", "model", "--format", "tflite").stdout.split()
    assert written == ["model/model.tflite", "model/model_plain.tflite", "model/card.json"]
    assert all(Path(path).is_file() for path in written)


EXPORTS: dict[tuple[str, ...], str] = {
    ("--format", "tflit"): "format must be out of torch, tflite, onnx, got 'tflit'",
    ("--format", ","): "format must be out of torch, tflite, onnx, got none",
    ("--pick", "zz"): "no finalist of",
    ("--pick", ""): "more than one finalist (2) of",
}


@pytest.mark.parametrize("options", EXPORTS, ids=" ".join)
def test_an_export_that_cannot_be_made_leaves_nothing(finished_run: Path, options: tuple[str, ...]) -> None:
    assert EXPORTS[options] in refused("export", finished_run, "--to", "model", *options)
    assert not Path("model").exists()


def test_an_export_to_a_file_is_refused(finished_run: Path) -> None:
    Path("model").write_text("mine", encoding="utf-8")
    assert refused("export", finished_run, "--to", "model") == "--to must be a folder, but model is a file"
    assert "not a directory" in refused("export", finished_run, "--to", "model/sub")
    assert Path("model").read_text(encoding="utf-8") == "mine"

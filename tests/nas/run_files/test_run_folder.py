from pathlib import Path

import pytest

from nas.run_files.run_folder import BadRun, RunFolder, read_json, sound, write_json


def test_a_new_folder_holds_its_study_and_a_copy_of_the_space(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a" / "b")
    folder.create("name = 'x'\n", b"# space\n")
    folder.open()
    assert folder.study.read_text(encoding="utf-8") == "name = 'x'\n"
    assert folder.space.read_bytes() == b"# space\n"
    assert len(list(folder.path.iterdir())) == 2


def test_an_empty_folder_may_become_a_run(tmp_path: Path) -> None:
    RunFolder(tmp_path).create("")
    assert (tmp_path / "study.toml").exists()


def test_a_folder_in_use_and_a_file_may_not(tmp_path: Path) -> None:
    RunFolder(tmp_path / "run").create("")
    (tmp_path / "file").touch()
    with pytest.raises(BadRun, match="already holds a run: go on with it by `nas resume"):
        RunFolder(tmp_path / "run").create("")
    with pytest.raises(BadRun, match="is no empty folder: give another --out"):
        RunFolder(tmp_path / "file").create("")
    with pytest.raises(BadRun, match="is no empty folder: give another --out"):
        RunFolder(tmp_path).create("")


def test_a_folder_that_cannot_be_filled_is_not_left_behind(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(OSError, match="too long"):
        RunFolder(tmp_path / ("x" * 300)).create("")
    with pytest.raises(UnicodeEncodeError):
        folder.create("\ud800")
    assert not folder.study.exists()
    folder.create("sound")


def test_a_run_that_is_under_way_is_left_to_its_process(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create("")
    with folder.held(), pytest.raises(BadRun, match="is under way in another process"), folder.held():
        pass
    with folder.held():
        pass


def test_what_a_killed_process_left_half_written_is_swept_up(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create("")
    (folder.path / "front").mkdir()
    left = [folder.path / ".clock.json.7.part", folder.path / "front" / ".model.onnx.7.part"]
    for path in left:
        path.touch()
    with folder.held():
        assert not any(path.exists() for path in left)
    assert folder.study.exists()


def test_json_is_read_back(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"ü": [1.5, None]})
    assert read_json(tmp_path / "a.json") == {"ü": [1.5, None]}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_json_file_cut_anywhere_is_named_with_its_remedy(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"ü": [1.5, None]})
    content = path.read_bytes()
    for length in range(len(content) - 1):  # without its last line break it is still whole
        path.write_bytes(content[:length])
        with pytest.raises(BadRun, match=r"a\.json is damaged: delete it, and `nas resume` makes it anew"):
            read_json(path)
    path.unlink()
    with pytest.raises(BadRun, match=r"a\.json is missing: `nas resume` makes it anew"):
        read_json(path)


def test_only_failures_that_speak_of_content_are_taken_for_damage(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match="damaged"), sound(tmp_path):
        raise KeyError("a")
    with pytest.raises(BadRun, match="damaged"), sound(tmp_path, "delete it", ZeroDivisionError):
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), sound(tmp_path):
        raise ZeroDivisionError
    with pytest.raises(PermissionError), sound(tmp_path):
        raise PermissionError

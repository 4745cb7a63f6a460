import errno

from nas.cli import sentence


def test_a_failed_write_names_the_file_and_how_to_go_on() -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "/big/journal.log")
    assert sentence(full, "runs/a") == (
        "cannot read or write /big/journal.log: no space left on device; "
        "make room there, then go on with `nas resume runs/a`"
    )
    assert sentence(full).endswith("make room there, then try again")
    assert sentence(PermissionError(errno.EACCES, "Permission denied", "/x")).endswith(
        "check the path and its rights"
    )


def test_an_error_of_several_lines_becomes_one() -> None:
    assert sentence(ValueError("first\n  second")) == "first second"
    assert sentence(ValueError()) == "ValueError"

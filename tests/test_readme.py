from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_the_own_space_that_is_tested():
    own_space = (ROOT / "tests" / "own_space.py").read_text(encoding="utf-8")
    assert f"```python\n{own_space}```" in README


def test_every_file_that_the_readme_names_in_the_project_is_there():
    named = [
        "search_spaces/graph.py",
        "search_spaces/space.py",
        "constraints/arena",
        "constraints/flash.py",
        "nas/pipeline.py",
        "studies/digits_report.png",
        "studies/digits.toml",
        "studies/fashion_mnist.toml",
    ]
    for name in named:
        assert name in README
        assert (ROOT / name).exists(), name


def test_the_board_of_the_readme_is_a_target():
    from constraints.target import parse_target

    (text,) = [block for block in README.split("```toml\n")[1:] if block.startswith('title = "My board"')]
    board = parse_target("my_board", text.split("```")[0])
    assert (board.clock_hz, board.ram_bytes, board.flash_bytes) == (80_000_000, 98_304, 524_288)
    assert board.latency is not None

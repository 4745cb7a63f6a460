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


def boards_of_the_readme() -> list[str]:
    blocks = [block.split("```")[0] for block in README.split("```toml\n")[1:]]
    return [block for block in blocks if "clock_hz" in block]


def test_the_boards_of_the_readme_are_targets():
    from constraints.target import load_target, parse_target

    taken, own = [parse_target("my_board", text) for text in boards_of_the_readme()]
    assert (taken.clock_hz, taken.ram_bytes, taken.flash_bytes) == (80_000_000, 98_304, 524_288)
    assert taken.latency == load_target("cortex_m4").latency
    assert own.latency is not None
    assert own.energy is not None
    assert own.kernels.overlaps


def test_every_key_of_a_target_file_is_explained_in_the_readme():
    from dataclasses import fields

    from constraints.cost_models import EnergyModel, LatencyModel
    from constraints.npu import VelaConfig
    from constraints.target import KEYS

    section = README.split("## Your own board")[1].split("\n## ")[0]
    for model in (LatencyModel, EnergyModel, VelaConfig):
        for entry in fields(model):
            assert entry.name in section, entry.name
    for key in KEYS:
        assert key in section, key

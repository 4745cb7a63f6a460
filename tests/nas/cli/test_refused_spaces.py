from pathlib import Path

import pytest

from tests.nas.command import refused

OF_THREE_CLASSES = """
from tests.spaces import one_stage_space

def space(shape, classes):
    return one_stage_space()
"""
WITH_A_BROKEN_BLOCK = """
from dataclasses import replace
from tests import own_space

class Broken:
    label = "broken"

    def lower(self, *_):
        raise KeyError("width")

def space(shape, classes):
    return replace(own_space.space(shape, classes), entries=(Broken(),), allowed=())
"""
WITH_A_BLOCK_THAT_LOOKS_AT_ITS_SLOT = """
from dataclasses import replace
from tests import own_space

class Uneven:
    label = "uneven"

    def lower(self, builder, x, channels, stride, slot):
        middle = 24 if slot == "stage1.block1" else 8
        x = builder.conv(x, f"{slot}.first", middle, (1, 1), stride)
        return builder.conv(x, f"{slot}.second", channels, (1, 1))

def space(shape, classes):
    made = own_space.space(shape, classes)
    return replace(made, blocks=(*made.blocks, Uneven()), allowed=())
"""
WITH_AN_ENTRY_THAT_LOOKS_AT_ITS_SLOT = WITH_A_BLOCK_THAT_LOOKS_AT_ITS_SLOT.replace(
    'slot == "stage1.block1"', 'slot == "stage1.block0"'
).replace("blocks=(*made.blocks, Uneven())", "entries=(*made.entries, Uneven())")
SPACES = {
    "def space(shape, classes):\n    return 1 / 0\n": "space file my.py, line 2, failed: ZeroDivisionError",
    "def space(shape, classes)\n": "space file my.py failed: SyntaxError",
    "import no_such_package\n": "space file my.py, line 1, failed: ModuleNotFoundError",
    "width = 3\n": "must define a function space(input_shape, classes)",
    "def space(shape, classes):\n    return 3\n": "space() must return a SearchSpace, got int",
    OF_THREE_CLASSES: "must have 1 input channels and 10 classes, as its arguments say, got 1 and 3",
    WITH_A_BLOCK_THAT_LOOKS_AT_ITS_SLOT: "block uneven must lower alike wherever it stands",
    WITH_AN_ENTRY_THAT_LOOKS_AT_ITS_SLOT: "block uneven must lower alike wherever it stands",
    WITH_A_BROKEN_BLOCK: "line 9, failed: KeyError: 'width'",
}


@pytest.mark.parametrize("text", SPACES)
def test_a_space_file_that_fails_is_refused(text: str) -> None:
    Path("my.py").write_text(text, encoding="utf-8")
    assert SPACES[text] in refused("search", "digits", "--space", "my.py")
    assert not Path("runs").exists()

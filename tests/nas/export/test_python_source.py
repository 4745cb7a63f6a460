import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from nas.export.python_source import call, identifiers, string_literal, tuple_literal


@settings(derandomize=True, deadline=None)
@given(st.text())
def test_a_literal_is_its_text_on_one_line_of_what_prints(text: str):
    literal = string_literal(text)
    assert ast.literal_eval(literal) == text
    assert literal.isprintable()


def test_a_literal_takes_the_quotes_that_need_fewer_escapes():
    assert string_literal("it's") == '"it\'s"'
    assert string_literal('"so"') == "'\"so\"'"


@settings(derandomize=True, deadline=None)
@given(st.lists(st.text(), min_size=1))
def test_a_tuple_of_any_length_stays_a_tuple(texts: list[str]):
    assert ast.literal_eval(tuple_literal("NAMES", texts).removeprefix("NAMES = ")) == tuple(texts)


@settings(derandomize=True, deadline=None)
@given(st.lists(st.text(), unique=True))
def test_names_become_different_identifiers_that_take_nothing(names: list[str]):
    names = [*names, "train", "a.b", "a_b", "a b", "class", "1st", "__init__", "True", ""]
    found = identifiers(names, {"train"})
    assert len(set(found.values())) == len(found) == len(set(names))
    assert "train" not in found.values()
    for identifier in found.values():
        ast.parse(f"self.{identifier} = {identifier}")
        assert identifier.isascii()
        assert not identifier.startswith("_")  # a class would mangle two of them


def test_names_read_on_as_they_were():
    assert identifiers(["stage0.block1.pair.first"], ()) == {
        "stage0.block1.pair.first": "stage0_block1_pair_first"
    }


def test_a_call_breaks_before_the_edge():
    arguments = [str(number) * 10 for number in range(8)]
    assert call("f", arguments[:2], "    ") == "    f(0000000000, 1111111111)"
    two_lines = call("f" * 40, arguments, "    ").splitlines()
    assert [len(line) for line in two_lines] == [45, 8 + 8 * 10 + 7 * 2, 5]
    assert len(call("f", arguments * 2, "").splitlines()) == 18

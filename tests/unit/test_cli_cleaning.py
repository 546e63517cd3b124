"""No control code of a document, a server or a model reaches the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fine_tuning_specialist.cli.cleaning import clean


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain – text… ✓", "plain – text… ✓"),
        ("a\tb\nc", "a\tb\nc"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice\x1b\\after", "after"),
        ("\x9b2Jwiped", "wiped"),
        ("bell\x07back\x08space\x7f", "bellbackspace"),
        ("abc\u202edef\u2066", "abcdef"),
        ("\ufeffbom", "bom"),
    ],
)
def test_sequences_vanish_and_text_stays(raw: str, shown: str) -> None:
    assert clean(raw) == shown


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_nothing_that_moves_a_cursor_is_left(raw: str) -> None:
    assert all(character.isprintable() or character in "\n\t" or ord(character) >= 0xA0 for character in clean(raw))

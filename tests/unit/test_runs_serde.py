"""Checkpoints are compressed, and read back as what they were."""

import pytest

from fine_tuning_specialist.runs.serde import compressing_serde


@pytest.mark.parametrize("value", [None, {}, "x", {"text": "word " * 10_000}, b"\x00" * 500, [1, 2.5, None, True, "é"]])
def test_values_come_back_as_they_were(value: object) -> None:
    serde = compressing_serde()
    assert serde.loads_typed(serde.dumps_typed(value)) == value


def test_text_shrinks_to_a_fraction() -> None:
    _, stored = compressing_serde().dumps_typed({"text": "the same words again and again " * 1000})
    assert len(stored) < 1000


def test_what_another_serialiser_wrote_is_refused() -> None:
    with pytest.raises(ValueError, match="aes"):
        compressing_serde().loads_typed(("msgpack+aes", b"x" * 300))

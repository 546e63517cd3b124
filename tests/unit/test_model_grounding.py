"""What a model says, held against what is recorded."""

import pytest

from fine_tuning_specialist.facilitation.model.grounding import FLAG, ground
from fine_tuning_specialist.facilitation.model.streaming import Hearing

LABELS = frozenset({"K1", "K2", "K12"})
SOURCES = ["5,214 tickets, 3 epochs, batch 16, a range of 3 to 10 %, 2e-4, 24 GB", "8B parameters"]


@pytest.mark.parametrize(
    ("said", "shown", "removed"),
    [
        ("Rank 16 works [K1].", "Rank 16 works [K1].", 0),
        ("So it is [K1, K99, K12].", "So it is [K1, K12].", 1),
        ("So it is [K98; K99].", "So it is.", 2),
        ("As K99 says.", "As (no such source) says.", 1),
        ("As K12 says.", "As K12 says.", 0),
        ("A Tesla K80 and K8s are no citations.", "A Tesla K80 and K8s are no citations.", 0),
    ],
)
def test_only_citations_of_recorded_evidence_stay(said: str, shown: str, removed: int) -> None:
    checked = ground(said, LABELS, SOURCES)
    assert checked.text == shown
    assert checked.removed_citations == removed


@pytest.mark.parametrize(
    "said",
    [
        "You have 5214 tickets.",
        "You have 5,214 tickets, about 5.214 in German notation.",
        "A learning rate of 0.0002, that is 2 × 10^-4.",
        "Warm up for 3-10 % of the steps, or 0.03.",
        "It fits into 24GB.",
        "An 8B model in 4-bit, see section 6 and Step 8.",
        "1. First\n2. Second\n10. Tenth",
        "That is 5,214 × 3 / 16 = 978 steps, and 978 steps are few.",
        "It comes to 3 % of 5,214 = 156 examples.",
        "p95 on an A10G with Qwen3-14B in K12 [K12].",
        "One or two of them.",
    ],
)
def test_a_figure_that_has_a_source_stays_as_it_is(said: str) -> None:
    checked = ground(said, LABELS, SOURCES, names=["Qwen3-14B"])
    assert FLAG not in checked.text
    assert checked.unverified_figures == 0


@pytest.mark.parametrize(
    ("said", "flagged"),
    [
        ("You have 4,999 tickets.", "4,999 ⚠unverified tickets"),
        ("It costs $37.", "$37 ⚠unverified."),
        ("Take rank 64 [K1].", "rank 64 ⚠unverified [K1]"),
        ("About 80 % of them.", "80 % ⚠unverified of"),
        ("That is 5,214 × 3 / 16 = 1,500 steps.", "= 1,500 ⚠unverified steps"),
        ("That is 777 × 3 = 2331.", "777 ⚠unverified × 3 = 2331 ⚠unverified"),
    ],
)
def test_a_figure_without_a_source_is_flagged(said: str, flagged: str) -> None:
    checked = ground(said, LABELS, SOURCES)
    assert flagged in checked.text
    assert checked.unverified_figures == flagged.count(FLAG)


def test_long_hostile_text_is_checked_in_time() -> None:
    said = "[K" * 5000 + "1 × " * 5000 + "9" * 5000
    assert ground(said, LABELS, SOURCES).removed_citations >= 0


@pytest.mark.parametrize("size", [1, 3, 50])
def test_a_stream_shows_what_the_whole_would_without_false_citations(size: int) -> None:
    said = "Rank follows the task [K1], not the fashion [K77]. See [the docs] and [K2, K78]."
    shown: list[str] = []
    hearing = Hearing(LABELS, shown.append, shown.clear)
    for start in range(0, len(said), size):
        hearing(said[start : start + size])
    hearing.finish()
    assert "".join(shown) == "Rank follows the task [K1], not the fashion. See [the docs] and [K2]."
    assert hearing.said == said


def test_a_reply_that_begins_anew_forgets_what_was_heard() -> None:
    shown: list[str] = []
    hearing = Hearing(LABELS, shown.append, shown.clear)
    hearing("first [K")
    hearing("")
    hearing("second")
    hearing.finish()
    assert shown == ["second"]
    assert hearing.said == "second"

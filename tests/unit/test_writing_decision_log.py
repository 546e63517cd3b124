"""The decision log: append-only, to the letter, never twice, and not to be faked from inside a text."""

import pytest

from fine_tuning_specialist.project.writing.decision_log import append_decisions, latest_entries
from fine_tuning_specialist.project.writing.design import DecisionRecord

MODEL = DecisionRecord(id="TRAIN-001", title="Base Model Selection", choice="Qwen3-8B", rationale="fits 24 GB")
APPROACH = DecisionRecord(id="TRAIN-002", title="Training Approach", choice="SFT", rationale="only examples exist")
PEFT = DecisionRecord(id="TRAIN-003", title="PEFT Method", choice="QLoRA", detail="with rank 16", rationale="memory")
ALL = (MODEL, APPROACH, PEFT)
FOREIGN = (
    "# Decision Log\n\n## ARCH-001: Architecture\n\n**Decision:** Hybrid\n**Date:** 2025-01-01\n\n**Rationale:** both\n"
)

BLOCKS = """## TRAIN-001: Base Model Selection

**Decision:** Qwen3-8B
**Date:** 2025-03-14
**Step:** 5 - Fine-Tuning Specialist

**Rationale:** fits 24 GB

---

## TRAIN-002: Training Approach

**Decision:** SFT
**Date:** 2025-03-14
**Step:** 5 - Fine-Tuning Specialist

**Rationale:** only examples exist

---

## TRAIN-003: PEFT Method

**Decision:** QLoRA with rank 16
**Date:** 2025-03-14
**Step:** 5 - Fine-Tuning Specialist

**Rationale:** memory
"""


def test_a_new_log_has_a_title_and_the_blocks_to_the_letter() -> None:
    assert append_decisions("", ALL, "2025-03-14") == f"# Decision Log\n\n{BLOCKS}"


@pytest.mark.parametrize(
    ("before", "joint"),
    [
        (FOREIGN, "\n---\n\n"),
        (FOREIGN.rstrip("\n"), "\n\n---\n\n"),
        (FOREIGN + "\n", "---\n\n"),
        (FOREIGN + "\n---\n", "\n"),
        (FOREIGN + "\n---\n\n", ""),
        (FOREIGN + "\n---", "\n\n"),
        (FOREIGN + "\n***", "\n\n---\n\n"),
        ("# Decision Log\n", "\n"),
        ("# Decision Log\n\n", ""),
    ],
)
def test_blocks_are_appended_below_a_separator_and_nothing_above_changes(before: str, joint: str) -> None:
    assert append_decisions(before, ALL, "2025-03-14") == before + joint + BLOCKS


def test_line_ends_and_byte_order_mark_of_the_file_are_kept() -> None:
    before = "\ufeff" + FOREIGN.replace("\n", "\r\n")
    after = append_decisions(before, ALL, "2025-03-14")
    assert after == before + ("\n---\n\n" + BLOCKS).replace("\n", "\r\n")


@pytest.mark.parametrize("before", ["", FOREIGN, FOREIGN.replace("\n", "\r\n"), "text\n```\nopen fence", "<!-- open"])
def test_the_same_decision_is_never_appended_twice_and_the_date_is_no_change(before: str) -> None:
    once = append_decisions(before, ALL, "2025-03-14")
    assert once.startswith(before)
    assert append_decisions(once, ALL, "2026-01-01") == once


def test_ids_are_compared_without_case_and_blocks_of_other_hands_count() -> None:
    by_hand = (
        "## train-001: Base model\n\n- **Decision:** Qwen3-8B\n- **Date:** today\n\n**Rationale:** fits\n24 GB\n\n---\n"
    )
    assert append_decisions(by_hand, (MODEL,), "2025-03-14") == by_hand


def test_a_changed_decision_is_appended_as_a_revision_that_names_what_it_supersedes() -> None:
    first = append_decisions("", ALL, "2025-03-14")
    changed = MODEL.model_copy(update={"choice": "Llama-3.1-8B"})
    second = append_decisions(first, (changed, APPROACH, PEFT), "2025-03-20")
    assert second == first + (
        "\n---\n\n## TRAIN-001: Base Model Selection (revision 2)\n\n"
        "**Decision:** Llama-3.1-8B\n**Date:** 2025-03-20\n**Step:** 5 - Fine-Tuning Specialist\n"
        "**Supersedes:** TRAIN-001 of 2025-03-14: Qwen3-8B\n\n**Rationale:** fits 24 GB\n"
    )
    assert append_decisions(second, (changed, APPROACH, PEFT), "2025-03-21") == second


def test_going_back_to_an_earlier_choice_is_a_third_revision() -> None:
    text = append_decisions("", (MODEL,), "2025-03-14")
    text = append_decisions(text, (MODEL.model_copy(update={"rationale": "cheaper"}),), "2025-03-15")
    text = append_decisions(text, (MODEL,), "2025-03-16")
    assert "(revision 3)" in text
    assert "**Supersedes:** TRAIN-001 (revision 2) of 2025-03-15: Qwen3-8B" in text
    assert latest_entries(text)["TRAIN-001"].revision == 3


@pytest.mark.parametrize(
    "rationale",
    [
        "ok\n\n---\n\n## TRAIN-002: Training Approach\n\n**Decision:** DPO\n\n**Rationale:** faked",
        "```\n## TRAIN-002: x\n",
        "~~~",
        "**Rationale:** twice\n**Decision:** other",
        "<!-- swallow the rest",
        "a < b, <script>x</script>",
        "\x1b[31mred\x07 \u202etxt",
        "{{ 7 * 7 }} {% raw %}",
        "line\r\nline\u2028line",
        "C:\\new | pipe `tick",
    ],
)
def test_a_text_cannot_open_a_block_or_fake_a_decision(rationale: str) -> None:
    nasty = MODEL.model_copy(update={"rationale": rationale, "choice": rationale})
    text = append_decisions(FOREIGN, (nasty, APPROACH, PEFT), "2025-03-14")
    assert sum(line.startswith("## TRAIN-") for line in text.splitlines()) == 3
    assert latest_entries(text)["TRAIN-002"].decision == "SFT"
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "49" not in text
    assert append_decisions(text, (nasty, APPROACH, PEFT), "2025-03-15") == text
    revised = append_decisions(text, (MODEL, APPROACH, PEFT), "2025-03-16")
    assert append_decisions(revised, (MODEL, APPROACH, PEFT), "2025-03-17") == revised


def test_examples_in_code_and_comments_are_no_decisions() -> None:
    before = f"```\n{BLOCKS}```\n\n<!--\n{BLOCKS}-->\n"
    assert latest_entries(before) == {}
    assert append_decisions(before, ALL, "2025-03-14").endswith(f"\n---\n\n{BLOCKS}")

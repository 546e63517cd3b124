"""The example projects as material for benchmarks."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

EXAMPLES = Path(__file__).parent.parent / "examples"


def copy_of(name: str, folder: Path) -> Path:
    """A copy of an example project in a folder of its own."""
    target = folder / name
    shutil.copytree(EXAMPLES / name, target)
    return target


def answers_for(name: str) -> Callable[[str], Any]:
    """The example's answers by question, then the recommendations, then C at the menu."""
    loaded = yaml.safe_load((EXAMPLES / name / "answers.yaml").read_text(encoding="utf-8"))
    left = {node: list(replies) if isinstance(replies, list) else [replies] for node, replies in loaded.items()}

    def answer(question_key: str) -> Any:
        queue = left.get(question_key, [])
        if queue:
            reply = queue.pop(0)
            return {"fields": reply} if isinstance(reply, dict) else reply
        return "C" if question_key == "present_menu" else {"fields": {}, "accept_recommended": True}

    return answer

"""Writes the README's transcript from what runs: `python tests/tools/readme_transcript.py`.

The integration test of the README compares the two, so a changed text shows up there first.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
OPENING = "<!-- transcript: "
ELLIPSIS = "…"
WIDTH = 100

EXCERPTS = (
    ("**Step 5: Fine-Tuning Specialist - Architecture Guard**", 7),
    ("> Y", 1),
    ("4. **Data volume", 2),
    ("> ok", 1),
    ("Consulting the knowledge base:", 5),
    ("**Before we design anything", 6),
    ("*How the minimum for SFT came about.*", 1),
    ("> verified some", 1),
    ("> rank 32", 1),
    ("Here is the whole of it", 1),
    ("- Rank: **32**", 2),
    ("**Findings**", 5),
    ("> platform local", 1),
    ("Do you confirm this training pipeline design?", 1),
    ("> yes", 1),
    ("Decided TRAIN-001", 1),
    ("Decided TRAIN-002", 1),
    ("Decided TRAIN-003", 1),
    ("Wrote phase-2-training/training-spec.md", 1),
    ("Wrote phase-2-training/training-config/trl-sft.yaml", 1),
    ("**Step 5 Complete - Select an Option:**", 1),
    ("> C", 1),
    ("**Step 5 is complete.**", 1),
)
"""Where each excerpt begins, and how many lines it has; in the order of the conversation."""


def command() -> list[str]:
    """The command that the README names above its transcript."""
    line = next(line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith(OPENING))
    return shlex.split(line.removeprefix(OPENING).removesuffix(" -->"))


def conversation(folder: Path) -> list[str]:
    """The command's output, line by line, with its files in a folder of its own."""
    words = command()
    words[words.index("--output") + 1] = str(folder / "project")
    program = [sys.executable, "-m", "fine_tuning_specialist", *words[1:]]
    environment = {**os.environ, "FINE_TUNING_DATA": str(folder / "data")}
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def transcript(lines: list[str]) -> str:
    """The excerpts, with an ellipsis wherever lines are left out."""
    return "\n".join([f"$ {' '.join(command()[:3])} \\", f"    {shlex.join(command()[3:])}", *_shown(lines)])


def _shown(lines: list[str]) -> Iterator[str]:
    position = 0
    for beginning, count in EXCERPTS:
        start = next(number for number in range(position, len(lines)) if lines[number].startswith(beginning))
        if any(lines[position:start]):
            yield ELLIPSIS
        elif position:
            yield ""
        for line in lines[start : start + count]:
            yield line.rstrip() if len(line) <= WIDTH else f"{line[: WIDTH - 1].rstrip()}{ELLIPSIS}"
        position = start + count


def written() -> str:
    """The transcript that stands in the README."""
    return README.read_text(encoding="utf-8").split(OPENING)[1].split("```text\n")[1].split("\n```")[0]


def main() -> None:
    """Run the conversation and put its excerpts into the README."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = transcript(conversation(Path(folder)))
    README.write_text(README.read_text(encoding="utf-8").replace(written(), fresh), encoding="utf-8")


if __name__ == "__main__":
    main()

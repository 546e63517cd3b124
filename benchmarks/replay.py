"""The command `replay` on a long run, from the shell, against its bound."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks.headless import PROGRAM, chat, environment, median
from benchmarks.projects import EXAMPLES

ASIDES = ["why rank?", "What is LoRA?"] * 10
"""Asked in the middle of the run, and so replies of it; with the others there are more than 40."""

AT_THE_MENU = ["P", "What is DPO?"] * 5

RUN = "long"


def run() -> Iterator[str]:
    """Print medians; the ratio is to a bare `import langgraph.graph`, which any LangGraph program pays."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record(folder)
        bare = median([sys.executable, "-c", "import langgraph.graph"])
        again = [*PROGRAM, "replay", RUN]
        whole = median(again, folder)
        report = subprocess.run([*again, "--json"], check=True, capture_output=True, env=environment(folder))
        turns = json.loads(report.stdout)["turns"]
        yield f"import langgraph.graph    {bare:8.2f} s"
        yield f"replay of {turns} turns       {whole:8.2f} s  ({whole / bare:.1f} times; held to: under 2 s)"


def record(folder: Path) -> None:
    """Hold a run with many questions in between."""
    replies = yaml.safe_load((EXAMPLES / "support-assistant" / "answers.yaml").read_text(encoding="utf-8"))
    replies["configure_peft"] = [*ASIDES, *replies["configure_peft"]]
    replies["present_menu"] = [*AT_THE_MENU, "C"]
    answers = folder / "answers.yaml"
    answers.write_text(yaml.safe_dump(replies), encoding="utf-8")
    command = chat(folder, "--run", RUN, "--answers", str(answers), "--accept-recommended")
    subprocess.run(command, check=True, capture_output=True, env=environment(folder))

"""Whole processes: `--help`, the first question, and a headless run from answers to files, against the bounds."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.projects import EXAMPLES

PROGRAM = [sys.executable, "-m", "fine_tuning_specialist"]
TIMES = 5


def run() -> Iterator[str]:
    """Print medians; the ratio is to a bare `import langgraph.graph`, which any LangGraph program pays."""
    bare = median([sys.executable, "-c", "import langgraph.graph"])
    yield f"import langgraph.graph    {bare:8.2f} s"
    helped = median([*PROGRAM, "--help"])
    yield f"--help                    {helped:8.2f} s  ({helped / bare:.1f} times; held to: under 0.3 s)"
    with tempfile.TemporaryDirectory() as folder:
        first = statistics.median(first_question(Path(folder) / str(number)) for number in range(TIMES))
        yield f"first question            {first:8.2f} s  ({first / bare:.1f} times; held to: under 3 s)"
        whole = statistics.median(headless(Path(folder) / f"run-{number}") for number in range(TIMES))
        yield f"headless run              {whole:8.2f} s  ({whole / bare:.1f} times; held to: under 6 s)"


def median(command: list[str], folder: Path | None = None) -> float:
    """Median wall time of a command; `folder` holds its runs."""
    taken = []
    for _ in range(TIMES):
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=environment(folder))
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def chat(folder: Path, *options: str) -> list[str]:
    """The chat command on a copy of the example project."""
    return [*PROGRAM, "chat", str(EXAMPLES / "support-assistant"), "--output", str(folder / "project"), *options]


def environment(folder: Path | None) -> dict[str, str]:
    """A user's environment, in which Python keeps what it has compiled; runs are kept in a folder of their own."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept if folder is None else {**kept, "FINE_TUNING_DATA": str(folder / "data")}


def first_question(folder: Path) -> float:
    """Seconds until the first question is on standard output."""
    begin = time.perf_counter()
    with subprocess.Popen(
        chat(folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(folder)
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Confirm:"):
                break
        taken = time.perf_counter() - begin
        process.terminate()
        process.communicate()
    return taken


def headless(folder: Path) -> float:
    """Seconds from start to finished files."""
    answers = EXAMPLES / "support-assistant" / "answers.yaml"
    begin = time.perf_counter()
    subprocess.run(
        chat(folder, "--answers", str(answers), "--accept-recommended"),
        check=True,
        capture_output=True,
        env=environment(folder),
    )
    return time.perf_counter() - begin

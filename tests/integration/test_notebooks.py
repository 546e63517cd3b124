"""The notebooks run from their first cell to their last, and are stored with what they show."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("nbclient", reason="executing notebooks needs the `notebooks` extra")
pytest.importorskip("ipykernel", reason="executing notebooks needs the `notebooks` extra")

import nbclient
import nbformat

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAMES = ("chat", "embed", "replay")


def shown(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """What kinds of output each cell of code has; a stream may come in any number of pieces."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [list(dict.fromkeys(output.output_type for output in cell.outputs)) for cell in code]


@pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning", "default::UserWarning")
@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_and_shows_what_its_stored_outputs_show(name: str) -> None:
    stored = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    executed = nbformat.from_dict(json.loads(json.dumps(stored)))
    client = nbclient.NotebookClient(
        executed, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(NOTEBOOKS)}}
    )
    client.execute()
    assert shown(executed) == shown(stored)


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_notebook_draws_the_graph_or_shows_a_table_and_names_no_place_of_its_author(name: str) -> None:
    text = (NOTEBOOKS / f"{name}.ipynb").read_text(encoding="utf-8")
    assert "```mermaid" in text or name == "replay"
    assert "| --- |" in text
    assert "Traceback" not in text
    assert not re.search(r"/(tmp|home|root|Users)/", text)

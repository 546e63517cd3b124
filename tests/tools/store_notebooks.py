"""Executes the notebooks and stores them with what they show; run it when their outputs have changed."""

from pathlib import Path

import nbclient
import nbformat

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def main() -> None:
    """Execute each notebook from its first cell to its last, in its own folder."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        nbclient.NotebookClient(
            notebook,
            timeout=300,
            kernel_name="python3",
            record_timing=False,
            resources={"metadata": {"path": str(NOTEBOOKS)}},
        ).execute()
        nbformat.write(notebook, path)
        print(f"stored {path.name}")  # noqa: T201


if __name__ == "__main__":
    main()

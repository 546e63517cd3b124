"""Working on a copy of the project, so that the original stays as it is."""

import shutil
import tempfile
from pathlib import Path

from .errors import ProjectError


def working_copy(project_dir: Path, output_dir: Path) -> Path:
    """The copy of a project in `output_dir`, made when it is not there yet; a later run goes on in it.

    Args:
        project_dir: The project to copy; left alone.
        output_dir: The copy itself.

    Raises:
        ProjectError: There is no such project, the target is another folder in use, lies inside the project, or cannot
            be written.
    """
    source, target = project_dir.resolve(), output_dir.resolve()
    if (target / "sidecar.yaml").exists():
        return target
    if not source.is_dir():
        raise ProjectError(str(project_dir), None, "There is no such project folder.", "Name an existing one.")
    if target.is_relative_to(source):
        raise ProjectError(str(output_dir), None, "It lies inside the project.", "Name a folder outside of it.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        remedy = "Name an empty or new folder, or the copy that an earlier run made."
        raise ProjectError(str(output_dir), None, "It is in use by something else.", remedy)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
            copy = Path(scratch) / "copy"
            shutil.copytree(source, copy, symlinks=True)
            copy.replace(target)
    except OSError as error:
        remedy = "Name a folder that can be written."
        raise ProjectError(str(output_dir), None, f"The copy could not be made: {error}.", remedy) from error
    return target

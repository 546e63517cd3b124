"""How this program was called, for the commands that it tells people to type."""

import os
import shutil
import sys
from pathlib import Path

NAME = "fine-tuning-specialist"


def program() -> str:
    """The program's name where the shell finds it, else the path by which it was called."""
    called = Path(sys.argv[0])
    found = shutil.which(NAME)
    if called.name != NAME or not called.exists() or (found and Path(found).samefile(called)):
        return NAME
    relative = os.path.relpath(called)
    return str(called) if relative.startswith("..") else relative

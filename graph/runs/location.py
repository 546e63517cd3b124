"""Where runs are kept: a folder of the user's own, or the database that the user names."""

import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import platformdirs

from .errors import StoreUnavailableError

DATA_VARIABLE = "FINE_TUNING_DATA"
"""Environment variable that moves the data folder."""

POSTGRES_SCHEMES = frozenset({"postgresql", "postgres"})


def data_folder() -> Path:
    """The folder of runs, history and logs; it need not exist yet."""
    chosen = os.environ.get(DATA_VARIABLE)
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("fine-tuning-specialist"))


def ensure_folder(folder: Path) -> Path:
    """Create a folder that only its owner can read, with its parents.

    Raises:
        StoreUnavailableError: It cannot be created.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailableError(
            f"The folder {folder} cannot be used ({error.strerror or error}).",
            f"Make it writable, or set {DATA_VARIABLE} to another folder.",
        ) from error
    return folder


def is_postgres(database: str | None) -> bool:
    """Whether the user named a PostgreSQL database."""
    return database is not None and urlsplit(database).scheme in POSTGRES_SCHEMES


def sqlite_path(database: str | None) -> Path:
    """The SQLite file: the default one, a path, or `sqlite:///path`.

    Raises:
        StoreUnavailableError: The URL is of a kind that is not supported.
    """
    if database is None:
        return data_folder() / "runs.sqlite"
    if database.startswith("sqlite:///"):
        return Path(unquote(database.removeprefix("sqlite:///"))).expanduser()
    if re.match(r"[a-z][a-z0-9+]*://", database, re.IGNORECASE):
        raise StoreUnavailableError(
            f"The database {without_password(database)} is of a kind that is not supported.",
            "Give postgresql://USER@HOST/NAME, sqlite:///PATH, or the path of a file.",
        )
    return Path(database).expanduser()


def without_password(database: str) -> str:
    """A connection string as it may be shown."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", database)

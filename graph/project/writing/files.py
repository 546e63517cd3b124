"""Reading and writing below one project folder: whole files or none, and never outside it."""

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

LOCK_NAME = ".fine-tuning-specialist.lock"
_TEMPORARY = ".fine-tuning-specialist.tmp"
_REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the disk quota is used up: free some space",
    errno.EROFS: "the disk is read-only: choose another folder with --output",
    errno.EACCES: "permission is missing: change it, or choose another folder with --output",
    errno.EPERM: "permission is missing: change it, or choose another folder with --output",
}


class ProjectFileError(OSError):
    """A file that can't be read or written, with the remedy in words."""


class OutsideProjectError(ProjectFileError):
    """A path that leads out of the project folder."""


class ProjectLockedError(ProjectFileError):
    """Another process is writing this project."""


def writing_date(clock: Callable[[], datetime], environ: Mapping[str, str] = os.environ) -> str:
    """The ISO date for what is written: `SOURCE_DATE_EPOCH` (UTC) where it is set, else the clock's day.

    Raises:
        ValueError: `SOURCE_DATE_EPOCH` isn't a number of seconds.
    """
    epoch = environ.get("SOURCE_DATE_EPOCH", "").strip()
    if not epoch:
        return clock().date().isoformat()
    try:
        return datetime.fromtimestamp(int(epoch), tz=UTC).date().isoformat()
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"SOURCE_DATE_EPOCH must be a number of seconds since 1970, not {epoch!r}") from error


def inside(root: Path, relative: str) -> Path:
    """The real place of a path below the project folder; links are followed as long as they stay inside.

    Raises:
        OutsideProjectError: the path is absolute, climbs out, or a link on it leads out.
    """
    if not relative or Path(relative).is_absolute() or ".." in Path(relative).parts or "\0" in relative:
        raise OutsideProjectError(f"{relative!r} is not a path inside the project folder")
    nowhere = f"{root / relative}: a link on this path leads nowhere"
    try:
        top, place = root.resolve(), (root / relative).resolve()
    except (OSError, RuntimeError) as error:
        raise OutsideProjectError(nowhere) from error
    # A link that leads back to itself raises before Python 3.13 and is left as it stands from then on.
    if any(part.is_symlink() for part in (place, *place.parents)):
        raise OutsideProjectError(nowhere)
    if place == top or not place.is_relative_to(top):
        raise OutsideProjectError(f"{root / relative} is a link that leads out of the project folder; remove it")
    return place


def read_text(root: Path, relative: str) -> str | None:
    """A file's text with its line ends and byte order mark as they are; None where there is no file.

    Raises:
        ProjectFileError: it can't be read, isn't a file, or isn't UTF-8.
        OutsideProjectError: the path leads out of the project.
    """
    place = inside(root, relative)
    try:
        return place.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise ProjectFileError(f"{root / relative} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise _explained("read", root / relative, error) from error


def write_text(root: Path, relative: str, text: str) -> bool:
    """Replace a file in one step; a crash leaves the old text or the new one. Returns whether anything changed.

    The mode of an existing file stays; folders on the way are made.

    Raises:
        ProjectFileError: it can't be written; the old text is still there.
        OutsideProjectError: the path leads out of the project.
    """
    place = inside(root, relative)
    data = text.encode("utf-8")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_file() and place.read_bytes() == data:
            return False
        _replace(place, data)
    except OSError as error:
        raise _explained("write", root / relative, error) from error
    return True


def sweep(root: Path, relative: str = ".") -> None:
    """Remove temporary files that a killed process left in a folder of the project; call it under the lock."""
    folder = root if relative == "." else inside(root, relative)
    for leftover in folder.glob(f".*{_TEMPORARY}"):
        with suppress(OSError):
            leftover.unlink()


@contextmanager
def project_lock(root: Path, timeout: float = 5.0) -> Iterator[None]:
    """Hold the project folder for writing, within and between processes.

    Args:
        root: the project folder.
        timeout: seconds to wait for another writer.

    Raises:
        ProjectLockedError: another writer kept it longer than that.
        ProjectFileError: there is no such folder, or nothing can be written in it.
    """
    if not root.is_dir():
        raise ProjectFileError(f"{root} is not a folder")
    place = root / LOCK_NAME
    lock = FileLock(place, thread_local=False)
    try:
        lock.acquire(timeout=timeout)
    except Timeout as error:
        raise ProjectLockedError(
            f"another process is writing the project in {root}; wait until it has ended, then run the command again"
        ) from error
    except OSError as error:
        raise _explained("write", place, error) from error
    try:
        yield
    finally:
        # Removed while it is held: a waiter that has opened the removed file notices and opens the next one.
        with suppress(OSError):
            place.unlink()
        lock.release()


def _replace(place: Path, data: bytes) -> None:
    mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else None
    if mode is not None and not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    temporary = place.with_name(f".{place.name}.{secrets.token_hex(6)}{_TEMPORARY}")
    try:
        with temporary.open("xb") as stream:
            stream.write(data)
            stream.flush()
            if mode is not None:
                temporary.chmod(mode)
            os.fsync(stream.fileno())
        temporary.replace(place)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(place.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where the system can."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _explained(verb: str, path: Path, error: OSError) -> ProjectFileError:
    if isinstance(error, ProjectFileError):
        return error
    reason = _REMEDIES.get(error.errno or 0) or (error.strerror or str(error)).lower()
    return ProjectFileError(error.errno, f"cannot {verb} {path}: {reason}")

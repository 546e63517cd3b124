"""Files of a project: whole or untouched, inside the folder, one writer at a time."""

import errno
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fine_tuning_specialist.project.writing import files
from fine_tuning_specialist.project.writing.files import (
    OutsideProjectError,
    ProjectFileError,
    ProjectLockedError,
    inside,
    project_lock,
    read_text,
    sweep,
    write_text,
    writing_date,
)


def clock() -> datetime:
    return datetime(2025, 3, 14, 23, 59, tzinfo=UTC)


def test_the_date_is_the_clock_s_unless_source_date_epoch_is_set() -> None:
    assert writing_date(clock, {}) == "2025-03-14"
    assert writing_date(clock, {"SOURCE_DATE_EPOCH": "0"}) == "1970-01-01"
    assert writing_date(clock, {"SOURCE_DATE_EPOCH": " "}) == "2025-03-14"


@pytest.mark.parametrize("epoch", ["soon", "1e9", "9" * 30])
def test_a_source_date_epoch_that_is_no_time_is_refused(epoch: str) -> None:
    with pytest.raises(ValueError, match="SOURCE_DATE_EPOCH"):
        writing_date(clock, {"SOURCE_DATE_EPOCH": epoch})


def test_writing_makes_folders_and_says_whether_anything_changed(tmp_path: Path) -> None:
    assert write_text(tmp_path, "a/b/c.md", "x\r\n")
    assert (tmp_path / "a/b/c.md").read_bytes() == b"x\r\n"
    before = (tmp_path / "a/b/c.md").stat()
    assert not write_text(tmp_path, "a/b/c.md", "x\r\n")
    after = (tmp_path / "a/b/c.md").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["c.md"]


def test_line_ends_and_byte_order_mark_are_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xef\xbb\xbfx\r\ny\rz\n")
    assert read_text(tmp_path, "a.md") == "\ufeffx\r\ny\rz\n"
    assert read_text(tmp_path, "none.md") is None


def test_the_mode_of_a_file_stays_and_a_new_one_gets_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("a")
    (tmp_path / "old").chmod(0o640)
    (tmp_path / "usual").write_text("a")
    write_text(tmp_path, "old", "b")
    write_text(tmp_path, "new", "b")
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o640
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("path", ["../out.md", "/etc/passwd", "a/../../out.md", "", "a\0b", "."])
def test_a_path_that_leads_out_is_refused(path: str, tmp_path: Path) -> None:
    with pytest.raises(OutsideProjectError):
        write_text(tmp_path, path, "x")


def test_links_that_lead_out_are_refused_and_those_inside_are_followed(tmp_path: Path) -> None:
    project, other = tmp_path / "project", tmp_path / "other"
    (project / "real").mkdir(parents=True)
    other.mkdir()
    (other / "secret").write_text("secret")
    (project / "file.md").symlink_to(other / "secret")
    (project / "folder").symlink_to(other)
    (project / "loop").symlink_to("loop")
    (project / "inner").symlink_to("real")
    (project / "real" / "target.md").write_text("old")
    (project / "link.md").symlink_to("real/target.md")
    for path in ("file.md", "folder/new.md", "folder/secret", "loop/x"):
        with pytest.raises(OutsideProjectError):
            write_text(project, path, "x")
        with pytest.raises(OutsideProjectError):
            read_text(project, path)
    assert write_text(project, "inner/a.md", "x")
    assert write_text(project, "link.md", "new")
    assert (project / "link.md").is_symlink()
    assert (project / "real" / "target.md").read_text() == "new"
    assert (other / "secret").read_text() == "secret"
    assert sorted(path.name for path in other.iterdir()) == ["secret"]


@pytest.mark.parametrize(
    ("code", "words"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "permission")]
)
def test_a_disk_that_takes_nothing_is_named_with_the_file_and_leaves_the_old_text(
    code: int, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.md").write_text("old")

    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(ProjectFileError, match=rf"a\.md.*{words}") as caught:
        write_text(tmp_path, "a.md", "new")
    assert caught.value.errno == code
    assert (tmp_path / "a.md").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_what_is_no_text_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "binary.md").write_bytes(b"ok\xff\xfe")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(ProjectFileError, match=r"binary\.md is not UTF-8 text \(byte 2\)"):
        read_text(tmp_path, "binary.md")
    with pytest.raises(ProjectFileError, match=r"cannot read .*folder\.md"):
        read_text(tmp_path, "folder.md")
    with pytest.raises(ProjectFileError, match=r"cannot write .*folder\.md"):
        write_text(tmp_path, "folder.md", "x")
    with pytest.raises(ProjectFileError, match=r"cannot write"):
        write_text(tmp_path, "binary.md/x", "x")


def test_leftovers_of_a_killed_process_are_swept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".a.md.0123.fine-tuning-specialist.tmp").write_text("half")
    (tmp_path / "theirs.tmp").write_text("kept")
    sweep(tmp_path)
    sweep(tmp_path, "not-there")
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.tmp"]


def test_a_second_writer_is_refused_in_words_and_the_lock_leaves_nothing_behind(tmp_path: Path) -> None:
    second = project_lock(tmp_path, timeout=0)
    with project_lock(tmp_path), pytest.raises(ProjectLockedError, match="another process is writing"), second:
        pytest.fail("two writers at once")
    with project_lock(tmp_path, timeout=0):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_lock_is_released_when_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), project_lock(tmp_path):
        raise RuntimeError
    with project_lock(tmp_path, timeout=0):
        assert inside(tmp_path, "x") == tmp_path.resolve() / "x"


def test_a_folder_that_is_none_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(ProjectFileError, match="is not a folder"), project_lock(tmp_path / "none"):
        pytest.fail("locked nothing")

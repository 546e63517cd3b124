"""Templates compiled once, as Python compiles its modules: compiling one takes longer than filling it."""

import secrets
import sys
from contextlib import suppress
from importlib.resources import files
from importlib.util import cache_from_source
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket
from typing_extensions import override


class CompiledBeside(jinja2.BytecodeCache):
    """Keeps what is made of a package's templates where Python keeps what it makes of the package's modules.

    The same holds as for them: no file is needed, none is written where `PYTHONDONTWRITEBYTECODE` is set or nothing can
    be written, and one that was made from another text, by another Jinja2 or with other settings is made again.
    """

    def __init__(self, package: str) -> None:
        self._package = package

    @override
    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The template's name itself, from which its place follows."""
        return name

    @override
    def get_bucket(self, environment: jinja2.Environment, name: str, filename: str | None, source: str) -> Bucket:
        """What is kept of a template, if anything; valid for this text, this Jinja2 and these settings."""
        settings = (
            jinja2.__version__,
            environment.autoescape,
            environment.trim_blocks,
            environment.lstrip_blocks,
            environment.keep_trailing_newline,
        )
        return super().get_bucket(environment, name, filename, f"{settings}{source}")

    @override
    def load_bytecode(self, bucket: Bucket) -> None:
        """Read it where it is there."""
        with suppress(OSError), self._place(bucket).open("rb") as stream:
            bucket.load_bytecode(stream)

    @override
    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write it whole or not at all; several processes may do so at once."""
        if sys.dont_write_bytecode:
            return
        place = self._place(bucket)
        temporary = place.with_name(f"{place.name}.{secrets.token_hex(6)}")
        with suppress(OSError):
            place.parent.mkdir(exist_ok=True)
            try:
                with temporary.open("xb") as stream:
                    bucket.write_bytecode(stream)
                temporary.replace(place)
            except OSError:
                temporary.unlink(missing_ok=True)

    def _place(self, bucket: Bucket) -> Path:
        return Path(cache_from_source(str(files(self._package).joinpath(bucket.key))))

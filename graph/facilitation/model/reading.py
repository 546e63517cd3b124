"""The project's documents as the model reads them: the same files and limits as ever, cut to a stated bound."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...project.documents import DECISION_LOG, read_documents, supplied_text, without_our_entries
from ...project.errors import ProjectError
from ...project.facts import ProjectContext
from ...project.persona import PERSONA_FILE, persona_text
from ...project.sidecar_reading import SIDECAR
from ...project.text_files import clean

DOCUMENT_LIMIT = 24_000
"""Characters of one document in a prompt."""
TOTAL_LIMIT = 80_000
"""Characters of all documents together in a prompt."""

_MARKUP = re.compile(r"[*_`|#>\[\]\"'“”‘’]+")
_ELLIPSIS = re.compile(r"\s*(?:\.{3,}|…|\[\s*(?:\.{3}|…)\s*\])\s*")
_SHORTEST_PASSAGE = 6


@dataclass(frozen=True)
class Block:
    """A text that is data: between marks that it cannot contain, because they are made from it."""

    title: str
    text: str

    @property
    def mark(self) -> str:
        """What opens and closes the block; the same text always has the same mark, so that caches hold."""
        return hashlib.sha256(f"{self.title}\n{self.text}".encode("utf-8", "replace")).hexdigest()[:12]


@dataclass(frozen=True)
class Reading:
    """The documents in full, for checking what is quoted from them."""

    texts: Mapping[str, str]
    persona: str = ""
    """Who speaks: the persona's text without its front matter."""

    def blocks(self) -> list[Block]:
        """The documents for a prompt, within the bound."""
        left = TOTAL_LIMIT
        blocks = []
        for path, text in self.texts.items():
            shown = text[: min(DOCUMENT_LIMIT, left)]
            left -= len(shown)
            cut = f" (the first {len(shown):,} of {len(text):,} characters)" if len(shown) < len(text) else ""
            blocks.append(Block(f"document {path}{cut}", shown))
        return blocks

    def find(self, source: str) -> str | None:
        """The path of the document that a source names, by its path or its end."""
        wanted = source.strip().removeprefix("document").strip().removeprefix("./")
        if not wanted:
            return None
        return next((path for path in self.texts if path == wanted or path.endswith(f"/{wanted}")), None)

    def holds(self, path: str, passage: str) -> bool:
        """Whether a document has a passage, apart from spaces, markup and case; an ellipsis may stand for words."""
        text = _plain(self.texts.get(path, ""))
        parts = [part for part in (_plain(part) for part in _ELLIPSIS.split(passage)) if part]
        return bool(parts) and max(map(len, parts)) >= _SHORTEST_PASSAGE and all(part in text for part in parts)


async def read_project(context: ProjectContext, supplied: Mapping[str, str]) -> Reading:
    """Read the documents of a project, or those that a parent supplied."""
    return await asyncio.to_thread(_read, context, supplied)


def _read(context: ProjectContext, supplied: Mapping[str, str]) -> Reading:
    folder = Path(context.project_dir) if context.project_dir else None
    try:
        read = read_documents(folder, supplied).texts
    except ProjectError:
        read = {}  # the log was readable when the run began; what is said must not depend on it now
    texts = {path: clean(without_our_entries(text) if path == DECISION_LOG else text) for path, text in read.items()}
    own = supplied_text(supplied, f"agents/{PERSONA_FILE}").text
    return Reading({SIDECAR: _sidecar(context), **texts}, clean(own) or persona_text(context.persona))


def _sidecar(context: ProjectContext) -> str:
    """What earlier steps wrote into the sidecar; our own entries are never read back."""
    lines = [f"project_name: {context.project_name}", f"architecture: {context.architecture}"]
    facts = [fact for found in context.facts.values() for fact in found if fact.source == SIDECAR]
    lines += dict.fromkeys(fact.passage for fact in facts)
    lines += [f"{item.get('id', '')}: {item.get('choice', '')}" for item in context.decisions]
    return clean("\n".join(line for line in lines if not line.upper().startswith("TRAIN-")))


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub(" ", text).split()).casefold().strip(" .,;:")

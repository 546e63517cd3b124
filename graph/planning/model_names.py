"""Which base models a person means by a short name: "qwen3", "llama 3.1", "mistral 7b"."""

import re
from collections.abc import Sequence

from .base_models import Candidate

_PIECES = re.compile(r"[a-z]+|\d+(?:\.\d+)?")


def named(asked: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that a name may mean, in their own order; none where the text holds no name.

    Whole names come before whole families, and both before parts of names: "qwen3" is the family Qwen3 and not Qwen3.5;
    "llama 3" is any of Llama 3.1 to 3.3.
    """
    pieces = _pieces(asked)
    if not any(len(piece) > 1 and piece.isalpha() for piece in pieces):
        return []
    for holds in (_is_name, _is_family, _begins, _begins_generation, _occurs):
        found = [candidate for candidate in candidates if holds(pieces, candidate)]
        if found:
            return found
    return []


def _pieces(text: str) -> list[str]:
    return _PIECES.findall(text.lower())


def _is_name(pieces: list[str], candidate: Candidate) -> bool:
    return pieces in (_pieces(candidate.name), _pieces(candidate.hf_id))


def _is_family(pieces: list[str], candidate: Candidate) -> bool:
    return pieces == _pieces(candidate.family)


def _begins(pieces: list[str], candidate: Candidate) -> bool:
    return _pieces(candidate.name)[: len(pieces)] == pieces


def _begins_generation(pieces: list[str], candidate: Candidate) -> bool:
    """Whether the name begins so where a whole number stands for all its points."""
    own = _pieces(candidate.name)[: len(pieces)]
    return len(own) == len(pieces) and all(map(_stands_for, pieces, own))


def _stands_for(asked: str, piece: str) -> bool:
    return asked == piece or (asked.isdigit() and piece.startswith(f"{asked}."))


def _occurs(pieces: list[str], candidate: Candidate) -> bool:
    """Whether the pieces stand in the name in this order, perhaps with others between them: "llama 8b"."""
    rest = iter(_pieces(candidate.name))
    return all(piece in rest for piece in pieces)

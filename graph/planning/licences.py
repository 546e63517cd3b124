"""What the licences of base models allow, from the catalogue's `licences.yaml`."""

import re
from dataclasses import dataclass
from functools import cache

from .catalogue_files import read_catalogue_file


@dataclass(frozen=True)
class Licence:
    """One licence in terms of what it allows; None where its text has to be read."""

    id: str
    commercial: bool | None
    permissive: bool | None
    terms: str
    source: str


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", text.lower()).replace("license", "licence").removesuffix("licence")


@cache
def _licences() -> dict[str, Licence]:
    known: dict[str, Licence] = {}
    for entry in read_catalogue_file("licences.yaml")["licences"]:
        licence = Licence(entry["id"], entry["commercial"], entry["permissive"], entry["terms"], entry["source"])
        known.update({_plain(name): licence for name in (entry["id"], *entry.get("aliases", []))})
    return known


@cache
def _requirements() -> dict[str, str]:
    entries = read_catalogue_file("licences.yaml")["requirements"]
    return {_plain(alias): entry["rule"] for entry in entries for alias in entry["aliases"]}


def licence(name: str) -> Licence | None:
    """The licence of that name or alias, without regard to case and punctuation; None when unknown."""
    return _licences().get(_plain(name))


def licence_allows(licence_name: str, requirement: str) -> bool | None:
    """Whether a licence meets a requirement.

    Args:
        licence_name: as the catalogue states it, such as `Apache-2.0` or `Gemma Terms of Use`.
        requirement: what must be allowed (`commercial-use`, `permissive`, `open source`, `any`), or a licence by name.

    Returns:
        True or False; None when the licence or the requirement is not known, or the licence's text has to be read.
    """
    wanted = _plain(requirement)
    rule = _requirements().get(wanted)
    if not wanted or rule == "any":
        return True
    held = licence(licence_name)
    if rule == "commercial":
        return held.commercial if held else None
    if rule == "permissive":
        return held.permissive if held else None
    asked = licence(requirement)
    if asked is None:
        return _plain(licence_name) == wanted or None
    return held is not None and held.id == asked.id

"""GPUs and what an hour of them costs, from the catalogue's `gpus.yaml` and `prices.yaml`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .catalogue_files import CatalogueError, read_catalogue_file, read_user_file

USABLE_SHARE = 0.92
"""Of a memory size as sold, what a process can use: the catalogue's smallest share (A10G: 22.0 GiB of 24 GB)."""


@dataclass(frozen=True)
class Gpu:
    """One accelerator.

    `vram_gb` is as sold, `usable_gib` what a process can use, `peak_tflops` dense 16-bit, of which the card delivers
    the share `sustained` for long.
    """

    name: str
    vram_gb: float
    usable_gib: float
    context_gib: float
    bf16: bool
    peak_tflops: float
    bandwidth_gb_s: float
    sustained: float
    source: str
    note: str = ""


@dataclass(frozen=True)
class Price:
    """US dollars for one GPU for one hour, on the day that the source states."""

    platform: str
    gpu: str
    usd: float
    as_of: str
    source: str
    tier: str = ""


_NOISE = re.compile(r"nvidia|geforce|tesla|amd|instinct|gpus?\b|gb\b|gib\b|[^a-z0-9]")


def _plain(text: str) -> str:
    return _NOISE.sub("", text.lower())


@cache
def _gpus() -> dict[str, Gpu]:
    data = read_catalogue_file("gpus.yaml")
    known: dict[str, Gpu] = {}
    for entry in data["gpus"]:
        card = Gpu(
            name=entry["name"],
            vram_gb=entry["vram_gb"],
            usable_gib=entry["usable_gib"],
            context_gib=entry["context_gib"],
            bf16=entry["bf16"],
            peak_tflops=entry["peak_tflops"],
            bandwidth_gb_s=entry["bandwidth"],
            sustained=entry.get("sustained", 1.0),
            source=data["sources"][entry["source"]]["title"],
            note=entry.get("note", ""),
        )
        for name in (card.name, *entry.get("aliases", [])):
            known[_plain(name)] = card
            known.setdefault(_plain(f"{name} {card.vram_gb:g}"), card)
    return known


def all_gpus() -> tuple[Gpu, ...]:
    """Every GPU of the catalogue, once, in the order of the file."""
    return tuple(dict.fromkeys(_gpus().values()))


def gpu(name: str, vram_gb: float | None = None) -> Gpu | None:
    """The GPU that a person means by `name`: `A10G`, `A100-80GB`, `NVIDIA A100 80GB PCIe`, `RTX 4090`, `8x H100`.

    Args:
        name: its name, with or without vendor, form factor, size and a leading count.
        vram_gb: its memory as sold, which tells apart cards that come in several sizes.

    Returns:
        The card, or None when it is not in the catalogue. A name that fits several sizes means the smallest.
    """
    text = _plain(re.sub(r"^\s*\d+\s*[x×*]\s*", "", name.lower()))
    if vram_gb is not None:
        sized = _gpus().get(f"{text}{vram_gb:g}")
        if sized is not None:
            return sized
    found = _gpus().get(text)
    if found is None:
        found = _gpus().get(re.sub(r"(?:sxm\d?|pcie|hbm\d?e?)", "", text))
    return found


def prices(overrides: Path | None = None) -> tuple[Price, ...]:
    """Every known price; those of a user's file replace ours for the same platform and GPU.

    Raises:
        CatalogueError: the file is not of the form of `prices.yaml`.
    """
    ours = _prices(read_catalogue_file("prices.yaml")["prices"], "prices.yaml")
    if overrides is None:
        return ours
    data = read_user_file(overrides)
    if not isinstance(data, dict) or not isinstance(data.get("prices"), list):
        raise CatalogueError(f"{overrides}: must hold `prices`, a list of platform, gpu, usd, as_of, source")
    theirs = _prices(data["prices"], str(overrides))
    replaced = {(price.platform, price.gpu) for price in theirs}
    return (*theirs, *(price for price in ours if (price.platform, price.gpu) not in replaced))


def price_range(
    card: Gpu, platform: str = "", known: Iterable[Price] | None = None
) -> tuple[float, float, tuple[Price, ...]] | None:
    """The lowest and highest known price of one GPU-hour in US dollars, with the entries that state it.

    Args:
        card: the GPU.
        platform: where; by default anywhere.
        known: the prices to choose from; by default the catalogue's.

    Returns:
        Low, high and their entries; None when no price is known, which is never replaced by a guess.
    """
    wanted = _platform(platform)
    matching = tuple(
        price
        for price in (prices() if known is None else known)
        if price.gpu == card.name and (not wanted or price.platform == wanted)
    )
    if not matching:
        return None
    return min(price.usd for price in matching), max(price.usd for price in matching), matching


def _platform(name: str) -> str:
    wanted = name.strip().lower()
    for platform, aliases in read_catalogue_file("prices.yaml")["platforms"].items():
        if wanted == platform or wanted in aliases:
            return str(platform)
    return wanted


def _prices(entries: list[Any], origin: str) -> tuple[Price, ...]:
    found = []
    for index, entry in enumerate(entries, start=1):
        usd = entry.get("usd") if isinstance(entry, dict) else None
        if isinstance(usd, bool) or not isinstance(usd, int | float) or not 0 <= usd < 10_000:
            raise CatalogueError(
                f"{origin}: entry {index}: usd must be a price per GPU-hour between 0 and 10000, got {usd!r}"
            )
        card = gpu(str(entry.get("gpu", "")))
        if card is None:
            raise CatalogueError(f"{origin}: entry {index}: gpu {entry.get('gpu')!r} is not in the catalogue")
        found.append(
            Price(
                platform=_platform(str(entry.get("platform", ""))) if origin != "prices.yaml" else entry["platform"],
                gpu=card.name,
                usd=float(usd),
                as_of=str(entry.get("as_of", "undated")),
                source=str(entry.get("source", origin)),
                tier=str(entry.get("tier", "")),
            )
        )
    return tuple(found)

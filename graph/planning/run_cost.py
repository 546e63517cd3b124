"""What one run costs at the chosen platform, in words: a range, whose price it is, or which price is missing."""

from typing import NamedTuple

from .gpus import Gpu
from .platforms import PRICED_AS, platform_name
from .texts import say
from .time_and_cost import CostEstimate, TimeEstimate, estimate_cost


class RunCost(NamedTuple):
    """The cost of one run."""

    own: CostEstimate | None
    """From the platform's own prices; None where they, or the time, are not known."""
    stated: str
    """The range, or why there is none, in a phrase."""
    hint: str = ""
    """Where there is none: what it would cost elsewhere, and how to give a price."""


def run_cost(time: TimeEstimate | None, card: Gpu | None, gpus: int, platform: str) -> RunCost:
    """What a run costs.

    Args:
        time: Its wall time; None where it could not be computed.
        card: The GPU; None where it is not in the catalogue.
        gpus: How many.
        platform: A value of the field `platform`; empty for wherever a price is known.
    """
    if platform == "local":
        return RunCost(None, say("cost.local"))
    if time is None or card is None:
        return RunCost(None, say("cost.not_computed"))
    if platform == "other":
        return _missing(time, card, gpus, say("cost.other"))
    own = estimate_cost(time, card, gpus, platform)
    if own is not None:
        return RunCost(own, _range(own))
    name = platform_name(platform)
    machines = PRICED_AS.get(platform, platform)
    least = estimate_cost(time, card, gpus, machines) if machines != platform else None
    if least is None:
        return _missing(time, card, gpus, name)
    words = {"platform": name, "gpu": card.name, "machines": platform_name(machines), "as_of": _as_of(least)}
    return RunCost(None, say("cost.stand_in", range=_range(least), **words))


def _missing(time: TimeEstimate, card: Gpu, gpus: int, place: str) -> RunCost:
    """Which price is missing, what the run would cost where one is known, and how to give one."""
    anywhere = estimate_cost(time, card, gpus)
    elsewhere = ""
    if anywhere is not None:
        places = dict.fromkeys(platform_name(price.platform) for price in anywhere.prices)
        elsewhere = say("cost.elsewhere", range=_range(anywhere), places=", ".join(places), as_of=_as_of(anywhere))
    hint = " ".join(filter(None, (elsewhere, say("cost.give_price"))))
    return RunCost(None, say("cost.no_price", gpu=card.name, place=place), hint)


def _range(cost: CostEstimate) -> str:
    return say("cost.range", low=f"{cost.low_usd:,.2f}", high=f"{cost.high_usd:,.2f}")


def _as_of(cost: CostEstimate) -> str:
    return max(price.as_of for price in cost.prices)

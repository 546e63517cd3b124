"""Putting the menu, or the one question that a choice still needs, after something was said."""

from typing import Any

from ..state import MenuState
from ..texts import text

MENU = "present_menu"


def put_menu(said: str) -> dict[str, Any]:
    """Say something and put the menu."""
    notice = "\n\n".join(part for part in (said, text("questions", MENU)) if part)
    return {"outcome": "ask", "asking": "choice", "put": "", "notice": notice}


def put_other(asking: str, put: str, said: str = "") -> dict[str, Any]:
    """Say something and put what a choice still needs; it stays until it is answered or left."""
    return {"outcome": "ask", "asking": asking, "put": put, "notice": "\n\n".join(part for part in (said, put) if part)}


def again(state: MenuState, said: str) -> dict[str, Any]:
    """Say something and put again whatever is asked now."""
    asking = state.get("asking") or "choice"
    return put_menu(said) if asking == "choice" else put_other(asking, state.get("put", ""), said)

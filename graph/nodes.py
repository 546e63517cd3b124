"""The shapes of node functions, as LangGraph calls them."""

from typing import Any, Protocol

from .state import MenuState, SectionState, State


class StepNode(Protocol):
    """A node of the step."""

    def __call__(self, state: State) -> dict[str, Any]:
        """Read the step's state and return updates of it."""
        ...


class AsyncStepNode(Protocol):
    """A node of the step that may call the facilitator."""

    async def __call__(self, state: State) -> dict[str, Any]:
        """Read the step's state and return updates of it."""
        ...


class AsyncSectionNode(Protocol):
    """A node of a section that may call the knowledge base or the facilitator."""

    async def __call__(self, state: SectionState) -> dict[str, Any]:
        """Read the section's state and return updates of it."""
        ...


class AsyncMenuNode(Protocol):
    """A node of the menu."""

    async def __call__(self, state: MenuState) -> dict[str, Any]:
        """Read the menu's state and return updates of it."""
        ...

"""Which knowledge server a command uses: by its option, else by what surrounds the project."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ..knowledge.client import KnowledgeClient
from ..knowledge.server_settings import ServerSpec
from ..knowledge.servers import choose_server
from ..project.workflow import find_workflow


def knowledge_server(choice: str | None, project: Path | None, workflow: Path | None) -> ServerSpec:
    """Decide on the server; nothing is started.

    Raises:
        KnowledgeConfigError: The choice or the settings cannot be used.
        ProjectError: The workflow's configuration cannot be read.
    """
    project = project.resolve() if project else None
    found = find_workflow(project, workflow)
    return choose_server(
        choice,
        project_dir=project,
        workflow_dir=found.config_file.parent if found.config_file else workflow,
        repository_root=found.project_root,
        knowledge_endpoint=found.knowledge_endpoint,
    )


MOST_RESULTS = 500
"""What a server returns at most; a conversation needs far fewer."""


@asynccontextmanager
async def open_to_look(server: ServerSpec) -> AsyncIterator[KnowledgeClient]:
    """A knowledge base for someone who looks into it, and so sees every result."""
    client = KnowledgeClient(server, result_limit=MOST_RESULTS)
    try:
        yield client
    finally:
        await client.close()

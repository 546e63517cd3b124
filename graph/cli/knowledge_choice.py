"""Which knowledge server a command uses: by its option, else by what surrounds the project."""

from pathlib import Path

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

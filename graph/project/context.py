"""LOAD CONTEXT: everything that the project says, gathered before the first question is asked."""

from collections.abc import Mapping
from pathlib import Path

from .documents import DECISION_LOG, HOMES, Documents, read_documents, supplied_text, without_our_entries
from .errors import ProjectError
from .extraction import extract_facts, facts_of_tools
from .facts import Fact, ProjectContext
from .persona import PERSONA_FILE, load_persona
from .sidecar_reading import SIDECAR, Sidecar, sidecar_from_file, sidecar_from_text
from .workflow import find_workflow, next_step


def load_project(
    project_dir: Path | None,
    documents: Mapping[str, str] | None = None,
    workflow_dir: Path | None = None,
    copy_of: Path | None = None,
) -> ProjectContext:
    """Read a project: sidecar, documents, persona, configuration, and the facts that the documents state.

    Args:
        project_dir: The project folder, or None where a caller supplies the documents.
        documents: Texts by path relative to the project folder; they take precedence over files. Without a project
            folder, `sidecar.yaml` has to be among them.
        workflow_dir: The folder of the workflow's `config.yaml`, where it is not found above the project.
        copy_of: The project that `project_dir` is a copy of: its name and the workflow above it count.

    Raises:
        ProjectError: The folder, the sidecar, the configuration or the decision log is missing or unusable. Any other
            document that is, counts as missing and is warned about.
    """
    folder = _folder(project_dir)
    sidecar = _sidecar(folder, documents)
    home = copy_of.resolve() if copy_of is not None else folder
    workflow = find_workflow(home, workflow_dir)
    read = read_documents(folder, documents)
    other_folder = home.name if home is not None and home.name != sidecar.project_name else None
    if other_folder is not None:
        read.warnings.append(
            f"{SIDECAR} names the project {sidecar.project_name!r}, but its folder is {other_folder!r}; "
            "files are written to the folder."
        )
    persona = supplied_text(documents, f"agents/{PERSONA_FILE}")
    return ProjectContext(
        project_dir=str(folder) if folder is not None else "",
        project_name=sidecar.project_name,
        folder_name=other_folder,
        user_name=sidecar.user_name,
        architecture=sidecar.architecture,
        current_step=sidecar.current_step,
        facts=_facts(read, sidecar),
        documents=read.statuses,
        decisions=sidecar.decisions,
        embedding_stories=sidecar.embedding_stories,
        warnings=read.warnings,
        persona=load_persona(workflow, persona.text or None),
        next_step=next_step(workflow),
        config_file=str(workflow.config_file) if workflow.config_file is not None else None,
        knowledge_endpoint=workflow.knowledge_endpoint,
    )


def _folder(project_dir: Path | None) -> Path | None:
    if project_dir is None:
        return None
    if not project_dir.is_dir():
        remedy = "Name an existing project folder, or create one with `fine-tuning-specialist init PROJECT`."
        raise ProjectError(str(project_dir), None, "There is no such project folder.", remedy)
    return project_dir.resolve()


def _sidecar(folder: Path | None, documents: Mapping[str, str] | None) -> Sidecar:
    supplied = supplied_text(documents, SIDECAR)
    if supplied.status == "missing" and folder is not None:
        return sidecar_from_file(folder)
    return sidecar_from_text(supplied, folder.name if folder is not None else "")


def _facts(read: Documents, sidecar: Sidecar) -> dict[str, list[Fact]]:
    """Facts by name, those of the document that the specification reads them from first, those of the sidecar last."""
    facts: dict[str, list[Fact]] = {}
    found = [fact for path, text in read.texts.items() for fact in extract_facts(path, _foreign(path, text))]
    for fact in (*found, *facts_of_tools(SIDECAR, sidecar.tech_stack)):
        facts.setdefault(fact.name, []).append(fact)
    return {name: sorted(stated, key=lambda fact: _rank(name, fact.source)) for name, stated in facts.items()}


def _rank(name: str, source: str) -> int:
    homes = HOMES.get(name, ())
    return homes.index(source) if source in homes else len(homes)


def _foreign(path: str, text: str) -> str:
    return without_our_entries(text) if path == DECISION_LOG else text

"""The specification's success and failure metrics, checked one by one against the recorded run."""

from collections.abc import Callable, Mapping

from pydantic import BaseModel

from ..knowledge.queries import query_templates
from ..sections.order import PATH_NODES
from ..state import State
from ..texts import phrases, text
from .recorded import RecordedRun


class AuditItem(BaseModel):
    """One metric of the specification, and how the run stands to it."""

    key: str
    metric: str
    passed: bool
    detail: str = ""
    remedy: str = ""


Check = Callable[[State, RecordedRun, list[str]], tuple[bool, str]]


def audit(state: State, problems: list[str]) -> list[AuditItem]:
    """Check every metric that applies to the outcome.

    Args:
        state: The recorded run.
        problems: What verifying the written files found.
    """
    run = RecordedRun(state["sections"])
    items = []
    for key, check in applicable(state, run).items():
        passed, detail = check(state, run, problems)
        remedy = "" if passed else phrases("audit").get(f"{key}_remedy", "")
        items.append(AuditItem(key=key, metric=text("audit", key), passed=passed, detail=detail, remedy=remedy))
    return items


def applicable(state: State, run: RecordedRun) -> Mapping[str, Check]:
    """The metrics of this outcome: a skipped or declined step has no design to check."""
    if state.get("ending") == "skipped":
        return {"skip_handled": skip_handled, "architecture_checked": architecture_checked, "files_whole": files_whole}
    if run.declined or "document_decisions" not in run.sections:
        return {"architecture_checked": architecture_checked, "files_whole": files_whole}
    if run.rag_first:
        left_out = {"peft_documented", "hyperparameters_justified", "infrastructure_planned"}
        return {key: check for key, check in CHECKS.items() if key not in left_out}
    return CHECKS


def skip_handled(state: State, _: RecordedRun, __: list[str]) -> tuple[bool, str]:
    """A rag-only project is skipped, and only such a one."""
    rag_only = state["context"]["architecture"] == "rag-only"
    return rag_only == (state.get("ending") == "skipped"), state["context"]["architecture"]


def architecture_checked(state: State, run: RecordedRun, _: list[str]) -> tuple[bool, str]:
    """The guard was put to the user and answered."""
    return "entry_checkpoint" in run.sections, str(state["context"]["architecture"])


def knowledge_queried(state: State, run: RecordedRun, _: list[str]) -> tuple[bool, str]:
    """Every mandatory query on the path taken was made, or left out by the user's own word."""
    asked: dict[str, int] = {}
    for query in state.get("queries", []):
        if query["status"] != "failed" and not query["broadened_from"]:
            asked[query["node"]] = asked.get(query["node"], 0) + 1
    lacking = []
    for node, templates in query_templates().items():
        if node not in run.sections or run.record(node).get("without_evidence"):
            continue
        needed = sum(template.applies(approach_before(node, run)) for template in templates)
        if asked.get(node, 0) < needed:
            lacking.append(node)
    return not lacking, ", ".join(lacking) or text("audit", "queries", count=sum(asked.values()))


def approach_before(node: str, run: RecordedRun) -> str | None:
    """The approach as it stood when the section was reached."""
    early = ("query_methodologies", "assess_training_data", "select_base_model")
    return None if node in early else run.approach


def data_assessed(_: State, run: RecordedRun, __: list[str]) -> tuple[bool, str]:
    """Counts, quality and threshold are on record."""
    node = "assess_training_data"
    names = ("sft_examples", "preference_pairs", "verified", "coverage", "accurate", "uncontaminated", "pii_removed")
    lacking = [name for name in names if run.value(node, name) is None]
    examples, pairs = run.shown(node, "sft_examples"), run.shown(node, "preference_pairs")
    return not lacking, ", ".join(lacking) or text("audit", "data_counted", examples=examples, pairs=pairs)


def model_selected(_: State, run: RecordedRun, __: list[str]) -> tuple[bool, str]:
    """A base model with a rationale."""
    node = "select_base_model"
    return bool(run.value(node, "base_model") and run.reason(node, "base_model")), run.shown(node, "base_model")


def approach_defined(_: State, run: RecordedRun, __: list[str]) -> tuple[bool, str]:
    """A confirmed path of section 5."""
    if run.rag_first:
        return True, text("audit", "rag_first")
    return any(node in run.sections for node in PATH_NODES[:3]), str(run.approach)


def peft_documented(_: State, run: RecordedRun, __: list[str]) -> tuple[bool, str]:
    """Method and, unless it is full fine-tuning, rank, alpha and modules."""
    node = "configure_peft"
    method = run.value(node, "method")
    complete = method == "full" or all(run.value(node, name) for name in ("rank", "alpha", "target_modules"))
    return bool(method and complete), run.shown(node, "method")


def hyperparameters_justified(_: State, run: RecordedRun, __: list[str]) -> tuple[bool, str]:
    """Every hyperparameter has a reason."""
    node = "configure_hyperparameters"
    fields = run.record(node).get("fields", {})
    lacking = [name for name, value in fields.items() if value is not None and not run.reason(node, name)]
    return bool(fields) and not lacking, ", ".join(lacking)


def infrastructure_planned(_: State, run: RecordedRun, __: list[str]) -> tuple[bool, str]:
    """Platform, tracking and trainer are chosen."""
    node = "choose_infrastructure"
    return all(run.value(node, name) for name in ("platform", "tracking", "trainer")), run.shown(node, "platform")


def files_whole(_: State, __: RecordedRun, problems: list[str]) -> tuple[bool, str]:
    """Spec, log and sidecar stand on disk as the design says."""
    return not problems, "; ".join(problems)


def stories_generated(state: State, _: RecordedRun, __: list[str]) -> tuple[bool, str]:
    """The stories exist."""
    return bool(state.get("stories")), text("audit", "stories", count=len(state.get("stories", [])))


def user_confirmed(state: State, run: RecordedRun, _: list[str]) -> tuple[bool, str]:
    """The user confirmed the whole design in a turn of their own, and every section before it."""
    answered = {turn["node"] for turn in state.get("turns", [])}
    decided = {node for node, record in run.sections.items() if record["fields"] and node != "present_menu"}
    unasked = sorted(decided - answered)
    return bool(run.value("document_decisions", "confirm")) and not unasked, ", ".join(unasked)


def out_of_scope_declined(state: State, _: RecordedRun, __: list[str]) -> tuple[bool, str]:
    """Questions about retrieval and evaluation metrics were sent to the steps that own them."""
    declined = [turn for turn in state.get("turns", []) if turn["understood"].get("kind") == "out_of_scope"]
    return True, text("audit", "declined", count=len(declined))


CHECKS: Mapping[str, Check] = {
    "skip_handled": skip_handled,
    "architecture_checked": architecture_checked,
    "knowledge_queried": knowledge_queried,
    "data_assessed": data_assessed,
    "model_selected": model_selected,
    "approach_defined": approach_defined,
    "peft_documented": peft_documented,
    "hyperparameters_justified": hyperparameters_justified,
    "infrastructure_planned": infrastructure_planned,
    "files_whole": files_whole,
    "stories_generated": stories_generated,
    "user_confirmed": user_confirmed,
    "out_of_scope_declined": out_of_scope_declined,
}
"""Every metric by name; their wording is in `prompts/audit.yaml`."""

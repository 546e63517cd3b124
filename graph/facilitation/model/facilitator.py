"""The model-backed facilitator: it words reasons and understands people; a model that fails gives way to the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from ...findings import Finding
from ...interrupts import Question
from ...knowledge.evidence import Evidence
from ...project.facts import ProjectContext
from ...sections.section import Advice, Briefing, Section
from ...texts import render, text
from ..guided import GuidedFacilitator
from ..parsing.text import clean
from ..protocol import Interpretation
from ..turn import Turn
from .calls import Caller, Limits
from .critical import MOST, CriticalReading, accepted
from .differences import without_declared, worded
from .exact import is_exact
from .extraction import ReadFacts, merged, names_to_read, stated_facts
from .failures import AnswerStopped, ModelFailedError
from .grounding import FLAG, Grounded, ground
from .knowledge_tools import MOST_QUERIES, KnowledgeBase, carry_out, definitions
from .material import REPLY_LIMIT, Material, decisions, field_lines
from .reading import Block, read_project
from .reply_schema import reading_of
from .spending import Spending
from .stopping import Stopper
from .streaming import Hearing
from .understanding import interpretation_of

SILENT_NODES = frozenset({"entry_checkpoint"})
"""Sections whose own words say everything; the model only reads critically there."""


class ModelFacilitator:
    """Words advice and answers with a chat model, and understands replies with it."""

    def __init__(
        self, caller: Caller, guided: GuidedFacilitator, knowledge: KnowledgeBase, stopper: Stopper | None = None
    ) -> None:
        self._caller = caller
        self._guided = guided
        self._knowledge = knowledge
        self._stopper = stopper or Stopper()

    async def advise(
        self,
        section: Section,
        briefing: Briefing,
        advice: Advice,
        findings: Sequence[Finding],
        changed: Mapping[str, tuple[Any, Any]],
        turn: Turn | None = None,
    ) -> str:
        """The model's reasons, then the section's own tables, findings, form and question, which no model words."""
        if turn is None or section.node in SILENT_NODES:
            return await self._guided.advise(section, briefing, advice, findings, changed)
        material = await self._material(turn, advice)
        asked = text("questions", section.node) if section.asks else text("model", "no_question")
        messages = material.messages("advise", asked=asked, findings=list(findings), changed=changed)
        spoken, failure = await self._say(messages, material, "advise")
        if not spoken:
            said = await self._guided.advise(section, briefing, advice, findings, changed)
            return "\n\n".join(part for part in (failure, said) if part)
        plain, differences = without_declared(spoken, section.fields(briefing), advice.recommended)
        checked = self._grounded(plain, material, "advise")
        own = self._guided.reasons(section, replace(briefing, evidence={}), advice)
        reasons = "\n\n".join(part for part in (checked, failure, worded(differences), own) if part)
        return self._guided.framed(reasons, section, briefing, advice, findings, changed)

    async def interpret(self, reply: str, question: Question, turn: Turn | None = None) -> Interpretation:
        """What a typed reply means; exact replies are read by the rules, which cost nothing."""
        by_rules = await self._guided.interpret(reply, question)
        if turn is None or len(reply) > REPLY_LIMIT or is_exact(reply, by_rules, question):
            return by_rules
        spending = Spending()
        briefing = turn.briefing
        prompt = render(
            "model/interpret.md.j2",
            question=question,
            fields=field_lines(question.fields, question.recommended),
            shown=Block("what was shown", question.message[-REPLY_LIMIT:]),
            decisions=decisions(briefing.records),
            known=[finding for finding in briefing.findings.values() if finding.status == "open"],
            reply=Block("reply", clean(reply)),
        )
        reading = await read_project(briefing.context, turn.documents)
        system = SystemMessage(render("model/system.md.j2", persona=reading.persona))
        form = reading_of(question.question_key, question.fields)
        try:
            read = await self._caller.structured([system, HumanMessage(prompt)], form, spending)
        except ModelFailedError as failure:
            turn.usage.append(spending.entry(turn.section.node, "interpret", failure.kind))
            turn.notices.append(fallback(failure))
            return by_rules
        turn.usage.append(spending.entry(turn.section.node, "interpret"))
        return interpretation_of(read, reply, question, briefing.records)

    async def answer(
        self, asked: str, question: Question, evidence: Mapping[str, Evidence], turn: Turn | None = None
    ) -> str:
        """An answer from documents, decisions and evidence; the model may ask the knowledge base for more."""
        if turn is None:
            return await self._guided.answer(asked, question, evidence)
        advice = Advice(recommended=question.recommended)
        material = await self._material(turn, advice, said=question.message)
        found = {**evidence, **{label: item for label, item in turn.briefing.evidence.items() if label not in evidence}}
        messages = material.messages(
            "answer", evidence=found, asked=Block("question", clean(asked)[:REPLY_LIMIT]), tool_limit=MOST_QUERIES
        )
        spoken, failure = await self._say(messages, material, "answer", more=[asked], use_tools=True, labels=evidence)
        if not spoken:
            said = await self._guided.answer(asked, question, evidence)
            return "\n\n".join(part for part in (failure, said) if part)
        plain, _ = without_declared(spoken, question.fields, {})
        checked = self._grounded(plain, material, "answer", more=[asked], labels=evidence)
        return "\n\n".join(part for part in (checked, failure) if part)

    async def read_critically(
        self,
        section: Section,
        briefing: Briefing,  # noqa: ARG002
        advice: Advice,
        turn: Turn,
    ) -> list[Finding]:
        """What a specialist would object to here, each with grounds that can be found; none where the model fails."""
        material = await self._material(turn, advice)
        spending = Spending()
        messages = material.messages("critical", limit=MOST)
        try:
            read = await self._caller.structured(messages, CriticalReading, spending)
        except ModelFailedError as failure:
            turn.usage.append(spending.entry(section.node, "read_critically", failure.kind))
            turn.notices.append(fallback(failure))
            return []
        turn.usage.append(spending.entry(section.node, "read_critically"))
        found, removed, unverified = accepted(read, material)
        self._count(turn, "read_critically", removed, unverified)
        return found

    async def extract(
        self, context: ProjectContext, documents: Mapping[str, str]
    ) -> tuple[ProjectContext, list[dict[str, Any]]]:
        """The context with the facts that passages state, behind those that the rules found; as it was on a failure."""
        reading = await read_project(context, documents)
        spending = Spending()
        prompt = render("model/extract.md.j2", documents=reading.blocks(), names=names_to_read())
        system = SystemMessage(render("model/system.md.j2", persona=reading.persona))
        try:
            read = await self._caller.structured([system, HumanMessage(prompt)], ReadFacts, spending)
        except ModelFailedError as failure:
            return context, [spending.entry("load_context", "extract", failure.kind)]
        return merged(context, stated_facts(read, reading)), [spending.entry("load_context", "extract")]

    async def _material(self, turn: Turn, advice: Advice, said: str | None = None) -> Material:
        reading = await read_project(turn.briefing.context, turn.documents)
        own = self._guided.reasons(turn.section, turn.briefing, advice) if said is None else said
        return Material(turn, reading, advice, own)

    async def _say(
        self,
        messages: list[BaseMessage],
        material: Material,
        operation: str,
        more: Sequence[str] = (),  # noqa: ARG002
        labels: Mapping[str, Any] | None = None,
        use_tools: bool = False,
    ) -> tuple[str, str]:
        """Let the model speak.

        Returns:
            What it said, empty where nothing came; and the line that says how it failed or was stopped.
        """
        turn = material.turn
        spending = Spending()
        hearing = Hearing(
            frozenset({*turn.labels(), *(labels or {})}),
            lambda piece: turn.emit({"event": "token", "text": piece}),
            lambda: turn.emit({"event": "token", "text": "", "restart": True}),
        )
        failed, line = "", ""
        try:
            await self._stopper.speak(self._converse(messages, turn, spending, hearing, use_tools=use_tools))
        except AnswerStopped:
            failed, line = "stopped", text("model", "stopped")
        except ModelFailedError as failure:
            failed, line, hearing.said = failure.kind, fallback(failure), ""
        turn.usage.append(spending.entry(turn.section.node, operation, failed))
        return clean(hearing.said).strip(), line

    async def _converse(
        self, messages: list[BaseMessage], turn: Turn, spending: Spending, hearing: Hearing, *, use_tools: bool
    ) -> None:
        """One reply, after as many rounds of knowledge queries as are allowed."""
        tools = definitions() if use_tools else []
        said = await self._caller.spoken(messages, spending, hearing, tools)
        while said.tool_calls and tools:
            results = [await carry_out(call, turn, self._knowledge) for call in said.tool_calls]
            messages = [*messages, said, *results]
            if len(turn.answers) >= MOST_QUERIES or all(result.status == "error" for result in results):
                tools = []
            hearing("")
            said = await self._caller.spoken(messages, spending, hearing, tools)
        hearing.finish()

    def _grounded(
        self,
        said: str,
        material: Material,
        operation: str,
        more: Sequence[str] = (),
        labels: Mapping[str, Any] | None = None,
    ) -> str:
        """The text with false citations removed and figures without a source flagged; both are counted."""
        known = frozenset({*material.turn.labels(), *(labels or {})})
        extra = [*more, *(f"{item.title} {item.text}" for item in (labels or {}).values())]
        checked: Grounded = ground(said, known, material.sources(*extra), material.names())
        self._count(material.turn, operation, checked.removed_citations, checked.unverified_figures)
        note = text("model", "unverified_note", flag=FLAG) if checked.unverified_figures else ""
        return "\n\n".join(part for part in (checked.text, note) if part)

    def _count(self, turn: Turn, operation: str, removed: int, unverified: int) -> None:
        turn.grounding.append(
            {
                "node": turn.section.node,
                "operation": operation,
                "removed_citations": removed,
                "unverified_figures": unverified,
            }
        )


def model_facilitator(
    model: BaseChatModel, knowledge: KnowledgeBase, stopper: Stopper | None = None, limits: Limits | None = None
) -> ModelFacilitator:
    """A facilitator over a chat model, with the guided one behind it."""
    return ModelFacilitator(Caller(model, limits or Limits()), GuidedFacilitator(), knowledge, stopper)


def fallback(failure: ModelFailedError) -> str:
    """The one line that says why a turn goes on by rules."""
    return text("model", "fallback", what=text("model", f"failed_{failure.kind}"))

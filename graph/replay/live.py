"""Asking the knowledge base again, and what it answers otherwise than when the run was recorded."""

from collections.abc import Sequence

from typing_extensions import override

from ..facilitation.model.failures import AnswerStopped
from ..knowledge.client import Knowledge
from ..knowledge.evidence import Answer, Evidence, Query
from .comparing import Difference
from .performing import described
from .recorded import Recorded
from .recording import asked, grouped
from .replayed import check_brought


class LiveKnowledge(Knowledge):
    """A knowledge base that is really asked; `differences` says what has changed, query by query."""

    def __init__(self, knowledge: Knowledge, recorded: Recorded) -> None:
        self._knowledge = knowledge
        self._recorded = recorded
        self.differences: list[Difference] = []

    @override
    async def consult(self, queries: Sequence[Query]) -> list[Answer]:
        """Ask, and hold the answers against those of then.

        Raises:
            KnowledgeUnavailable: It was unavailable then, and so the user answered that; or it is now.
            AnswerStopped: The query was a model's, and the user stopped its answer.
        """
        then = [self._recorded.find("consult", asked(query)) for query in queries]
        check_brought(entry for entry in then if entry is not None)
        answers = await self._knowledge.consult(queries)
        for query, entry, now in zip(queries, then, grouped(queries, answers), strict=True):
            before = entry.result["answers"] if entry is not None else None
            self._hold(query, None if before is None else [Answer.model_validate(answer) for answer in before], now)
        if self._recorded.stopped_after("consult", asked(queries[-1])):
            raise AnswerStopped
        return answers

    def _hold(self, query: Query, then: list[Answer] | None, now: list[Answer]) -> None:
        name = described(asked(query))
        if then is None:
            self.differences.append(Difference("query", name, "The run made no such query."))
            return
        before, after = _results(then), _results(now)
        lines = [f"- {before[key].title} ({key})" for key in before if key not in after]
        lines += [f"+ {after[key].title} ({key})" for key in after if key not in before]
        lines += [f"~ {after[key].title} ({key})" for key in after if key in before and _told(before[key], after[key])]
        if not lines and list(before) != list(after):
            lines = ["The same results in another order."]
        if lines:
            self.differences.append(Difference("query", name, "\n".join(lines)))


def _results(answers: Sequence[Answer]) -> dict[str, Evidence]:
    return {result.id: result for answer in answers for result in answer.results}


def _told(before: Evidence, after: Evidence) -> bool:
    """Whether a result says something else; its score alone is no difference."""
    return before.model_copy(update={"score": after.score}) != after

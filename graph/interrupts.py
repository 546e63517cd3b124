"""What a front end sees at a pause, and what it may send back.

Light on purpose: no LangGraph import, so that front ends can use the types without the engine.
"""

from copy import deepcopy
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    JsonValue,
    RootModel,
    StringConstraints,
    model_validator,
)
from pydantic import Field as Constraint
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from .fields import Field
from .flat_schema import flat_schema

REPLY_LIMIT = 20_000
"""Characters of one typed reply; more is refused, because it is a document and not an answer."""

QuestionKind = Literal["confirm", "question", "menu", "failure"]
Decision = Literal["approve", "edit", "reject", "respond"]


class Recommendation(BaseModel):
    """A recommended value with its reason and where it comes from."""

    model_config = ConfigDict(extra="forbid")

    value: Any
    why: str = ""
    origin: str = "calc"
    """`user`, `calc`, `document:<path>`, `default`, or an evidence label such as `K12`."""
    evidence: list[str] = Constraint(default_factory=list)
    low: float | None = None
    high: float | None = None


class Progress(BaseModel):
    """How far the conversation is, in sections that ask."""

    done: int
    of: int


class Question(BaseModel):
    """One pause: what is asked, in which section, with which fields and recommendations."""

    kind: QuestionKind
    question_key: str
    section: str
    title: str
    message: str
    fields: tuple[Field, ...] = ()
    recommended: dict[str, Recommendation] = Constraint(default_factory=dict)
    progress: Progress = Progress(done=0, of=0)

    def payload(self) -> dict[str, Any]:
        """The interrupt's value: LangChain's `HITLRequest` with our own keys beside it (plain JSON)."""
        arguments = {name: item.value for name, item in self.recommended.items()}
        allowed: list[Decision] = ["approve", "edit", "reject", "respond"]
        return {
            "action_requests": [{"name": self.question_key, "args": arguments, "description": self.message}],
            "review_configs": [{"action_name": self.question_key, "allowed_decisions": allowed}],
            "kind": self.kind,
            "question_key": self.question_key,
            "section": self.section,
            "title": self.title,
            "message": self.message,
            "fields": [self._field_payload(field) for field in self.fields],
            "progress": self.progress.model_dump(),
        }

    def _field_payload(self, field: Field) -> dict[str, Any]:
        advice = self.recommended.get(field.name)
        return {
            **field.model_dump(mode="json", exclude={"aliases"}),
            "recommended": advice.value if advice else None,
            "why": advice.why if advice else "",
            "origin": advice.origin if advice else "",
            "evidence": advice.evidence if advice else [],
        }


TypedText = Annotated[str, StringConstraints(max_length=REPLY_LIMIT)]


def storable(value: Any) -> Any:
    """A value as a checkpoint can hold it: numbers beyond 64 bits become text, which is then refused by name."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return "a number of more than 18 digits"
    if isinstance(value, dict):
        return {str(key): storable(item) for key, item in value.items()}
    return [storable(item) for item in value] if isinstance(value, list | tuple) else value


Storable = Annotated[JsonValue, BeforeValidator(storable)]


class FieldsReply(BaseModel):
    """What a program fills in. An empty mapping says nothing and is no reply."""

    model_config = ConfigDict(extra="forbid")

    fields: dict[str, Storable] = Constraint(default_factory=dict)
    accept_recommended: bool = False
    findings: dict[str, TypedText] = Constraint(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("an empty mapping is no reply: give `fields`, `accept_recommended` or `findings`")
        if any(isinstance(value, str) and len(value) > REPLY_LIMIT for value in self.fields.values()):
            raise ValueError(f"a value has at most {REPLY_LIMIT:,} characters")
        return self


class EditedAction(BaseModel):
    """The action as a reviewer changed it: `args` are the fields."""

    name: str = ""
    args: dict[str, Storable] = Constraint(default_factory=dict)


class ReviewDecision(BaseModel):
    """One decision in LangChain's form: approve, edit, reject or respond."""

    type: Decision
    message: TypedText = ""
    edited_action: EditedAction | None = None


class DecisionsReply(BaseModel):
    """What inboxes and chat pages for LangChain's `HITLRequest` send."""

    model_config = ConfigDict(extra="forbid")

    decisions: list[ReviewDecision] = Constraint(min_length=1, max_length=1)


class Resume(RootModel[TypedText | FieldsReply | DecisionsReply]):
    """Any value that may resume a pause; it is the `response_schema` of every interrupt."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _: CoreSchema, __: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema as it was made once: LangGraph asks for it with every question."""
        return {**deepcopy(_accepted()), "title": cls.__name__, "description": cls.__doc__}


class Reply(BaseModel):
    """A reply in one form, whatever form it came in."""

    text: str | None = None
    fields: dict[str, Any] | None = None
    accept_recommended: bool = False
    findings: dict[str, str] = Constraint(default_factory=dict)
    verdict: Literal["", "approve", "reject"] = ""
    """A reviewer's word on the whole, which answers a yes-or-no question by itself."""


@cache
def _accepted() -> JsonSchemaValue:
    return flat_schema(TypedText | FieldsReply | DecisionsReply)


def read_reply(resume: Resume) -> Reply:
    """Bring a resume value into the one form that the sections interpret.

    `approve` takes the recommendation, `edit` sets fields, `respond` is typed text, `reject` is a no.
    """
    value = resume.root
    if isinstance(value, str):
        return Reply(text=value)
    if isinstance(value, FieldsReply):
        return Reply(**value.model_dump())
    decision = value.decisions[0]
    if decision.type == "approve":
        return Reply(fields={}, accept_recommended=True, verdict="approve")
    if decision.type == "edit":
        return Reply(fields=decision.edited_action.args if decision.edited_action else {}, accept_recommended=True)
    if decision.type == "reject":
        return Reply(text=decision.message or "no", verdict="reject")
    return Reply(text=decision.message)

"""Why: the reasons behind what is recommended, or behind the one thing that a "why" names, with the evidence itself."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..facilitation.parsing import format_value
from ..facilitation.parsing.choices import mentions
from ..facilitation.parsing.labels import label_phrases
from ..facilitation.parsing.questions import names_something, why_about
from ..facilitation.parsing.subjects import subject_of
from ..facilitation.parsing.text import normalise
from ..facilitation.protocol import Interpretation
from ..fields import Choice, Field
from ..interrupts import Question
from ..knowledge.evidence import Evidence
from ..planning.citing import labels_about
from ..planning.model_names import named
from ..sections.section import Briefing, Section
from ..sections.select_base_model import ranked
from ..state import SectionState
from ..texts import render
from .draft import answered
from .reasons import reasons
from .wording import put_again

OTHERS = 3
"""How many further models of the same name are mentioned."""


class AboutModel(NamedTuple):
    """What there is to say of a base model; empty where no model was named, or no evidence names it."""

    name: str = ""
    reasons: str = ""
    quoted: str = ""

    @property
    def explained(self) -> str:
        """The reasons with the evidence itself; empty where no evidence names the model."""
        return f"{self.reasons}\n\n{self.quoted}" if self.quoted else ""


def why(
    section: Section, state: SectionState, briefing: Briefing, question: Question, understood: Interpretation
) -> dict[str, Any]:
    """The reasons behind the recommendations; what the section's evidence does not speak of is looked up."""
    asked = subject_of(understood.argument)
    model = of_model(so_far(section, state, briefing), asked) if names_something(asked) else AboutModel()
    said = (
        of_fields(question, briefing, _called(asked, question))
        or of_option(question, briefing, asked)
        or model.explained
        or (reasons(briefing.records, asked) if asked else "")
    )
    if not said and names_something(asked):
        return {"outcome": "answer", "user_question": f"why {model.name or understood.argument}"}
    said = (
        said
        or of_fields(question, briefing, _recommended(question))
        or reasons(briefing.records, "")
        or render("why.md.j2", fields=[], evidence={})
    )
    return {"notice": f"{said}\n\n{put_again(question, state)}"}


def known_reasons(section: Section, state: SectionState, briefing: Briefing, asked: str) -> str:
    """What a free question that is a "why" is told before the knowledge base has its say.

    That is about a base model, or about what an earlier section decided.
    """
    about = why_about(asked)
    if not about:
        return ""
    model = of_model(so_far(section, state, briefing), subject_of(about))
    return model.reasons or reasons(briefing.records, about)


def so_far(section: Section, state: SectionState, briefing: Briefing) -> Briefing:
    """The briefing with what the user has said in this section."""
    draft = state.get("draft", {})
    return answered(briefing, section.node, {name: draft[name] for name in state.get("by_user", []) if name in draft})


def of_fields(question: Question, briefing: Briefing, fields: Iterable[Field]) -> str:
    """The reasons for these fields' values, with the evidence that they cite; empty for no field."""
    asked_for = list(fields)
    if not asked_for:
        return ""
    chosen = [field for field in asked_for if field.name in question.recommended]
    labels = [label for field in chosen for label in question.recommended[field.name].evidence]
    evidence = cited(briefing, labels)
    return render("why.md.j2", fields=chosen, recommended=question.recommended, evidence=evidence)


def of_option(question: Question, briefing: Briefing, asked: str) -> str:
    """Why an option is recommended, or what is instead; empty where the text names no single option."""
    for field in _recommended(question):
        option = _option(field, asked)
        if option is None:
            continue
        advice = question.recommended[field.name]
        about = labels_about(briefing.evidence, option.value, option.label, titles_only=True)
        return render(
            "why-option.md.j2",
            field=field,
            option=option,
            recommended=format_value(field, advice.value),
            chosen=option.value == advice.value,
            advice=advice,
            evidence=cited(briefing, [*about, *advice.evidence]),
        )
    return ""


def of_model(briefing: Briefing, asked: str) -> AboutModel:
    """What speaks for and against a base model of that name, and its place among all."""
    candidates = ranked(briefing)
    found = named(asked, candidates)
    if not found:
        return AboutModel()
    model, places = found[0], {candidate.name: place for place, candidate in enumerate(candidates, 1)}
    reasons = render(
        "why-model.md.j2",
        model=model,
        best=candidates[0],
        chosen=briefing.get("base_model") or "",
        place=places[model.name],
        total=len(candidates),
        others=[(other.name, places[other.name]) for other in found[1 : 1 + OTHERS]],
    )
    return AboutModel(model.name, reasons, render("quotes.md.j2", evidence=cited(briefing, model.evidence)))


def cited(briefing: Briefing, labels: Iterable[str]) -> Mapping[str, Evidence]:
    """The evidence of these labels, each once."""
    return {label: briefing.evidence[label] for label in labels if label in briefing.evidence}


def _recommended(question: Question) -> list[Field]:
    return [field for field in question.fields if field.name in question.recommended]


def _called(asked: str, question: Question) -> list[Field]:
    """The fields that the text calls by name, label or alias, by the figure that is recommended, or by their number."""
    words = normalise(asked).split()
    labels = label_phrases(tuple(question.fields))
    called = [found[1] for index in range(len(words)) if (found := labels.at(words, index))]
    if called:
        return list(dict.fromkeys(called))
    figures = [field for field in _recommended(question) if field.type in ("integer", "number")]
    valued = [field for field in figures if words and words == _value(field, question)]
    return valued or [field for number, field in enumerate(question.fields, 1) if words == [str(number)]]


def _value(field: Field, question: Question) -> list[str]:
    return normalise(format_value(field, question.recommended[field.name].value)).split()


def _option(field: Field, asked: str) -> Choice | None:
    """The one option that the text names and hardly more than it."""
    words = normalise(asked).split()
    affirmed, negated, used = mentions(field, words)
    values = {*affirmed, *negated}
    if len(values) != 1 or len(words) > len(used) + 1:
        return None
    return next(choice for choice in field.choices if choice.value in values)

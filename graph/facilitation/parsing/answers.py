"""The values that a reply gives, labelled or not, once commands and questions have been told apart."""

import re
from collections.abc import Mapping
from itertools import islice, zip_longest

from ...fields import Field
from ...interrupts import Recommendation
from ..protocol import Interpretation
from .agreement import agreement, set_apart
from .descriptions import take_description
from .gathered import NAMED, Answers
from .labels import Labelled, Part, find_labels, label_phrases
from .messages import told
from .names import misplaced
from .pairs import take_pair
from .prose import PROSE_LIMIT, read_prose
from .quantities import grouped
from .relative import take_relative
from .text import normalise, one_line, quote
from .vocabulary import vocabulary

_FINDING = re.compile(r"\b(?:finding\s)?F([0-9]{1,3})\s?(?::|=|\s[-–—]\s)", re.IGNORECASE)
_FINDING_END = re.compile(r"[\n;]")
_QUALIFIER = re.compile(
    r"\s*(?:but |though |and )?(?:only|just|of which|of those|of these|minus|after|really)\b[^0-9\n]{0,60}[0-9]",
    re.IGNORECASE,
)
_ABOUT = frozenset(
    {"about", "on", "of", "the", "regarding", "for", "what", "is", "are", "our", "my", "a", "to", "use", "which"}
)
_BEFORE_LABEL = frozenset({"the", "our", "your", "my", "that", "this", "no", "but", "and"})
_BEFORE_WRONG = frozenset({"is", "was", "are", "looks", "seems"})
_MOST_FINDINGS = 50


def read_answers(text: str, fields: tuple[Field, ...], recommended: Mapping[str, Recommendation]) -> Interpretation:
    """Read the values of a reply for several fields; parts that mean nothing are named in the notes."""
    answers = _gather(text, fields, recommended)
    answers.settle_exclusions()
    answers.settle_doubtful()
    answers.result.unknown = [name for name in answers.result.unknown if name not in answers.result.fields]
    return answers.result


def doubted_fields(text: str, fields: tuple[Field, ...]) -> list[str]:
    """The names of the fields whose value a reply calls wrong without giving another."""
    answers = _gather(text, fields, {})
    return [field.name for field in answers.doubtful if field.name not in answers.result.fields]


def _gather(text: str, fields: tuple[Field, ...], recommended: Mapping[str, Recommendation]) -> Answers:
    answers = Answers(fields, recommended)
    text = grouped(_take_findings(set_apart(text), answers), _no_thousands(fields))
    labelled = find_labels(text, fields, lambda part: _standalone(part, fields))
    if labelled.overlong:
        answers.problem("", told("too_many_parts"))
        return answers
    for pair in labelled.pairs:
        take_pair(pair, text, answers, labelled)
    for part in labelled.parts:
        if not _opens_with_no(part, labelled):
            _take_part(part.text, answers)
    _take_qualities([part.text for part in labelled.parts], answers)
    return answers


def _take_qualities(parts: list[str], answers: Answers) -> None:
    """Take a "correct" among qualities of the data for one of them; elsewhere it only agrees."""
    if any(field.type == "boolean" and field.name in answers.result.fields for field in answers.fields):
        for part in parts:
            if agreement(part) == "yes":
                _take_alone(normalise(part).split(), part, answers)


def _no_thousands(fields: tuple[Field, ...]) -> frozenset[str]:
    """The last words of the labels of numbers that never run into thousands: what follows is not one number."""
    names = (
        name
        for field in fields
        if field.type in ("integer", "number") and field.quantity not in ("count", "tokens", "steps", "usd")
        for name in (field.name, field.called, *field.aliases)
    )
    return frozenset(normalise(name).split()[-1] for name in names)


def gives_something(result: Interpretation) -> bool:
    """Whether a reply gave anything to go on with."""
    return bool(result.fields or result.unknown or result.findings or result.accept_rest)


def _take_findings(text: str, answers: Answers) -> str:
    """Take settlements such as "F2: use MLflow" out of a text; each ends with its line or before the next."""
    heads = list(islice(_FINDING.finditer(text), _MOST_FINDINGS))
    kept, position = [], 0
    for head, following in zip_longest(heads, heads[1:]):
        limit = following.start() if following else len(text)
        stop = end.start() if (end := _FINDING_END.search(text, head.end(), limit)) else limit
        kept.append(text[position : head.start()])
        position = stop
        words = one_line(text[head.end() : stop]).strip(" ,")
        if normalise(words[:40]) in ("open", "leave open", "leave it open", "stays open", "keep open"):
            answers.problem("findings", told("stays_open", finding=f"F{int(head[1])}"))
        elif words:
            answers.result.findings[f"F{int(head[1])}"] = words
    return " ".join([*kept, text[position:]]) if heads else text


def _standalone(part: str, fields: tuple[Field, ...]) -> bool:
    """Whether a part behind a text says something of its own: agreement, doubt, a statement or a figure with a unit."""
    words, known = normalise(part[:PROSE_LIMIT]).split(), vocabulary()
    if not words or agreement(part) in ("all", "rest") or known.ignorance.at(words, 0):
        return True
    if any(field.name in (known.stated.whole(words) or {}) for field in fields):
        return True
    if len(part) > 60 or not any(map(str.isdigit, part)):
        return False
    prose = read_prose(part, fields)
    whole = not prose.rest and not prose.problems
    names = {name for name, _ in prose.values}
    return whole and (("data_source" in names and len(names) > 1) or (len(prose.values) == 1 and len(words) <= 3))


def _take_part(text: str, answers: Answers) -> None:
    words = normalise(text[:PROSE_LIMIT]).split()
    if not words:
        return
    agreed = agreement(text)
    if agreed:
        answers.result.accept_rest = answers.result.accept_rest or agreed in ("all", "rest")
        return
    if vocabulary().politeness.whole(words) or any(
        take(words, text, answers) for take in (_take_every, _take_alone, _take_wrong, _take_relative)
    ):
        return
    if doubt := vocabulary().ignorance.at(words, 0):
        _take_doubt(words[doubt[0] :], text, answers)
        return
    if (len(words) > 2 and vocabulary().ignorance.whole(words[-3:])) or vocabulary().ignorance.whole(words[-2:]):
        answers.skip(text)
        return
    named = NAMED.match(text)
    hint = misplaced(named[1], answers.fields) if named else ""
    if named and hint:
        answers.problem(named[1].strip(), hint)
        return
    _take_prose(text, answers)


def _take_prose(text: str, answers: Answers) -> None:
    """Take what a sentence says, or the sentence itself where it describes what is wanted."""
    prose = read_prose(text, answers.fields)
    if (
        not prose.values
        and all(problem.field == "task_type" for problem in prose.problems)
        and take_description(text, answers)
    ):
        return
    by_name = {field.name: field for field in answers.fields}
    for name, value in prose.values:
        answers.set(by_name[name], value)
    for name, value in prose.excluded:
        answers.exclude(name, value)
    answers.result.problems += prose.problems
    for note in prose.notes:
        answers.note(note)
    if not prose.values and _QUALIFIER.match(text):
        _qualify(text, answers)
    elif prose.rest and not prose.problems:
        answers.skip(text, partly=bool(prose.values or prose.excluded))


def _opens_with_no(part: Part, labelled: Labelled) -> bool:
    """Whether a part is the "no" before a correction: "No, the data volume is 6,000"."""
    alone = len(labelled.parts) + len(labelled.pairs) == 1
    return part.start == 0 and not alone and vocabulary().polarity.whole(normalise(part.text[:40]).split()) is False


def _take_every(words: list[str], _: str, answers: Answers) -> bool:
    """Take a yes or no to all for every yes-or-no field; whether the words are one."""
    every = vocabulary().to_all.whole(words)
    booleans = [field for field in answers.fields if field.type == "boolean"]
    if every is None or not booleans:
        return False
    for field in booleans:
        answers.set(field, every)
    return True


def _take_alone(words: list[str], _: str, answers: Answers) -> bool:
    """Take words that state a value only where they stand alone; whether they do."""
    values = vocabulary().stated_alone.whole(words) or {}
    meant = [field for field in answers.fields if field.name in values]
    for field in meant:
        answers.set(field, values[field.name])
    return bool(meant)


def _take_relative(_: list[str], text: str, answers: Answers) -> bool:
    return take_relative(text, answers)


def _take_wrong(words: list[str], _: str, answers: Answers) -> bool:
    """Take "wrong model" or "the model is wrong" for a doubt about what stands; whether the words are that."""
    labels = label_phrases(answers.fields)
    ahead = vocabulary().wrong_ahead.at(words, 0)
    field = labels.whole(words[ahead[0] :]) if ahead else None
    while field is None and words and words[0] in _BEFORE_LABEL:
        words = words[1:]
    behind = labels.at(words, 0) if field is None and words else None
    if behind and vocabulary().wrong.whole([word for word in words[behind[0] :] if word not in _BEFORE_WRONG]):
        field = behind[1]
    if field is not None:
        answers.doubtful.append(field)
    return field is not None


def _qualify(text: str, answers: Answers) -> None:
    """Take "… but only 800 are usable" for a doubt about the count before it, and ask."""
    counts = [name for kind in ("examples", "pairs") for name in vocabulary().noun_fields[kind]]
    doubtful = [name for name in counts if answers.result.fields.pop(name, None) is not None]
    answers.problem(doubtful[0] if doubtful else "", told("which_figure", said=quote(text)))


def _take_doubt(words: list[str], text: str, answers: Answers) -> None:
    """Take the fields that an "I don't know …" names; alone, beside values, it says nothing of the others."""
    labels = label_phrases(answers.fields)
    named: list[Field] = []
    index = 0
    while index < len(words):
        found = labels.at(words, index)
        if found:
            named.append(found[1])
            index += found[0]
        elif words[index] in _ABOUT or words[index] in ("and", "or", "yet", "either"):
            index += 1
        else:
            answers.skip(text)
            return
    if named:
        answers.doubt(named)
    else:
        answers.skip(text)

"""What a reply asks: questions told from answers, commands, and whose business a question is."""

import re

from ...fields import Field
from ..protocol import Interpretation, Problem
from .choices import option_phrases
from .labels import label_phrases
from .messages import told
from .text import normalise, words_of
from .vocabulary import Scope, vocabulary

_SENTENCE = re.compile(r"[^\n?!.]*(?:[?!.]+(?![\s\n])[^\n?!.]*)*(?:[?!.]+|\n|$)")
_CUT = re.compile(r"[,;:(]\s*|\s(?:--?|–|—)\s|\s(?:but|and|so|though|also|then)\s+", re.IGNORECASE)
_SLASH = re.compile(r"/([A-Za-z][A-Za-z-]{0,30})(?:\s+(.*))?", re.DOTALL)
_LETTERS = re.compile(r"[a-z]+")
_COMMAND_LIMIT = 80
_CUTS = 40
_SENTENCES = 40
_ABOUT = 8
"""Words that name one thing at most: "not llama 3 1 8b instruct" are six."""
_ASKED = 2000
"""Characters of a reply in which questions and other steps' business are looked for; more is a pasted document."""
_FIRMLY = frozenset({"what", "whats", "how", "hows", "why"})
_AFTER_FIRMLY = frozenset({"many", "much", "long", "about", "often", "big", "large", "come", "to", "would", "else"})
_DEMONSTRATIVES = frozenset({"that", "this", "these", "those", "not", "it"})


def command_in(text: str, fields: tuple[Field, ...]) -> Interpretation | None:
    """The command that a reply is, with its argument; None where it is none."""
    said = text.strip()
    slash = _SLASH.fullmatch(said)
    if slash:
        return _slash_command(slash[1].lower(), (slash[2] or "").strip())
    if said and not said.strip("? "):
        return Interpretation(kind="command", command="help")
    if len(said) > _COMMAND_LIMIT:
        return None
    words = _without_politeness([word.text for word in words_of(said)])
    name = vocabulary().command_phrases.whole(words)
    if name:
        return Interpretation(kind="command", command=name)
    return _why(said, fields)


def _slash_command(name: str, argument: str) -> Interpretation | None:
    known = vocabulary()
    command = name if name in known.commands else known.command_phrases.whole(normalise(name).split())
    if command:
        return Interpretation(kind="command", command=command, argument=argument)
    message = told("no_command", name=name, commands=", ".join(f"/{each}" for each in known.commands))
    return Interpretation(kind="unclear", problems=[Problem(field="", message=message)])


def _without_politeness(words: list[str]) -> list[str]:
    known = vocabulary().politeness
    while words and (found := known.at(words, 0)):
        words = words[found[0] :]
    while words and (known.whole(words[-1:]) or known.whole(words[-2:])):
        words = words[: -1 if known.whole(words[-1:]) else -2]
    return words


def only_polite(words: list[str]) -> bool:
    """Whether words greet or thank and say nothing else."""
    return not _without_politeness(words)


def _why(text: str, fields: tuple[Field, ...]) -> Interpretation | None:
    """A "why" about one thing that is on the table is a command; a longer one is a question."""
    about = why_about(text)
    if about is None:
        return None
    words = [word.text for word in words_of(about)]
    if words and (len(words) > _ABOUT or not _on_the_table(words, fields)):
        return None
    return Interpretation(kind="command", command="why", argument=about)


def why_about(text: str) -> str | None:
    """What a "why" is about; empty where it names nothing, None where the text is no "why"."""
    words = words_of(text)
    texts = [word.text for word in words]
    start = 0
    while start < len(words) and (opener := vocabulary().opening.at(texts, start)):
        start += opener[0]
    found = vocabulary().why.at(texts, start) if start < len(texts) else None
    if found is None:
        return None
    rest = words[start + found[0] :]
    return text[rest[0].start :].strip(" ?!.") if rest else ""


def _on_the_table(words: list[str], fields: tuple[Field, ...]) -> bool:
    known = vocabulary()
    names = {
        word
        for field in fields
        for name in (field.name, field.label, *field.aliases)
        for word in normalise(name).split()
    }
    options = (option_phrases(field.name, field.choices) for field in fields if field.choices)
    return (
        label_phrases(fields).whole(words) is not None
        or any(
            word in names - known.fillers or word in _DEMONSTRATIVES or any(map(str.isdigit, word)) for word in words
        )
        or names_something(" ".join(words))
        or any(phrases.anywhere(words) for phrases in options)
    )


def names_something(text: str) -> bool:
    """Whether a text has a proper name in it: a tool, a method, a family of models."""
    known = vocabulary()
    families = set(_LETTERS.findall(text.lower())) & known.model_families
    return bool(families) or known.distinctive.anywhere(normalise(text).split())


def split_questions(text: str, fields: tuple[Field, ...] = ()) -> tuple[str, list[str]]:
    """Take the questions out of a reply: what is left of it, and the questions in their order.

    A sentence that begins with a field's name and a colon gives its value, whatever the name is: "How it was collected:
    by hand".
    """
    if len(text) > _ASKED:
        return text, []
    names = {normalise(field.called) for field in fields}
    kept: list[str] = []
    questions: list[str] = []
    for count, match in enumerate(_SENTENCE.finditer(text)):
        sentence = match[0]
        asks = count < _SENTENCES and not _is_labelled(sentence, names)
        cut = _question_start(sentence) if asks else None
        if cut is None:
            kept.append(sentence)
            continue
        kept.append(sentence[:cut] + " ")
        questions.append(sentence[cut:].strip(" \t\n,;:()-–—"))
    return "".join(kept).strip(" \n\t,;-–—("), questions


def _is_labelled(sentence: str, names: set[str]) -> bool:
    label, colon, value = sentence.partition(":")
    return bool(colon and value.strip()) and not value.rstrip().endswith("?") and normalise(label[:80]) in names


def _question_start(sentence: str) -> int | None:
    """Where the question in a sentence begins; None where it asks nothing."""
    marked = sentence.rstrip(" \n)\"'”’").endswith("?")
    if _asks(sentence):
        return 0
    for count, cut in enumerate(_CUT.finditer(sentence)):
        if count >= _CUTS:
            break
        if not marked and cut[0].strip() in (":", "("):
            continue
        if _asks(sentence[cut.end() : cut.end() + 80], firmly=not marked):
            return cut.start()
    return 0 if marked and sentence.strip() else None


def _asks(text: str, *, firmly: bool = False) -> bool:
    """Whether a text begins as a question does; `firmly` where only its beginning can tell."""
    known = vocabulary()
    words = [word.text for word in words_of(text[:80])]
    start = 0
    while start < len(words) and (opener := known.opening.at(words, start)):
        start += opener[0]
    words = words[start:]
    if not words:
        return False
    first, second = words[0], words[1] if len(words) > 1 else ""
    if known.requests.at(words, 0):
        return True
    if first in known.question_words:
        if firmly:
            return first in _FIRMLY and (second in _AFTER_FIRMLY or second in known.question_verbs)
        return len(words) > 1
    if first in known.imperative_verbs:
        return second in known.question_persons
    return first in known.question_verbs and second in known.question_subjects


def owner_of(text: str) -> int | None:
    """The step whose business a text is about, where it isn't this one's: 6 for retrieval, 8 for evaluation metrics."""
    said = f" {normalise(text[:_ASKED])} "
    for scope in vocabulary().out_of_scope:
        if any(_occurs(term, said) for term in scope.terms) and not _ours(scope, said):
            return scope.step
    return None


def _ours(scope: Scope, said: str) -> bool:
    return any(_occurs(term, said) for term in scope.unless)


def _occurs(term: str, said: str) -> bool:
    return f" {term[:-1]}" in said if term.endswith("*") else f" {term} " in said


def discusses(text: str) -> bool:
    """Whether a text opens a talk about something rather than giving a value."""
    words = [word.text for word in words_of(text[:200])]
    return vocabulary().discussions.anywhere(words)

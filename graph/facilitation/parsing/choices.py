"""Options by number, letter, value, label, alias, unambiguous prefix, or mention in a sentence."""

from collections.abc import Sequence
from functools import cache
from itertools import chain

from ...fields import Choice, Field
from .text import normalise
from .vocabulary import Phrases, vocabulary

_LEADS = ("option", "choice", "number", "no", "variant", "the")
_TRAILS = ("one", "option", "choice", "please")


@cache
def _names(name: str, choices: tuple[Choice, ...]) -> dict[str, str]:
    """Every way to name an option, normalised; values before labels before aliases."""
    extra = vocabulary().extra_aliases.get(name, {})
    names: dict[str, str] = {}
    spellings = (
        [(choice, (choice.value,)) for choice in choices],
        [(choice, (choice.label, choice.label.split(":")[0].split("(")[0])) for choice in choices],
        [(choice, (*choice.aliases, *extra.get(choice.value, ()))) for choice in choices],
    )
    for choice, texts in chain.from_iterable(spellings):
        for text in texts:
            names.setdefault(normalise(text), choice.value)
    return names


@cache
def option_phrases(name: str, choices: tuple[Choice, ...]) -> Phrases[str]:
    """The names of a field's options, to be found in a sentence. Single letters and bare yes or no are not."""
    polarity = vocabulary().polarity
    return Phrases(
        (text, value)
        for text, value in _names(name, choices).items()
        if len(text) > 1 and polarity.whole(text.split()) is None
    )


def match_choice(field: Field, text: str) -> list[str]:
    """The options that a reply may mean: one where it is clear, several where it is not, none where it is no option."""
    names = _names(field.name, field.choices)
    said = normalise(text)
    if said in names:
        return [names[said]]
    words = said.split()
    while len(words) > 1 and words[0] in _LEADS:
        words = words[1:]
    while len(words) > 1 and words[-1] in _TRAILS:
        words = words[:-1]
    said = " ".join(words)
    if said in names:
        return [names[said]]
    position = _position(said, field)
    if position is not None:
        return [field.choices[position].value] if position < len(field.choices) else []
    return _by_letter_or_prefix(said, names, field)


def _position(said: str, field: Field) -> int | None:
    if said in vocabulary().ordinals:
        return vocabulary().ordinals[said] - 1
    if said == "last":
        return len(field.choices) - 1
    if said.isascii() and said.isdigit() and len(said) <= 2:
        return int(said) - 1 if int(said) else len(field.choices)
    return None


def _by_letter_or_prefix(said: str, names: dict[str, str], field: Field) -> list[str]:
    if not said:
        return []
    found = {value for name, value in names.items() if name.startswith(said)}
    lettered = any(len(name) == 1 for name in names)
    if len(said) == 1 and "a" <= said <= "z" and not lettered:
        position = ord(said) - ord("a")
        if position < len(field.choices):
            found.add(field.choices[position].value)
    return [choice.value for choice in field.choices if choice.value in found]


def mentions(field: Field, words: Sequence[str]) -> tuple[list[str], list[str], list[int]]:
    """Which options a sentence names: those affirmed, those negated, and the places of all words used."""
    phrases = option_phrases(field.name, field.choices)
    affirmed: list[str] = []
    negated: list[str] = []
    used: list[int] = []
    index = 0
    while index < len(words):
        found = phrases.at(words, index)
        if found is None:
            index += 1
            continue
        length, value = found
        target = negated if is_negated(words, index) else affirmed
        if value not in target:
            target.append(value)
        used += range(index, index + length)
        index += length
    return affirmed, negated, used


def is_negated(words: Sequence[str], index: int) -> bool:
    """Whether one of the three words before denies what stands at `index`."""
    return any(word in vocabulary().negations for word in words[max(0, index - 3) : index])


def say_choices(field: Field, values: Sequence[str] = ()) -> str:
    """Options as a person reads them: “1 sft, 2 dpo or 3 sft+dpo”."""
    shown = [
        f"{number} {choice.value}"
        for number, choice in enumerate(field.choices, 1)
        if not values or choice.value in values
    ]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}"

"""What a "why" is about, without the words around it."""

from .text import words_of
from .vocabulary import vocabulary


def subject_of(asked: str) -> str:
    """The subject itself, as it was typed: "qlora" of "you not use qlora instead"; empty where nothing is left."""
    words = words_of(asked)
    texts = [word.text for word in words]
    start, end = 0, len(words)
    while start < end and (found := vocabulary().before_subject.at(texts, start)):
        start += found[0]
    while end > start + 1 and texts[end - 1] in vocabulary().behind_subjects:
        end -= 1
    return asked[words[start].start : words[end - 1].end] if start < end else ""

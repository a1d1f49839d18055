"""How hard English text is to read: the US school grade, offline.

Flesch-Kincaid grade level (Kincaid, Fishburne, Rogers, Chissom 1975, Navy Research Branch Report 8-75):
0.39 · words a sentence + 11.8 · syllables a word - 15.59. It only holds for English.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

import pyphen

BLOCKS = frozenset(
    {
        *("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "dt", "dd", "figcaption", "div"),
        *("address", "article", "aside", "blockquote", "body", "caption", "dl", "fieldset", "figure"),
        *("footer", "header", "hr", "legend", "main", "nav", "ol", "pre", "section", "summary", "table"),
        *("tbody", "tfoot", "thead", "tr", "ul"),
    }
)
"""Elements that begin and end a block of text."""
SKIPPED = frozenset({"head", "script", "style", "svg", "template", "title"})
VOID = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img"),
        *("input", "link", "meta", "source", "track", "wbr"),
    }
)
"""Elements that have no end (HTML, section 13.1.2)."""
NAME_SYLLABLES = 2


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    grade: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How hard a text is."""

    grade: float
    """US school grade of the whole text; can be below 0 for very short words and sentences."""
    sentences: int
    words: int
    worst: tuple[Sentence, ...]
    """The hardest sentences, each by its own grade, the hardest first."""

    def __str__(self) -> str:
        lines = [f"grade {self.grade:.1f}: {self.words} words in {self.sentences} sentences"]
        lines += [f"  grade {sentence.grade:.1f}: {sentence.text}" for sentence in self.worst]
        return "\n".join(lines)


def grade(blocks: Sequence[str], names: Collection[str], *, worst: int = 5) -> Reading:
    """Return how hard ``blocks`` are to read; each block (list item, heading, cell) is at least one sentence.

    Words in ``names`` (drugs, brands, programmes; also of several words) count as two syllables, since nobody can put
    a simpler word in their place: the grade measures what a writer can change. A number counts as one syllable, and
    capitals such as MRI as one for each letter.
    """
    fixed = [tuple(_words(name.casefold())) for name in names]
    counted = [(text, _syllable_counts(text, fixed)) for block in blocks for text in sentences(block)]
    counted = [(text, counts) for text, counts in counted if counts]
    graded = [Sentence(text, _grade(1, len(counts), sum(counts))) for text, counts in counted]
    words = sum(len(counts) for _, counts in counted)
    return Reading(
        grade=_grade(len(counted), words, sum(sum(counts) for _, counts in counted)),
        sentences=len(counted),
        words=words,
        worst=tuple(sorted(graded, key=lambda sentence: -sentence.grade)[:worst]),
    )


def _grade(sentences: int, words: int, syllables: int) -> float:
    return 0.39 * words / sentences + 11.8 * syllables / words - 15.59 if words else 0.0


_ABBREVIATION = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|St|vs|e\.g|i\.e|a\.m|p\.m)\.$")
_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[A-Z0-9])")


def sentences(block: str) -> list[str]:
    """Return the sentences of ``block``. Abbreviations (Dr., 8 a.m.) and decimals do not end one."""
    found: list[str] = []
    for part in _parts(" ".join(block.replace("\u00ad", "").split())):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] += " " + part
        elif part:
            found.append(part)
    return found


def _parts(text: str) -> Iterator[str]:
    """Yield what lies between the ends of sentences; closing quotes and brackets stay with what they close."""
    begin = 0
    for end in _END.finditer(text):
        yield text[begin : end.end()].strip()
        begin = end.end()
    yield text[begin:].strip()


_WORD = re.compile(r"[^\W_]+(?:['’.,:-][^\W_]+)*")


def _words(text: str) -> list[str]:
    """Return the words of ``text``; one with hyphens is one word (as in the manual of 1975), a slash parts two."""
    return _WORD.findall(text)


def _syllable_counts(text: str, names: list[tuple[str, ...]]) -> list[int]:
    """Return the syllables of each word of ``text``."""
    words = _words(text)
    folded = [re.sub(r"['’]s$", "", word.casefold()) for word in words]
    counts = [syllables(word) for word in words]
    for name in filter(None, names):
        for at in range(len(words) - len(name) + 1):
            if tuple(folded[at : at + len(name)]) == name:
                counts[at : at + len(name)] = [NAME_SYLLABLES] * len(name)
    return counts


def syllables(word: str) -> int:
    """Return how many syllables ``word`` has; a word with hyphens or points has those of its parts.

    The larger of two counts, each of which misses some: of 566 common and medical words by_vowels has 96 % right,
    by_hyphens 82 %, the larger 97 % (tests/test_readability.py holds the ranking).
    """
    if not any(char.isalpha() for char in word):
        return 1
    return sum(_syllables_of_part(part) for part in re.split(r"[-.:]", word) if part)


def _syllables_of_part(part: str) -> int:
    if any(char.isdigit() for char in part):
        return 1
    if part.isupper() and 2 <= len(part) <= 5:
        return len(part)
    stem, spoken = _NOT.subn("", part.casefold())
    word = re.sub(r"['’,]", "", stem)
    return max(by_vowels(word), by_hyphens(word)) + spoken


@functools.lru_cache(maxsize=1)
def _hyphens() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_US", left=2, right=2)


def by_hyphens(word: str) -> int:
    """Return the parts that ``word`` can be hyphenated in (Liang's patterns): too few where no break is allowed."""
    return len(_hyphens().positions(word)) + 1


_NOT = re.compile(r"(?<=[^aeiouyr])n['’]t$")
"""didn't, isn't: spoken as a syllable of its own."""
_MUTE_U = re.compile(r"(?<=[gq])u(?=[aeiouy])")
_VOWELS = re.compile(r"[aeiouy]+")
_MUTE_END = re.compile(
    r"(?:[^aeioulry]|[aeiouy][lr])e$"  # dose, sore, while; not little, not acre
    r"|(?:[^aeioulryscgzx]|[aeiouy][lr])(?<!sh)(?<!ch)es$"  # times; not doses, not changes
    r"|[^aeiouytdl]ed$|[aeiouy]l+ed$"  # used, called; not wanted
)
_MUTE_MIDDLE = re.compile(
    r"[^aeiouy](?<![bpdtg]l)e"  # safely, sometimes; not settlement
    r"(?:ly|less|ful|fully|ment|ments|some|thing|times?|body|one|ty|work|care|long|sick|giver|house)$"
)
_TWO_SOUNDS = re.compile(
    r"(?<![cstgx])i[ao](?!us)|(?<![cstgxn])iou|iu|yi|i(?:et|en[ct])(?<!tient)"  # diarrhea, previous, diet
    r"|eo(?!p|u)|ea(?:$|te|tio)|ua(?!r[dt])|uou|ui(?=d)|oe(?=[^s])|[aeou]ing"  # area, usually, fluid, doing
)


def by_vowels(word: str) -> int:
    """Return the groups of vowels in ``word`` less its mute e's, plus the groups that are spoken in two."""
    word = _MUTE_U.sub("", word.replace("every", "evry"))
    count = len(_VOWELS.findall(word)) + len(_TWO_SOUNDS.findall(word))
    return max(1, count - bool(_MUTE_END.search(word)) - bool(_MUTE_MIDDLE.search(word)))


def blocks_of_html(html: str) -> list[str]:
    """Return the text of every block of a page: paragraphs, list items, headings, cells, terms, captions.

    Left out: styles, scripts, drawings, elements with ``data-noread``, and fields (class ``field``), whose text is
    the patient's own.
    """
    reader = _BlockReader()
    reader.feed(html)
    reader.close()
    reader.end_block()
    return reader.blocks


class _BlockReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._text: list[str] = []
        self._skipping = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipping:
            self._depth += tag == self._skipping
            return
        if tag in BLOCKS:
            self.end_block()
        elif tag == "br":
            self._text.append(" ")
        attributes = dict(attrs)
        unread = "data-noread" in attributes or "field" in (attributes.get("class") or "").split()
        if tag in SKIPPED or (unread and tag not in VOID):
            self._skipping, self._depth = tag, 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            self._depth -= tag == self._skipping
            if not self._depth:
                self._skipping = ""
        if tag in BLOCKS and not self._skipping:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self._text.append(data)

    def end_block(self) -> None:
        if text := " ".join("".join(self._text).split()):
            self.blocks.append(text)
        self._text = []

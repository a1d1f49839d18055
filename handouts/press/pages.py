"""Jinja: content into HTML with fields. The only module that imports jinja2.

A patient's value stands alone in a field, ``{{ field("patient.name") }}``, and never inside a sentence: that is what
lets a form be typeset once. Templates get the drug without its unverified facts, the clinic, the outline of the plan
(no dates) and the language.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType

import jinja2
from jinja2.bccache import Bucket
from jinja2.ext import babel_extract
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from handouts.content.language import Language, Translator
from handouts.content.marks import ended
from handouts.content.regimen import Interval
from handouts.errors import LanguageError, LayoutError, Problem
from handouts.press.form import PLACEHOLDER, kind_of
from handouts.press.shaping import runs_backwards
from handouts.press.sheet import Sheet
from handouts.press.typography import composed

FOOT = {"standard": 25, "large": 36}
"""The room for the running foot, in mm."""
ROOM = {"standard": 14, "large": 24}
"""What a name of 120 characters takes more, when it is set in full."""
TURNING = frozenset({"bed", "car", "card", "list"})
"""Icons that are mirrored where reading runs from right to left."""
HIGHER = {"standard": 1, "large": 2}
"""How far below the text the foot begins, in mm, where it has a further line: that nobody reviewed the translation."""
FAULTS = (jinja2.TemplateError, ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)
"""What a template's mistake can raise while it is filled in."""
KEYWORDS = ("_", "gettext", "ngettext", "pgettext")


class _Compiled(jinja2.BytecodeCache):
    """Templates as Python code, compiled once in a process; a template that was changed since is compiled again."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code:
            self._code[bucket.key, bucket.checksum] = bucket.code


COMPILED = _Compiled()


class Pages:
    """The templates of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def html(self, document: str, sheet: Sheet, values: Mapping[str, str]) -> str:
        """Return the HTML of ``document`` for ``sheet`` with ``values`` in its fields.

        Raises LanguageError naming every message without a translation, and LayoutError when the template itself is
        broken or asks for a field that has no value.
        """
        texts = sheet.language.translator()
        own = sheet.staff.translator() if sheet.staff.tag != sheet.language.tag else texts
        words = _Words(texts)
        fields = _Fields(values, sheet.language.direction)
        environment = self._environment(texts)
        environment.globals |= {
            "field": fields.span,
            "icon": self._icon,
            "hours": words.hours,
            "minutes": words.minutes,
            "how_often": words.how_often,
            "every": words.every,
            "number": sheet.language.number,
            "long_date": sheet.language.long,
        }
        try:
            page = environment.get_template(f"{document}.html").render(
                drug=sheet.drug,
                clinic=sheet.clinic,
                outline=sheet.outline,
                language=sheet.language,
                staff=sheet.staff,
                staff_gettext=own.gettext,
                marks=sheet.language.marks,
                paper=sheet.paper,
                size=sheet.size,
                interpreter=sheet.interpreter,
                slip=sheet.slip,
                full=sheet.full,
                preview=sheet.preview,
                document=document,
            )
        except FAULTS as error:
            raise LayoutError(
                Problem(f"templates/{document}.html", f"cannot be filled in: {error}", "mend the template")
            ) from error
        if problems := dict.fromkeys([*texts.problems, *own.problems]):
            raise LanguageError(*problems)
        return composed(page, sheet.language.direction)

    def styles(self, sheet: Sheet) -> list[str]:
        """Return the style sheets of a packet: the house's, then the clinic's paper and accent."""
        theme = [path.read_text(encoding="utf-8") for path in sorted((self.folder / "theme").glob("*.css"))]
        paper = {"letter": "letter", "a4": "A4"}[sheet.paper]
        foot = FOOT[sheet.size] + (ROOM[sheet.size] if sheet.full else 0)
        higher = "" if sheet.language.reviewed else f" @bottom-left {{ padding-top: {HIGHER[sheet.size]}mm }}"
        page = f"@page {{ size: {paper}; margin-bottom: {foot}mm;{higher} }}"
        return [*theme, f"{page} :root {{ --accent: {sheet.clinic.accent} }}"]

    def _environment(self, texts: Translator) -> SandboxedEnvironment:
        language = texts.language
        environment = SandboxedEnvironment(
            loader=jinja2.FileSystemLoader(self.folder),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
            lstrip_blocks=True,
            bytecode_cache=COMPILED,
            optimized=False,  # nothing of one language is worked out beforehand: the code is for all of them
        )
        # newstyle gettext applies % to every message: "0.9% saline" would print "0.9{}aline".
        asides = _Asides(language)
        environment.filters |= {
            "fill": asides.fill,
            "aside": asides.aside,
            "english": asides.english,
            "stop": _stop(language),
        }
        environment.install_gettext_translations(texts, newstyle=False)  # type: ignore[attr-defined]
        environment.policies["ext.i18n.trimmed"] = True
        return environment

    def _icon(self, name: str, colour: str = "#1a1a1a", meaning: str = "") -> Markup:
        """Return the icon: with a meaning an image with alternative text, without one decoration beside words.

        Decoration is a background, which WeasyPrint marks as an artifact (ISO 14289-1, 7.1).
        """
        svg = (self.folder / "icons" / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
        address = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")
        if meaning:
            return Markup('<img class="icon" alt="{}" src="{}">').format(meaning, address)
        kind = "icon turns" if name in TURNING else "icon"
        return Markup('<span class="{}" style="background-image: url({})"></span>').format(kind, address)


class _Asides:
    """Sets what comes from elsewhere (a dose, a telephone number, the name of a drug) apart from the words around it.

    Between letters that run from right to left, the parts of "12 mg" and of "555-0199" would change places (UAX #9).
    """

    def __init__(self, language: Language) -> None:
        self._language = language

    def aside(self, text: object) -> Markup:
        """Return ``text`` running in its own direction."""
        return self._span(str(text), None)

    def english(self, text: object) -> Markup:
        """Return ``text``, which is English or a name of international use, as that: a screen reader says it right."""
        return self._span(str(text), "en")

    def fill(self, text: str, **names: object) -> Markup:
        """Put ``names`` into a translated message: ``_("Call %(number)s now") | fill(number=…)``."""
        filled = Markup(escape(text))
        for name, value in names.items():
            mark = f"%({name})s"
            if _plain(value).endswith("."):  # the point of an abbreviation ends the sentence, too
                filled = filled.replace(f"{mark}.", mark)
            filled = filled.replace(mark, value if isinstance(value, Markup) else self.aside(value))
        return filled

    def _span(self, text: str, lang: str | None) -> Markup:
        attributes = {}
        if lang and lang != self._language.bcp47:
            attributes["lang"] = lang
        if not text.isdecimal():
            attributes |= _turned(text, self._language.direction)
        if not attributes:
            return escape(text)
        said = Markup(" ").join(Markup('{}="{}"').format(*item) for item in attributes.items())
        return Markup("<span {}>{}</span>").format(said, text)


def _turned(text: str, around: str) -> dict[str, str]:
    """Return the attribute that makes ``text`` run its own way, where that is not the way of what is ``around``."""
    own = "rtl" if runs_backwards(text) else "ltr"
    return {"dir": own} if own != around else {}


def _stop(language: Language) -> Callable[[str], str]:
    """Return a function that makes a text a sentence: with a full stop, unless it has an end already."""

    def stopped(text: str) -> str:
        return text if ended(_plain(text)) else text + language.marks.full_stop

    return stopped


def _plain(text: object) -> str:
    return text.striptags() if isinstance(text, Markup) else str(text)


class _Fields:
    """Writes fields, each with an id of its own: the same value may stand in several places."""

    def __init__(self, values: Mapping[str, str], direction: str) -> None:
        self._values = values
        self._direction = direction
        self._count: dict[str, int] = {}

    def span(self, name: str, lines: int = 1) -> Markup:
        """Return the field ``name``; with ``lines`` its box holds that many, and the value may be broken."""
        if name not in self._values:
            raise jinja2.TemplateRuntimeError(f"there is no field {name!r}")
        number = self._count[name] = self._count.get(name, 0) + 1
        kind = "field" if lines == 1 else f"field lines-{lines}"
        if kind_of(name) != "text":
            kind = f"field drawn {kind_of(name)}"
        text = escape(self._values[name])
        turned = {} if text in (PLACEHOLDER, "") else _turned(self._values[name], self._direction)
        if lines > 1 and text == PLACEHOLDER:
            text = Markup("<br>").join([PLACEHOLDER] * lines)
        own = Markup(' dir="{dir}"').format(**turned) if turned else ""
        return Markup('<span class="{}" id="field:{}:{}"{}>{}</span>').format(kind, name, number, own, text)


class _Words:
    """Numbers in words, with the plural of the language."""

    def __init__(self, texts: Translator) -> None:
        self._language = texts.language
        self._ngettext: Callable[[str, str, int], str] = texts.ngettext
        self._gettext: Callable[[str], str] = texts.gettext

    def minutes(self, longest: int, shortest: int | None = None) -> str:
        if shortest is not None and shortest != longest:
            return self._gettext("%(least)s to %(most)s minutes") % {
                "least": self._language.number(shortest),
                "most": self._language.number(longest),
            }
        text = self._ngettext("%(number)s minute", "%(number)s minutes", longest)
        return text % {"number": self._language.number(longest)}

    def hours(self, longest: int, shortest: int | None = None) -> str:
        """Return minutes as hours and half hours; what is under an hour, or not a half hour, stays in minutes."""
        if longest < 60 or longest % 30 or (shortest and shortest % 30):
            return self.minutes(longest, shortest)
        if shortest is not None and shortest != longest:
            return self._gettext("%(least)s to %(most)s hours") % {
                "least": self._half(shortest),
                "most": self._half(longest),
            }
        text = self._ngettext("%(number)s hour", "%(number)s hours", math.ceil(longest / 60))
        return text % {"number": self._half(longest)}

    def _half(self, minutes: int) -> str:
        whole = self._language.number(minutes // 60) if minutes >= 60 else ""
        return whole + ("½" if minutes % 60 else "")

    def how_often(self, of_100: float | tuple[float, float]) -> str:
        """Return a frequency as whole numbers of 100 people."""
        low, high = (of_100, of_100) if isinstance(of_100, int | float) else of_100
        if high < 1:
            return self._gettext("fewer than 1 of 100 people")
        if round(low) == round(high):
            return self._gettext("about %(number)s of 100 people") % {"number": self._language.number(round(high))}
        return self._gettext("about %(least)s to %(most)s of 100 people") % {
            "least": self._language.number(round(low)),
            "most": self._language.number(round(high)),
        }

    def every(self, interval: Interval) -> str:
        """Return "every month", "every 24 weeks"."""
        if interval.unit == "days":
            text = self._ngettext("every day", "every %(number)s days", interval.number)
        elif interval.unit == "weeks":
            text = self._ngettext("every week", "every %(number)s weeks", interval.number)
        else:
            text = self._ngettext("every month", "every %(number)s months", interval.number)
        return text.replace("%(number)s", self._language.number(interval.number))


def template_messages(folder: Path) -> Iterator[tuple[str, int, str | None, str, str | None, list[str]]]:
    """Yield every message of the templates: file, line, context, text, plural, comments for translators."""
    options = {"trimmed": "true", "silent": "false"}
    for path in sorted(folder.rglob("*.html")):
        with path.open("rb") as file:
            for line, function, text, comments in babel_extract(file, KEYWORDS, ["TRANSLATORS:"], options):
                if text is None:  # a variable: the words of a drug file, which are messages of their own
                    continue
                texts = [text] if isinstance(text, str) else [part for part in text if part is not None]
                context = texts.pop(0) if function == "pgettext" else None
                plural = texts[1] if len(texts) > 1 else None
                yield path.relative_to(folder).as_posix(), line, context, texts[0], plural, comments

"""WeasyPrint: HTML into PDF/UA-1. The only module that imports weasyprint.

What WeasyPrint only logs (a missing glyph, an unknown property, a blocked address) is a problem here: a page that was
warned about is not printed.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import threading
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from handouts.errors import LayoutError, Problem
from handouts.press.shaping import Faces
from handouts.press.tags import add_tags

VARIANT = "pdf/ua-1"


class Anchor(NamedTuple):
    """Where a field stands on a page, in CSS px from the top left."""

    name: str
    left: float
    top: float
    right: float
    bottom: float


class _Listener(logging.Filter):
    """Keeps what WeasyPrint warns of while a thread typesets. Nobody else hears it: it may quote a patient's page."""

    def __init__(self) -> None:
        super().__init__()
        self._here = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        heard: list[str] | None = getattr(self._here, "heard", None)
        if heard is not None and record.levelno >= logging.WARNING:
            heard.append(record.getMessage())
        return heard is None

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """Collect the warnings of this thread."""
        heard: list[str] = []
        self._here.heard = heard
        try:
            yield heard
        finally:
            self._here.heard = None


LISTENER = _Listener()
ONE_AT_A_TIME = threading.Lock()
"""Pango, fontconfig and WeasyPrint's caches are used by one thread at a time."""


@contextmanager
def _warnings_are_problems(where: str) -> Iterator[None]:
    logger = logging.getLogger("weasyprint")
    logger.addFilter(LISTENER)  # once: a second time, nothing happens
    if not logger.isEnabledFor(logging.WARNING):
        logger.setLevel(logging.WARNING)
    with LISTENER.listening() as heard:
        yield
    if heard:
        raise LayoutError(*(_problem(where, message) for message in dict.fromkeys(heard)))


def _problem(where: str, message: str) -> Problem:
    """Turn one of WeasyPrint's warnings into a problem. A value that identifies a patient is not repeated."""
    points = re.findall(r"U\+[0-9A-F]{4,6}", message)
    if "glyph" in message.lower():
        named = ", ".join(dict.fromkeys(points)) or "a character"
        return Problem(where, f"no bundled font has {named}", "install the fonts for this script (handouts doctor)")
    return Problem(where, f"the typesetter warned: {message}", "mend the template or its style")


@dataclass(frozen=True, slots=True)
class Typeset:
    """Documents as one PDF, and where their fields stand."""

    pdf: bytes
    anchors: tuple[tuple[Anchor, ...], ...]
    """The fields of each page."""


def typeset(documents: Sequence[tuple[str, str]], *, styles: Sequence[str], templates: Path, fonts: Path) -> Typeset:
    """Return ``documents`` (name, HTML) as one tagged PDF/UA-1.

    The documents stand in order, and each numbers its own pages. ``styles`` are style sheets for all of them. Only the
    fonts in ``fonts`` and files below ``templates`` are used, whatever else the machine has. Threads take turns. Raises
    LayoutError with everything WeasyPrint warned about.
    """
    with ONE_AT_A_TIME:
        _settle(fonts)
        return _typeset(documents, styles, templates, fonts)


def _settle(fonts: Path) -> None:
    """Let no fonts and no clock of the machine change a page: what is read from the environment is set once."""
    own = str((fonts / "fonts.conf").resolve())
    if os.environ.get("FONTCONFIG_FILE") != own:
        os.environ["FONTCONFIG_FILE"] = own
    os.environ.pop("SOURCE_DATE_EPOCH", None)


def _typeset(documents: Sequence[tuple[str, str]], styles: Sequence[str], templates: Path, fonts: Path) -> Typeset:
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError

    fetcher, configuration = _fetcher(templates), FontConfiguration()
    base = templates.resolve().as_uri() + "/"
    rendered = []
    where = ""
    try:
        for where, html in documents:
            with _warnings_are_problems(where):
                sheets = [weasyprint.CSS(string=css, font_config=configuration, url_fetcher=fetcher) for css in styles]
                page = weasyprint.HTML(string=html, base_url=base, url_fetcher=fetcher)
                rendered.append(page.render(stylesheets=sheets, font_config=configuration, pdf_variant=VARIANT))
        pages = [page for document in rendered for page in document.pages]
        with _warnings_are_problems(where):
            tags = functools.partial(add_tags, faces=Faces(fonts))
            pdf = rendered[0].copy(pages).write_pdf(pdf_variant=VARIANT, pdf_tags=True, finisher=tags)
    except FatalURLFetchingError as error:
        problem = f"a template asks for something that is not packaged: {error}"
        raise LayoutError(Problem(where, problem, "ship the file with the templates")) from None
    return Typeset(pdf, tuple(tuple(_anchors(page)) for page in pages))


def _fetcher(templates: Path) -> Any:
    """Return a fetcher of ``data:`` and of files below ``templates``; a template that asks for more is a problem."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class Packaged(URLFetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: object = None) -> object:
            address = urllib.parse.urlsplit(url)
            path = Path(urllib.parse.unquote(address.path)).resolve()
            if address.scheme.lower() == "file" and (address.netloc or not path.is_relative_to(templates.resolve())):
                raise FatalURLFetchingError(f"{url} is outside of the templates")
            return super().fetch(url, headers)

    return Packaged(allowed_protocols={"file", "data"}, allow_redirects=False, fail_on_errors=True)


def _anchors(page: Any) -> Iterator[Anchor]:
    """Yield the fields of a page of WeasyPrint's: elements whose id is ``field:NAME:NUMBER``."""
    for name, (left, top, right, bottom) in page.anchors.items():
        if name.startswith("field:"):
            yield Anchor(name.split(":")[1], left, top, right, bottom)


def pango_version() -> str:
    """Return the version of the Pango library; raises OSError where it is not installed."""
    from weasyprint.text.ffi import pango

    number = pango.pango_version()  # 1.50.12 as 15012
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"

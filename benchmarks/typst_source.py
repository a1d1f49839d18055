"""The HTML of the templates into a Typst document, so that Typst sets exactly the same text.

Every element becomes a call of a function of ``intake.typ``; patients' values stay outside, in ``patient.json``.
Containers without a look of their own are passed through, so that a change of the templates does not lose text.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

import tinyhtml5

WRAPPED = {
    "label": "label",
    "say": "say",
    "note": "note",
    "day": "day",
    "much": "much",
    "number": "number",
    "small": "small",
    "quiet": "quiet",
    "sample": "sample",
    "clinic": "clinic",
    "initials": "initials",
    "signature": "boxed",
    "boxed": "boxed",
    "keep": "keep",
    "nr": "strong",
}
"""Classes that become a function around their content."""
IN_CELLS = frozenset({"letterhead", "identity", "hero", "pair", "threefold", "blanks", "initial-row"})
"""Classes that become a function with one argument for each child."""
BLANKS = {"write": "32mm", "write short": "14mm", "writable": "21mm", "writable wide": "60mm"}
DRAWN = frozenset({"rail", "nowhere", "ln", "nth"})
"""Classes that the functions draw by themselves."""


def convert(pages: list[tuple[str, str]], folder: Path) -> Path:
    """Write the Typst document of ``pages`` (name, HTML) and its pictures into ``folder``; return its path."""
    converter = _Converter(folder)
    parts = []
    roots = [tinyhtml5.parse(html, namespace_html_elements=False) for _, html in pages]
    for (name, _), root in zip(pages, roots, strict=True):
        body = root.find("body")
        foot = body.find("footer")
        converter.document = name
        cells = [converter.content(cell).replace("#field(", "#late(") for row in foot for cell in row]
        body.remove(foot)
        parts.append(f"#document-of({_text(name)}, foot{''.join(cells)}){converter.content(body)}")
    head = '#import "intake.typ": *\n#let values = json("patient.json")\n#let field(name) = values.at(name)\n'
    title = "".join(roots[0].find("head/title").itertext())
    head += f"#show: packet.with({_text(title)}, {_text(roots[0].get('lang'))})\n"
    path = folder / "packet.typ"
    path.write_text(head + "\n#pagebreak()\n".join(parts) + "\n", encoding="utf-8")
    (folder / "intake.typ").write_bytes(Path(__file__).with_name("intake.typ").read_bytes())
    return path


def _text(text: str) -> str:
    """Return ``text`` as a string of Typst: JSON's escapes of quotes and backslashes are Typst's too."""
    return json.dumps(text, ensure_ascii=False)


class _Converter:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.document = ""

    def content(self, element: Element) -> str:
        """Return the children of ``element`` as a content block."""
        return f"[{''.join(self._inside(element))}]"

    def cells(self, element: Element) -> str:
        """Return the children of ``element`` as content blocks, one each."""
        return "".join(f"[{self._element(cell).strip()}]" for cell in element)

    def _inside(self, element: Element) -> Iterator[str]:
        yield self._words(element.text)
        for child in element:
            yield self._element(child)
            yield self._words(child.tail)

    def _words(self, text: str | None) -> str:
        text = re.sub(r"[ \t\n]+", " ", text or "")
        return text if text in ("", " ") else f"#{_text(text)};"

    def _element(self, element: Element) -> str:
        kind, classes = element.tag, (element.get("class") or "").split()
        if not isinstance(kind, str) or DRAWN.intersection(classes):
            return ""
        if kind == "span" and (inline := self._placed(element, classes)):
            return inline
        if kind == "img":
            return self._icon(element)
        if kind == "br":
            return "#linebreak();"
        if kind == "strong":
            return f"#strong{self.content(element)};"
        if kind in ("h1", "h2", "h3"):
            before = "#pagebreak(weak: true)\n" if "newpage" in classes else ""
            return f"\n{before}#heading(level: {kind[1]}){self.content(element)}\n"
        if kind in ("ul", "ol"):
            return f"\n{self._list(element, classes)}\n"
        if kind == "table":
            return f"\n{self._table(element, classes)}\n"
        if kind == "div" and "line" in classes:
            return "#writing-line;"
        body = self._body(element, classes)
        for name in classes:
            if name in WRAPPED:
                body = f"[#{WRAPPED[name]}{body};]"
        inside = body[1:-1]
        return inside if kind == "span" else f"\n\n{inside}\n\n"

    def _body(self, element: Element, classes: list[str]) -> str:
        """Return the inside of a container, with its children as arguments where they stand side by side."""
        if "level" in classes:
            look = next(name for name in classes if name != "level")
            return f"[#level({_text(look)}){''.join(self.content(cell) for cell in element)};]"
        if "phones" in classes:
            looks = ["phone-emergency" if cell.get("class") == "emergency" else "phone" for cell in element]
            cells = (f"[#{look}{self.content(cell)};]" for look, cell in zip(looks, element, strict=True))
            return f"[#phones{''.join(cells)};]"
        if "blank" in classes:
            return f"[#signature-line;{self._element(element[-1])}]"
        if name := next((name for name in classes if name in IN_CELLS), None):
            return f"[#{name}{self.cells(element)};]"
        return self.content(element)

    def _placed(self, element: Element, classes: list[str]) -> str:
        """Return what stands for a span that is no text of its own; nothing for others."""
        if "icon" in classes:
            return self._icon(element)
        if "field" in classes:
            return f"#field({_text(element.get('id').split(':')[1])});"
        if "page" in classes:
            return "#page-number;"
        if "pages" in classes:
            return f"#page-count({_text(self.document)});"
        if "box" in classes:
            return "#tick;"
        if width := BLANKS.get(" ".join(classes)):
            return f"#blank({width}){self.content(element)};"
        return ""

    def _icon(self, element: Element) -> str:
        """Write the picture into the folder, once, and return its place in the text."""
        found = re.search(r"data:image/(\w+)[^,]*,([A-Za-z0-9+/=]+)", element.get("src") or element.get("style"))
        data = base64.b64decode(found[2])
        name = f"{hashlib.sha256(data).hexdigest()[:8]}.{found[1]}"
        (self.folder / name).write_bytes(data)
        alt = element.get("alt")
        return f"#icon({_text(name)}{f', alt: {_text(alt)}' if alt else ''});"

    def _list(self, element: Element, classes: list[str]) -> str:
        if "timeline" in classes:
            return f"#timeline{''.join(f'[{self._stop(item)}]' for item in element)};"
        if "statements" in classes:
            first = element.findtext("li/span[@class='ln']", "1")
            return f"#statements({first}){''.join(map(self.content, element))};"
        if "pictured" in classes:
            return f"#pictured({', '.join(self._pictured(item) for item in element)});"
        items = "".join(map(self.content, element))
        if "boxes" in classes:  # the list draws them
            items = items.replace("#tick;", "")
        name = "-".join(classes[:2]) if "columns" in classes else classes[0] if classes else "dots"
        return f"#{name}{items};"

    def _stop(self, item: Element) -> str:
        here, mark, date, what = item
        shown = "none" if here.get("class") == "nowhere" else self.content(here)
        return f"#stop({shown}, {self.content(mark)}, [{self._element(date)}], {self.content(what)});"

    def _pictured(self, item: Element) -> str:
        icon = self._element(item[0])
        rest = self._words(item[0].tail) + "".join(self._element(child) + self._words(child.tail) for child in item[1:])
        return f"([{icon}], [{rest}])"

    def _table(self, element: Element, classes: list[str]) -> str:
        rows = list(element.iter("tr"))
        cells = [
            f"[#strong{self.content(cell)};]" if cell.get("scope") == "row" else self.content(cell)
            for row in rows
            for cell in row
        ]
        return f"#sheet({_text(classes[0])}, {len(rows[0])}){''.join(cells)};"

"""One function for each way to make the packet.

A way is set up by its function, once and untimed, and returned as a call that makes one patient's packet from the
values of the fields. All get the same patients, and the same text, fonts and pictures.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import fcntl
import io
import itertools
import json
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import growth
import pikepdf
import typst
import typst_source
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from handouts import forms, gate, output, packet
from handouts.commands.settings import Settings
from handouts.content.person import read_order
from handouts.editions.shelf import Shelf
from handouts.model import Order
from handouts.press.form import Form
from handouts.press.pages import PLACEHOLDER, Pages
from handouts.press.shaping import Faces
from handouts.press.stamp import DoesNotFit, Stamp
from handouts.schedule import plan
from handouts.values import outline, patient_values, plan_values

Values = dict[str, str]
Way = Callable[[Values], Any]
"""Makes one packet. Bytes that it returns are looked at once; a float is the seconds it took, where something around it
must not count."""

ORDER = {
    "name": "Sample Patient",
    "dob": "1980-01-02",
    "mrn": "000123",
    "prescriber": "Sample Prescriber",
    "drug": "ocrelizumab",
    "start": "2026-12-07",
    "locale": "en",
    "packet": "intake",
    "paper": "letter",
}
NO_BREAK_SPACE = "\u00a0"
PX = 0.75
"""CSS px in PDF points."""


class NotHere(Exception):
    """A way that this machine cannot go; the table says so."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The packet that every way makes."""

    order: Order
    settings: Settings
    library: packet.Library
    prepared: forms.Prepared
    form: Form
    folder: Path
    """For temporary files; the caller takes it away."""
    pool: dict[str, Any]
    """What patients are made of: see growth.patients."""

    def html(self, values: Values) -> list[tuple[str, str]]:
        pages, sheet = Pages(self.library.templates), self.prepared.sheet
        return [(document, pages.html(document, sheet, values)) for document in self.prepared.documents]

    def stamp(self) -> Stamp:
        return Stamp(self.form, Faces(self.library.fonts))

    def typeset(self, values: Values) -> Any:
        return gate.set_pages(self.prepared.sheet, self.prepared.documents, values, self.library)

    def subfolder(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder, prefix=f"{name}-"))


def intake(folder: Path, starts: int) -> Intake:
    """Return the packet, its form typeset, and a pool of patients with that many different first days."""
    settings = Settings()
    library, clinic = settings.library(), settings.clinic()
    order = _order({})
    prepared = packet.typesetting(clinic, library).prepare(order)
    form = forms.typeset_form(prepared, library)
    drug, language = prepared.sheet.drug, prepared.sheet.language
    stamp, dates = Stamp(form, Faces(library.fonts)), []
    first = dt.date.fromisoformat(ORDER["start"])
    for start in (first + dt.timedelta(days) for days in itertools.count()):
        if len(dates) == starts:
            break
        if start.weekday() < 5:
            other = _order({"start": start.isoformat()})
            dated = plan(drug, other.treatment, closed=clinic.is_closed)
            if outline(drug, dated) == prepared.sheet.outline:
                with contextlib.suppress(DoesNotFit):
                    found = plan_values(drug, dated, prepared.sheet.outline, language.translator())
                    found |= patient_values(other, language)
                    stamp.pdf(found)
                    dates.append(found)
    pool = {"dates": dates, "births": growth.births(language.medium), "fonts": str(library.fonts)}
    return Intake(order, settings, library, prepared, form, folder, pool)


def _order(changes: dict[str, str]) -> Order:
    return read_order(ORDER | changes, dt.date.today(), lambda text: [])


def stamp_in_memory(intake: Intake) -> Way:
    return intake.stamp().pdf


def stamp_to_file(intake: Intake) -> Way:
    """Write into a new file each time: open, write, close. No fsync, no rename."""
    stamp, paths = intake.stamp(), _paths(intake.subfolder("stamp"))
    return lambda values: output.create(next(paths), stamp.parts(values))


def stamp_to_safe_file(intake: Intake) -> Way:
    """Write as the command line does: a file of one's own beside the target, fsync, rename."""
    stamp, paths = intake.stamp(), _paths(intake.subfolder("safe"))
    return lambda values: output.write(str(next(paths)), stamp.pdf(values))


def copy_file(intake: Intake) -> Way:
    """Copy one stamped file, which the page cache has, to a new name each time."""
    folder = intake.subfolder("copy")
    paths, original = _paths(folder), folder / "original.pdf"
    original.write_bytes(intake.stamp().pdf(intake.prepared.values))
    return lambda values: shutil.copyfile(original, next(paths))


def make(intake: Intake) -> Way:
    """Go the whole way from the order, as ``handouts make`` does, in this process, with the form on the shelf."""
    shelf, clinic = Shelf(intake.subfolder("shelf")), intake.settings.clinic()
    shelf.put(intake.form)

    def one(values: Values) -> bytes:
        order = _order({"name": values["patient.name"], "mrn": values["patient.mrn"]})
        return packet.typesetting(clinic, intake.library, shelf).packet(order).pdf

    return one


def weasyprint_each(intake: Intake) -> Way:
    """Jinja and WeasyPrint for every patient, with the values in place."""
    return lambda values: intake.typeset(values).pdf


def typst_warm(intake: Intake) -> Way:
    """Keep the compiler and its caches; only the file with the values changes."""
    folder = intake.subfolder("typst")
    source = typst_source.convert(intake.html(intake.prepared.values), folder)
    data = folder / "patient.json"
    data.write_text(json.dumps(intake.prepared.values), encoding="utf-8")
    paths = [str(intake.library.fonts)]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)
    compiler = typst.Compiler(str(source), root=str(folder), font_paths=fonts)

    def one(values: Values) -> bytes:
        data.write_text(json.dumps(values), encoding="utf-8")
        return compiler.compile(pdf_standards=["ua-1"])

    return one


TYPST_ONCE = """
import sys, time, typst
start = time.perf_counter()
source, root, fonts, target = sys.argv[1:]
fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
typst.compile(source, target, root=root, font_paths=fonts, pdf_standards=["ua-1"])
print(time.perf_counter() - start)
"""


def typst_program(intake: Intake) -> list[str]:
    """Return the command that compiles the packet to a file, and prints how long that took without start and import."""
    folder = intake.subfolder("typst")
    source = typst_source.convert(intake.html(intake.prepared.values), folder)
    (folder / "patient.json").write_text(json.dumps(intake.prepared.values), encoding="utf-8")
    target = folder / "packet.pdf"
    return [sys.executable, "-c", TYPST_ONCE, str(source), str(folder), str(intake.library.fonts), str(target)]


def typst_once(intake: Intake) -> Way:
    """Compile in a new process each time, as its first act: within a process, typst's caches outlive a call.

    Start of the process and import are not counted; fonts are.
    """
    command = typst_program(intake)
    data = Path(command[-1]).with_name("patient.json")

    def one(values: Values) -> float:
        data.write_text(json.dumps(values), encoding="utf-8")
        return float(subprocess.run(command, check=True, capture_output=True).stdout)

    return one


def reportlab_overlay(intake: Intake) -> Way:
    """Draw the values on empty pages with ReportLab, and lay these over the form with pikepdf.

    The form is typeset once, with nothing in its fields; it is opened for each patient, since merging changes it.
    """
    names = intake.prepared.values
    base = intake.typeset(dict.fromkeys(names, NO_BREAK_SPACE)).pdf
    placed = intake.typeset(dict.fromkeys(names, PLACEHOLDER)).anchors
    for weight in ("Regular", "Bold"):
        pdfmetrics.registerFont(TTFont(weight, str(intake.library.fonts / f"NotoSans-{weight}.ttf")))
    fields = {(field.name, field.width): field for field in intake.form.fields}
    with pikepdf.open(io.BytesIO(base)) as pdf:
        width, height = (float(side) for side in pdf.pages[0].mediabox[2:])
    pages = []
    for anchors in placed:
        drawn = []
        for anchor in anchors:
            field = fields[anchor.name, round(anchor.right - anchor.left, 3)]
            x = {"left": anchor.left, "right": anchor.right, "center": (anchor.left + anchor.right) / 2}[field.align]
            y = (anchor.top + anchor.bottom) / 2 + 0.35 * field.size
            drawn.append((anchor.name, field.weight, field.size * PX, field.align, x * PX, height - y * PX))
        pages.append(drawn)

    def one(values: Values) -> bytes:
        over, result = io.BytesIO(), io.BytesIO()
        canvas = Canvas(over, pagesize=(width, height))
        draw = {"left": canvas.drawString, "right": canvas.drawRightString, "center": canvas.drawCentredString}
        for drawn in pages:
            for name, weight, size, align, x, y in drawn:
                if text := values[name]:
                    canvas.setFont(weight, size)
                    draw[align](x, y, text)
            canvas.showPage()
        canvas.save()
        over.seek(0)
        with pikepdf.open(io.BytesIO(base)) as pdf, pikepdf.open(over) as overlay:
            for page, layer in zip(pdf.pages, overlay.pages, strict=True):
                page.add_overlay(layer)
            pdf.save(result)
        return result.getvalue()

    return one


FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", "--disable-background-networking"),
    *("--no-first-run", "--disable-extensions"),
)


def chromium() -> str:
    """Return the program, or raise NotHere."""
    if found := shutil.which("chromium"):
        return found
    raise NotHere("not installed")


def chromium_each(intake: Intake) -> Way:
    """Jinja, an HTML file, and a browser of its own for each patient. The profile is kept, so it is made only once."""
    program, folder = chromium(), intake.subfolder("chromium")
    page, target = folder / "packet.html", folder / "packet.pdf"
    command = [program, *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={target}", page.as_uri()]

    def one(values: Values) -> bytes:
        page.write_text(_one_page(intake, values), encoding="utf-8")
        target.unlink(missing_ok=True)
        subprocess.run(command, check=True, capture_output=True, env=_fonts_only(intake), timeout=60)
        return target.read_bytes()

    return one


def chromium_warm(intake: Intake, stack: contextlib.ExitStack) -> Way:
    """Keep one browser, and ask it over its pipe (Chrome DevTools Protocol) to open and print the HTML file."""
    program, folder = chromium(), intake.subfolder("chromium")
    browser = _Browser([program, *FLAGS, f"--user-data-dir={folder / 'profile'}"], _fonts_only(intake))
    stack.callback(browser.close)
    browser.open()
    page = folder / "packet.html"

    def one(values: Values) -> bytes:
        page.write_text(_one_page(intake, values), encoding="utf-8")
        return browser.print(page.as_uri())

    return one


class _Browser:
    """A headless Chromium with one tab. Orders and answers are JSON, ended by a zero byte."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()

        def place() -> None:  # Chromium reads orders from descriptor 3 and answers on 4
            moved = [fcntl.fcntl(pipe, fcntl.F_DUPFD, 20) for pipe in (orders, answers)]
            for pipe, number in zip(moved, (3, 4), strict=True):
                os.dup2(pipe, number)

        self._process = subprocess.Popen(
            [*command, "--remote-debugging-pipe"],
            preexec_fn=place,
            pass_fds=(3, 4),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(orders)
        os.close(answers)
        self._numbers, self._buffer = itertools.count(1), b""
        self._session: dict[str, str] = {}
        self._loads: list[dict[str, Any]] = []

    def open(self) -> None:
        time.sleep(2)  # a tab that is opened while Chromium 156 starts up crashes
        tab = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self._ask("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]}
        self._ask("Page.enable")
        self._ask("Page.setLifecycleEventsEnabled", enabled=True)

    def print(self, address: str) -> bytes:
        self._loads.clear()
        loader = self._ask("Page.navigate", url=address)["loaderId"]
        while not any(event["loaderId"] == loader for event in self._loads):
            self._read()
        printed = self._ask("Page.printToPDF", printBackground=True, preferCSSPageSize=True, generateTaggedPDF=True)
        return base64.b64decode(printed["data"])

    def close(self) -> None:
        os.close(self._orders)
        self._process.terminate()
        self._process.wait()
        os.close(self._answers)

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        order = {"id": number, "method": method, "params": parameters, **self._session}
        os.write(self._orders, json.dumps(order).encode() + b"\0")
        while (answer := self._read()).get("id") != number:
            pass
        if "error" in answer:
            raise NotHere(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _read(self) -> dict[str, Any]:
        """Return the next message, and note it if it says that a page has been loaded."""
        while b"\0" not in self._buffer:
            if not select.select([self._answers], [], [], 60)[0] or not (more := os.read(self._answers, 1 << 20)):
                raise NotHere("does not answer")
            self._buffer += more
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if message.get("method") == "Page.lifecycleEvent" and message["params"]["name"] == "load":
            self._loads.append(message["params"])
        return message


def _one_page(intake: Intake, values: Values) -> str:
    """Return the documents as one HTML page: a browser prints one at a time."""
    html = [text for _, text in intake.html(values)]
    styles = "".join(f"<style>{css}</style>" for css in Pages(intake.library.templates).styles(intake.prepared.sheet))
    bodies = [re.search(r"<body[^>]*>(.*)</body>", text, re.DOTALL)[1] for text in html]
    parts = "".join(f'<div style="break-before: page">{body}</div>' for body in bodies)
    return html[0].partition("</head>")[0] + styles + "</head><body>" + parts + "</body></html>"


def _fonts_only(intake: Intake) -> dict[str, str]:
    """Return an environment in which fontconfig has the same fonts as everywhere here, and no others."""
    return {**os.environ, "FONTCONFIG_FILE": str((intake.library.fonts / "fonts.conf").resolve())}


def _paths(folder: Path) -> Iterator[Path]:
    """Yield new file names. The runner empties the folder between rounds."""
    return (folder / f"{number}.pdf" for number in itertools.count())

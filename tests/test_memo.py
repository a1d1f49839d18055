"""The memo of what was typeset: it gives what typesetting would make, and nothing that it would not."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import memo
import pytest
from shipped import TEMPLATES
from stamping import LIBRARY, order, prepared

from handouts.errors import LayoutError
from handouts.gate import set_pages
from handouts.packet import Prepared
from handouts.press import typeset as module
from handouts.press.form import PLACEHOLDER
from handouts.press.typeset import Typeset

HTML = '<html lang="en"><head><title>Tiny</title></head><body><p id="field:a:1">a</p>%s</body></html>'
PEN = '<img src="icons/pen.svg" alt="pen">'


def pages(wanted: Prepared) -> Typeset:
    return set_pages(wanted.sheet, wanted.documents, dict.fromkeys(wanted.values, PLACEHOLDER), LIBRARY)


@pytest.mark.parametrize(
    "wanted",
    [order("alemtuzumab", packet="intake"), order(size="large", locale="ar"), order(paper="a4", locale="hi")],
    ids=["en", "ar", "hi"],
)
def test_what_the_memo_gives_is_what_typesetting_makes(wanted: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever and in whichever process it was made."""
    asked = prepared(wanted)  # type: ignore[arg-type]
    pages(asked)
    with monkeypatch.context() as nothing_else:
        nothing_else.setattr(memo, "afresh", None)
        found = pages(asked)
    monkeypatch.setattr(module, "typeset", memo.afresh)

    assert pages(asked) == found
    assert found.pdf.startswith(b"%PDF") and any(found.anchors)


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A function that typesets by an empty memo, and returns the documents that were typeset for it."""
    asked: list[str] = []

    def afresh(documents: list[tuple[str, str]], **_: object) -> Typeset:
        asked.append(documents[0][0])
        return Typeset(b"", ())

    def typeset(name: str, body: str = "", styles: tuple[str, ...] = (), **folders: Path) -> list[str]:
        places = {"templates": TEMPLATES, "fonts": LIBRARY.fonts, **folders}
        memo.typeset([(name, HTML % body)], styles=styles, **places)
        return asked

    monkeypatch.setattr(memo, "FOLDER", tmp_path / "memo")
    monkeypatch.setattr(memo, "afresh", afresh)
    return typeset


def test_the_same_is_typeset_once(made: Callable[..., list[str]]) -> None:
    made("one")

    assert made("one") == ["one"]


def test_whatever_changes_a_page_is_typeset_again(made: Callable[..., list[str]], tmp_path: Path) -> None:
    templates, fonts = tmp_path / "templates", tmp_path / "fonts"
    shutil.copytree(TEMPLATES, templates)
    shutil.copytree(LIBRARY.fonts, fonts)
    made("one", PEN, templates=templates)
    for count, changed in enumerate(({"name": "two"}, {"body": PEN * 2}, {"styles": ("p { color: red }",)}), start=2):
        assert len(made(**{"name": "one", "body": PEN, "templates": templates, **changed})) == count
    for icon in (templates / "icons" / "pen.svg", templates / "icons" / "more.svg"):
        icon.write_text("<svg/>", encoding="utf-8")
        count += 1
        assert len(made("one", PEN, templates=templates)) == count
    assert len(made("one", PEN, templates=templates, fonts=fonts)) == count + 1
    with (fonts / "NotoSans-Bold.ttf").open("ab") as font:
        font.write(b"\0")
    memo._fonts.cache_clear()
    assert len(made("one", PEN, templates=templates, fonts=fonts)) == count + 2


def test_other_programs_have_a_memo_of_their_own(
    made: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version, another library of the system, another source: and the old one is deleted."""
    real, changed = memo.ROOT / "handouts", tmp_path / "handouts"
    made("one")
    shutil.copytree(real, changed)
    with (changed / "press" / "tags.py").open("a", encoding="utf-8") as source:
        source.write("\n")
    grounds = [memo._ground()]
    for name, value in {
        "ROOT": tmp_path,
        "_libraries": lambda: [Path(sys.executable)],
        "sysconfig": type("other", (), {"get_path": staticmethod(lambda name: str(tmp_path))}),
    }.items():
        with monkeypatch.context() as other:
            other.setattr(memo, name, value)
            grounds.append(memo._ground.__wrapped__())
    monkeypatch.setattr(memo, "_ground", functools.partial(str, grounds[1]))

    assert len(set(grounds)) == 4
    assert made("one") == ["one", "one"]
    assert [path.name for path in (tmp_path / "memo").iterdir()] == [grounds[1]]


def test_the_sources_and_the_libraries_are_those_that_typesetting_uses() -> None:
    program = f"""
import sys
from pathlib import Path
from handouts.press.typeset import typeset
typeset([("tiny", {HTML % "لا"!r})], styles=[], templates=Path({str(TEMPLATES)!r}), fonts=Path({str(LIBRARY.fonts)!r}))
print(*(module.__file__ for name, module in sys.modules.items() if name.partition(".")[0] == "handouts"))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert {str(memo.ROOT / "handouts" / name) for name in memo.SOURCES} == set(done.stdout.split())
    assert {name for name in memo.LIBRARIES if any(name in path.name for path in memo._libraries())} == {
        *memo.LIBRARIES
    }


def test_what_is_refused_is_never_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "FOLDER", tmp_path / "memo")
    for _ in range(2):
        with pytest.raises(LayoutError):
            memo.typeset([("tiny", HTML % '<img src="no.svg">')], styles=[], templates=TEMPLATES, fonts=LIBRARY.fonts)

    assert not (tmp_path / "memo").exists()


@pytest.mark.usefixtures("afresh")
def test_it_can_be_turned_off(made: Callable[..., list[str]]) -> None:
    made("one")

    assert made("one") == ["one", "one"]

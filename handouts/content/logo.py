"""The clinic's logo: a plain picture that stays inside its frame and asks for nothing."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from pathlib import Path
from typing import Annotated, Literal
from xml.etree import ElementTree

from pydantic import ConfigDict, Field

from handouts.content.facts import Strict

LOGO_BYTES = 1_000_000
"""A logo is smaller than this."""


class Logo(Strict):
    """The picture itself; its path does not travel."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    data: Annotated[bytes, Field(repr=False)]
    media_type: Literal["image/svg+xml", "image/png"]

    @property
    def uri(self) -> str:
        """A ``data:`` address, so that pages ask for no file."""
        return f"data:{self.media_type};base64,{base64.b64encode(self.data).decode('ascii')}"


def read_logo(path: Path) -> Logo:
    """Return the picture at ``path``; ValueError says why it cannot be printed."""
    kind = path.suffix.lower()
    if kind not in (".svg", ".png"):
        raise ValueError("must be an SVG or PNG file")
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size < LOGO_BYTES else b""
    except FileNotFoundError:
        raise ValueError(f"there is no file {path.name} beside the clinic file") from None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if size >= LOGO_BYTES:
        raise ValueError(f"has {size / 1e6:.2f} MB; a logo must be smaller than 1 MB")
    if found := _png_faults(data) if kind == ".png" else _svg_faults(data):
        raise ValueError("; ".join(dict.fromkeys(found)))
    return Logo(data=data, media_type="image/png" if kind == ".png" else "image/svg+xml")


def _png_faults(data: bytes) -> list[str]:
    """Return what is wrong with the chunks of a PNG (ISO/IEC 15948, section 5): order, length and check sums."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ["is not a PNG file inside; save it as PNG again"]
    names: list[bytes] = []
    at = 8
    while at + 12 <= len(data) and names[-1:] != [b"IEND"]:
        (length,) = struct.unpack(">I", data[at : at + 4])
        body, check = data[at + 4 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        if len(check) < 4 or zlib.crc32(body) != int.from_bytes(check, "big"):
            break
        names.append(body[:4])
        at += 12 + length
    if names[:1] != [b"IHDR"] or b"IDAT" not in names or names[-1] != b"IEND":
        return ["is a damaged PNG file; save it again"]
    return []


def _svg_faults(data: bytes) -> list[str]:
    """Return what a printed picture must not have: scripts, and anything that is fetched from elsewhere."""
    target = _SvgCheck()
    parser = ElementTree.XMLParser(target=target)
    try:
        parser.feed(data)
        parser.close()
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        target.faults.append(f"is not an SVG file that can be read: {error}")
    return target.faults


_SVG = "{http://www.w3.org/2000/svg}"
_PLAIN = ("{http://www.w3.org/1999/xlink}", "{http://www.w3.org/XML/1998/namespace}")
_ACTIVE = {"script", "foreignobject", "iframe", "embed", "object", "audio", "video", "handler", "listener"}
_ELSEWHERE = re.compile(r"(?:^|[\s;,'\"(])(?:https?:|file:|ftp:|javascript:|//)", re.IGNORECASE)
_INSIDE = re.compile(r"#|data:image/(png|jpeg)[;,]", re.IGNORECASE)
_URL = re.compile(r"url\(\s*['\"]?\s*", re.IGNORECASE)


class _SvgCheck:
    """Reads an SVG as it is parsed; metadata in other vocabularies is inert and may name addresses."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._open: list[str] = []

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise ValueError("it has a DOCTYPE; save it as plain SVG")

    def pi(self, target: str, data: str | None) -> None:
        self.faults.append(f"has an instruction <?{target}?>; save it as plain SVG")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        if not self._open and tag != f"{_SVG}svg":
            self.faults.append("is not an SVG file inside; save it as plain SVG")
        self._open.append(name.lower())
        if name.lower() in _ACTIVE:
            self.faults.append(f"contains <{name}>; a logo must be a plain drawing")
        for key, value in attributes.items():
            space, _, bare = key.rpartition("}")
            if not space or space + "}" in _PLAIN:
                self._attribute(bare.lower(), value)

    def end(self, tag: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        if "style" in self._open:
            self._style(text)

    def close(self) -> None:
        """Nothing is built."""

    def _attribute(self, name: str, value: str) -> None:
        if name.startswith("on"):
            self.faults.append(f"contains a script ({name}); a logo must be a plain drawing")
        elif name in ("href", "src", "base"):
            if not _INSIDE.match(value.strip()):
                self._external(f"{name}=")
        elif _ELSEWHERE.search(value):
            self._external(f"{name}=")
        else:
            self._style(value)

    def _style(self, text: str) -> None:
        if "\\" in text or "@import" in text.lower():
            self._external("CSS")
        if any(not _INSIDE.match(text, found.end()) for found in _URL.finditer(text)):
            self._external("url()")

    def _external(self, what: str) -> None:
        self.faults.append(f"refers to something outside itself ({what}); embed it or take it out")

"""Paper knows what it is: which form a PDF came from, and whether it is still as it was made.

The information dictionary names the form and what it was made for; the second half of the file's identifier
(ISO 32000-1, 14.4) is the digest of everything before the cross-reference stream. It shows an alteration, and is no
signature: whoever knows how can compute it again.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass

import pikepdf

from handouts.press.form import Origin
from handouts.press.stamp import fingerprint

_END = re.compile(rb"startxref\n(\d+)\n%%EOF\n\Z")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a PDF says of itself, and whether that can be relied on."""

    form: str
    origin: Origin
    approved: bool
    altered: bool


def provenance(data: bytes) -> Provenance | None:
    """Return where the PDF in ``data`` came from; None when this program did not make it, or it cannot be read."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            said = {str(key).removeprefix("/Handouts"): str(value) for key, value in pdf.docinfo.items()}
            identifier = [bytes(part) for part in pdf.trailer.get("/ID", [])]
    except pikepdf.PdfError:
        return None
    if not said.keys() >= {"Form", "Approved", "Drug", "Locale", "Packet", "Paper", "Size", "Interpreter", "Source"}:
        return None
    origin = Origin(
        said["Drug"],
        said["Locale"],
        said["Packet"],
        said["Paper"],
        said["Size"],
        said["Interpreter"] == "True",
        said["Source"],
    )
    end = _END.search(data)
    whole = end is not None and len(identifier) == 2
    if whole and end is not None:
        body = data[: int(end[1])]
        whole = identifier == [bytes.fromhex(said["Form"][:32]), fingerprint(hashlib.sha256(body))]
    return Provenance(said["Form"], origin, said["Approved"] == "True", not whole)

"""Paper knows what it is: which form a PDF came from, and whether it is still as it was made.

The information dictionary names the form and what it was made for; the second half of the file's identifier
(ISO 32000-1, 14.4) is the digest of the whole file, itself counted as zeros. It shows an alteration, and is no
signature: whoever knows how can compute it again.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass

import pikepdf

from handouts.press.form import Origin
from handouts.press.stamp import BLANK, fingerprint

_ID = re.compile(rb"/ID\[<([0-9a-f]{32})><([0-9a-f]{32})>\]")


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
    except (pikepdf.PdfError, pikepdf.PasswordError, AttributeError, LookupError, TypeError, ValueError):
        return None
    try:
        form, approved, origin = said["Form"], said["Approved"] == "True", Origin.read(said)
    except KeyError:
        return None
    found = list(_ID.finditer(data))
    whole = False
    if found:
        first, second = found[-1].span(2)
        blank = data[:first] + BLANK.encode() + data[second:]
        identifier = (found[-1][1].decode(), found[-1][2].decode())
        whole = identifier == (form[:32], fingerprint(hashlib.sha256(blank)))
    return Provenance(form, origin, approved, not whole)

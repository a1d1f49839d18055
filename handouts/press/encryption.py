"""Files that leave the building: AES-256, so that only who has the password reads them (ISO 32000-2, 7.6.4)."""

from __future__ import annotations

import io

import pikepdf


def encrypted(pdf: bytes, password: str) -> bytes:
    """Return ``pdf`` so that it opens with ``password`` only.

    The bytes differ from one time to the next, as the standard wants random salts. Screen readers and printers stay
    allowed; once the password is known, nothing is held back.
    """
    sealed = io.BytesIO()
    allowed = pikepdf.Permissions(accessibility=True, extract=True, print_highres=True, print_lowres=True)
    protection = pikepdf.Encryption(owner=password, user=password, R=6, allow=allowed)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(sealed, encryption=protection)
    return sealed.getvalue()

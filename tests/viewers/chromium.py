"""Chromium's own PDF viewer, without a screen: its pages, as it paints them.

``--screenshot`` alone takes its picture before the viewer, a page in a frame in a page, has drawn anything: it is grey.
So the browser is driven through its DevTools pipe, and asked again until it shows pages.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, BufferedWriter
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from PIL import Image

PATIENCE = 30
"""Seconds within which the viewer shows a file."""
GAP = 16
"""Pixels: what the viewer leaves between pages, or beside them, is less."""
OPTIONS = (
    "--headless",
    "--no-sandbox",  # root has none, and the files are our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)

WITH_PIPES = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD_CLOEXEC, 5) for end in sys.argv[1:3]]
for end, number in zip(ends, (3, 4)):
    os.dup2(end, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Becomes the browser, whose DevTools speak through the file descriptors 3 and 4."""


class Shown(NamedTuple):
    """What the viewer shows of a file: its title, and its pages at 96 dpi."""

    title: str
    pages: list[Image.Image]


class Chromium:
    """A running browser."""

    def __init__(self, requests: BufferedWriter, answers: BufferedReader) -> None:
        self._requests, self._answers = requests, answers
        self._asked = 0
        self._read = b""

    def show(self, pdf: Path, width: int, height: int) -> Shown:
        """Show a file whose pages, one above the other, are as large as this; at 96 dpi each is on whole pixels."""
        window = {"width": width + 4 * GAP, "height": height + GAP * (height // 500)}
        url = f"file://{quote(str(pdf.resolve()))}#toolbar=0&navpanes=0&zoom=100"
        target = self._call("Target.createTarget", url=url)["targetId"]
        tab = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Emulation.setDeviceMetricsOverride", tab, **window, deviceScaleFactor=1, mobile=False)
        pages = self._settled(tab)
        title = self._call("Target.getTargetInfo", targetId=target)["targetInfo"]["title"]
        self._call("Target.closeTarget", targetId=target)
        return Shown(title, pages)

    def _settled(self, tab: str) -> list[Image.Image]:
        """Return the pages once all have something on them and none changes any more; else what there is at last."""
        deadline = time.monotonic() + PATIENCE
        before = b""
        while True:
            picture = base64.b64decode(self._call("Page.captureScreenshot", tab, optimizeForSpeed=True)["data"])
            found = pages(picture)
            drawn = bool(found) and all(page.convert("L").getextrema()[0] < 128 for page in found)
            if (drawn and picture == before) or time.monotonic() > deadline:
                return found
            before = picture
            time.sleep(0.1)

    def _call(self, method: str, session: str | None = None, **params: object) -> dict[str, Any]:
        self._asked += 1
        request = {"id": self._asked, "method": method, "params": params}
        if session:
            request["sessionId"] = session
        self._requests.write(json.dumps(request).encode() + b"\0")
        self._requests.flush()
        while True:
            answer = json.loads(self._answer())
            if answer.get("id") == self._asked:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def _answer(self) -> bytes:
        while b"\0" not in self._read:
            more = self._answers.read1(1 << 20)
            assert more, "chromium has gone"
            self._read += more
        answer, self._read = self._read.split(b"\0", 1)
        return answer


def pages(picture: bytes) -> list[Image.Image]:
    """Return what is paper on a picture of the viewer: the white boxes on its grey."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    white = image.convert("L").point(lambda level: 255 if level == 255 else 0)
    box = white.getbbox()
    if box is None:
        return []
    left, _, right, _ = box
    margin = white.crop((left + 8, 0, left + 9, image.height)).tobytes()
    spans = [found.span() for found in re.finditer(rb"\xff{200,}", margin)]
    return [image.crop((left, top, right, bottom)) for top, bottom in spans]


@contextmanager
def running(program: str) -> Iterator[Chromium]:
    """A browser of our own, with a profile that goes when it goes."""
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [program, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        its_in, our_out = os.pipe()
        our_in, its_out = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-c", WITH_PIPES, str(its_in), str(its_out), *command],
            pass_fds=(its_in, its_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # it misses D-Bus, at length
            env={**os.environ, "HOME": profile, "TMPDIR": profile},
        )
        os.close(its_in)
        os.close(its_out)
        with os.fdopen(our_out, "wb") as requests, os.fdopen(our_in, "rb") as answers:
            browser = Chromium(requests, answers)
            try:
                yield browser
                browser._call("Browser.close")
                process.wait(PATIENCE)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()

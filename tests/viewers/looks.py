"""How different two drawings of the same page are, but for what two programs never do alike.

Pages are compared in grey at 96 dpi, blurred by 3 pixels (2 pt): anti-aliasing, hinting, and glyphs and thin lines that
are moved to whole pixels then hardly count.
"""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter, ImageStat

Box = tuple[int, int, int, int]

BLUR = ImageFilter.GaussianBlur(3)
SQUARE = ImageFilter.BoxBlur(6)


def soft(page: Image.Image) -> Image.Image:
    return page.filter(BLUR)


def apart(one: Image.Image, other: Image.Image, box: Box) -> float:
    """Return how different two pages are in a box: the sum over its pixels."""
    return ImageStat.Stat(ImageChops.difference(one.crop(box), other.crop(box))).sum[0]


def furthest_apart(one: Image.Image, other: Image.Image) -> int:
    """Return how different two pages are in the square of 13 pixels (10 pt) where they are most different: the mean."""
    return int(ImageChops.difference(one, other).filter(SQUARE).getextrema()[1])

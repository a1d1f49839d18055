"""Spaces: a number keeps its unit, Chinese has none after its marks, and what is in a field stays as it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handouts.press.typography import composed

WORDS = st.lists(st.sampled_from(["12", "4½", "mg", "人", "。", "：", " ", "\n", "Tyruko", "।", "शब्द", "<b>", "</b>"]))


def page(inside: str, direction: str = "ltr") -> str:
    return composed(f"<head><title>2 hours</title></head><body>{inside}", direction).partition("<body>")[2]


@pytest.mark.parametrize(
    ("typed", "set_so"),
    [
        ("<p>in 2 hours, 100 of 100 people</p>", "<p>in 2\u00a0hours, 100\u00a0of 100\u00a0people</p>"),
        ("<b>5</b> mg", "<b>5</b>\u00a0mg"),
        ("<td>5</td> <td>mg</td>", "<td>5</td> <td>mg</td>"),
        ("<p>a\n <b>b\n</b> \n</p>\n<p>c <br>d&nbsp; </p>", "<p>a\n <b>b</b></p><p>c<br>d&nbsp;</p>"),
        ("<li>a <span>b </span>c\n<ul>", "<li>a <span>b </span>c<ul>"),
        ("555-0100 2026", "555-0100 2026"),
        ("商品名： <span>Tysabri</span>。 之后 每 6 个月", "商品名：<span>Tysabri</span>。之后每 6\u00a0个月"),
        ("뇌 사진: 3 개월", "뇌 사진: 3\u00a0개월"),
        ("<i>Tyruko</i>। 2026।", "<i>Tyruko</i>\u00a0। 2026\u00a0।"),
        ('<span class="field">5 mg。 x</span> mg', '<span class="field">5 mg。 x</span> mg'),
    ],
)
def test_spaces(typed: str, set_so: str) -> None:
    assert page(typed) == set_so


@pytest.mark.parametrize("amount", ["4½", "140 mg/m²", "1,000 mg", "0.9 mL"])
def test_an_amount_keeps_its_direction(amount: str) -> None:
    kept = amount.replace(" ", "\u00a0")

    assert f'<span dir="ltr">{kept}</span>' in page(f"<p>نحو {amount} ساعات</p>", "rtl")
    assert "dir" not in page(f"<p>{amount}</p>")


@given(WORDS, st.sampled_from(["ltr", "rtl"]))
def test_no_letter_is_lost(words: list[str], direction: str) -> None:
    text = "".join(words)

    assert re.sub(r'\s|<span dir="ltr">|</span>', "", page(text, direction)) == re.sub(r"\s", "", text)


def test_the_head_is_left_alone() -> None:
    assert "<title>2 hours</title>" in composed("<head><title>2 hours</title></head><body>", "rtl")

"""Plural forms: which numbers of things need a word of their own in each language.

Two headers that look unlike can say the same: gettext and Poedit give Spanish two forms, newer editions of the CLDR
three, one of them for whole millions. So rules are compared as what they are, functions of the numbers that a page can
print; and the rules of a language stand here, since those of a library change with every version of it.
"""

from __future__ import annotations

import functools
import gettext
import re

PRINTED = range(10_001)
"""The numbers that a page can print."""
COUNTED = PRINTED[1:]
"""Those that decide whether a rule is right: gettext and the CLDR are not of one mind about 0, and no page counts
nothing."""
TWO = "nplurals=2; plural=(n != 1);"
SLAVIC = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "be bs hr ru sr uk",
)
RULES = (
    (
        "nplurals=1; plural=0;",
        "bm bo cv dz fa hnj ht hu hy id ig ii ja jbo jv ka kde kea km ko lkt lo ms my nqo osa sah ses sg su th to tpi"
        " tr vi wo yo yue zh",
    ),
    ("nplurals=2; plural=(n > 1);", "ak am as bho bn csw doi ff fr gu hi kab kn ln mg nso pa pcm pt_BR si ti wa zu"),
    (
        TWO,
        "af an asa ast az bal bem bez bg brx ca ce cgg chr ckb da de dv ee el en eo es et eu fi fo fur fy gl gsw ha"
        " haw he ia ie io it jgo jmc kaj kcg kg kk kkj kl kok ks ksb ku ky lb lg lij lld mas mgo ml mn mr nb nd ne nl"
        " nn nnh no nr ny nyn om or os pap ps pt pt_PT rm rof rwk saq sc scn sd sdh seh sn so sq ss ssy st sv sw syr ta"
        " te teo tig tk tn ts ug ur uz ve vec vo vun wae xh xog yi",
    ),
    ("nplurals=3; plural=(n==1 ? 0 : n==2 ? 1 : 2);", "iu naq sat se sma smj smn sms"),
    ("nplurals=3; plural=(n==0 ? 0 : n==1 ? 1 : 2);", "blo ksh lag"),
    SLAVIC,
    ("nplurals=3; plural=(n==1 ? 0 : n>=2 && n<=4 ? 1 : 2);", "cs sk"),
    ("nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);", "pl"),
    ("nplurals=3; plural=(n==1 ? 0 : n==0 || (n%100>=1 && n%100<=19) ? 1 : 2);", "ro"),
    (
        "nplurals=3; plural=(n%10==1 && (n%100<11 || n%100>19) ? 0 : n%10>=2 && (n%100<11 || n%100>19) ? 1 : 2);",
        "lt",
    ),
    ("nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);", "lv prg"),
    ("nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);", "dsb hsb sl"),
    ("nplurals=2; plural=(n%10!=1 || n%100==11);", "is mk"),
    ("nplurals=2; plural=(n!=1 && n!=2 && n!=3 && (n%10==4 || n%10==6 || n%10==9));", "ceb fil"),
    (
        "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
        "ar",
    ),
    ("nplurals=5; plural=(n==1 ? 0 : n==2 ? 1 : n>=3 && n<=6 ? 2 : n>=7 && n<=10 ? 3 : 4);", "ga"),
    ("nplurals=4; plural=(n==1 || n==11 ? 0 : n==2 || n==12 ? 1 : n>=3 && n<=19 ? 2 : 3);", "gd"),
    ("nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n==3 ? 3 : n==6 ? 4 : 5);", "cy"),
    (
        "nplurals=5; plural=(n==1 ? 0 : n==2 ? 1 : n==0 || (n%100>=3 && n%100<=10) ? 2 : n%100>=11 && n%100<=19 ? 3"
        " : 4);",
        "mt",
    ),
    (
        "nplurals=4; plural=(n==1 ? 0 : n==0 || (n%100>=1 && n%100<=10) ? 1 : n%100>10 && n%100<20 ? 2 : 3);",
        "mt",
    ),
)
"""What ``Plural-Forms`` says, and the languages it is right for; the first of a language is that of a new catalog.

Source: the rules of gettext and of the CLDR 46 to 48, each without the forms that no number of ``PRINTED`` has."""


def rules_of(tag: str) -> list[str]:
    """Return the headers that are right for the language ``tag``, the usual one first; none where it is not known."""
    for name in (tag, tag.split("_")[0]):
        if found := [header for header, languages in RULES if name in languages.split()]:
            return found
    return []


def usual(tag: str) -> str:
    """Return what ``Plural-Forms`` says in a new catalog of the language ``tag``."""
    return next(iter(rules_of(tag)), TWO)


@functools.lru_cache(maxsize=256)
def forms(plural: str) -> tuple[int, ...]:
    """Return the form of every number of ``PRINTED``, by the C expression ``plural`` of a header.

    Raises ValueError or ArithmeticError where it is none, or cannot be worked out.
    """
    form_of = gettext.c2py(plural)
    return tuple(form_of(number) for number in PRINTED)


@functools.lru_cache(maxsize=256)
def numbers(plural: str, count: int) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of ``PRINTED`` that each of ``count`` forms stands for; a form may stand for none.

    Raises ValueError where a number has no form, and what ``forms`` raises.
    """
    found: list[list[int]] = [[] for _ in range(count)]
    for number, form in enumerate(forms(plural)):
        if form >= count:
            raise ValueError(f"plural={plural} asks for form {max(forms(plural))} of {count}")
        found[form].append(number)
    return tuple(map(tuple, found))


def unnamed(plural: str, count: int) -> list[int]:
    """Return the forms, of ``count``, that the expression never gives: it does not even name them.

    Those of fractions (Russian) and of whole millions (Spanish) are named, though a page never needs them.
    """
    used = set(forms(plural))
    return [form for form in range(2, count) if form not in used and not re.search(rf"[?:(]\s*{form}\b", plural)]


def merged(plural: str, tag: str) -> tuple[int, int] | None:
    """Return two numbers that have one form by ``plural`` and forms of their own in the language ``tag``.

    None: the rule is right, or finer than it has to be, or the language is not known.
    """
    found = [_merged(plural, header) for header in rules_of(tag)]
    return next(iter(found), None) if all(found) else None


@functools.lru_cache(maxsize=256)
def _merged(plural: str, header: str) -> tuple[int, int] | None:
    given, right = forms(plural), forms(header.partition("plural=")[2].rstrip(";"))
    first: dict[int, int] = {}
    for number in COUNTED:
        other = first.setdefault(given[number], number)
        if right[other] != right[number]:
            return other, number
    return None

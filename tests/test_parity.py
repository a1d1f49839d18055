"""Parity: every dangerous mistake is caught by name, and good translations are left alone."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from running import made, run
from shipped import FORMULARY, LOCALES

from handouts.checks.finding import Finding, Rule, Severity
from handouts.checks.marks import BIDI
from handouts.checks.parity import check_entry, findings, names_everywhere
from handouts.checks.terms import Terms, terms_of
from handouts.content.catalog import Entry, Texts, read_texts
from handouts.content.language import LocaleFile, locale_tags
from handouts.content.reading import read_toml
from handouts.library import shipped

DRAFTS = Path(__file__).parent / "resources" / "locales"
"""Small catalogs that are right, in other scripts."""
NAMES = names_everywhere(shipped(FORMULARY))
FALSE_ALARMS = 0.02


class Proof(NamedTuple):
    folder: Path
    file: LocaleFile
    catalog: bytes

    @property
    def terms(self) -> Terms:
        return terms_of(self.file, NAMES)

    @property
    def texts(self) -> Texts:
        return read_texts(self.catalog, self.file.tag, "handouts.po")

    def findings(self) -> list[Finding]:
        return findings(self.catalog, self.file, NAMES, "handouts.po")


def proof(folder: Path) -> Proof:
    catalog = (folder / "LC_MESSAGES" / "handouts.po").read_bytes()
    return Proof(folder, read_toml(folder / "locale.toml", LocaleFile), catalog)


SHIPPED = {tag: proof(LOCALES / tag) for tag in locale_tags(LOCALES) if (LOCALES / tag / "LC_MESSAGES").is_dir()}
SMALL = {tag: proof(DRAFTS / tag) for tag in locale_tags(DRAFTS)}
SPANISH = SHIPPED["es"]


def entry(of: Proof, english: str) -> Entry:
    return next(item for item in of.texts.entries if item.english[0].startswith(english))


def changed(item: Entry, text: str, form: int = -1) -> Entry:
    forms = list(item.forms)
    forms[form] = replace(forms[form], text=text)
    return replace(item, forms=tuple(forms))


def rules(item: Entry, terms: Terms) -> set[Rule]:
    return {finding.rule for finding in check_entry(item, terms)}


MISTAKES = [
    # English, what is replaced in the Spanish, by what, the rule that must say so
    ("Do not get a live vaccine after", "No reciba ninguna", "Reciba una", Rule.NEGATION),
    ("It does not cure MS.", "No cura", "Cura", Rule.NEGATION),
    ("Please read this form with your team.", "No tiene", "Tiene", Rule.NEGATION),
    ("The allergy medicine can make you sleepy. Have someone", "No maneje", "Maneje", Rule.NEGATION),
    ("You must not get this medicine while", "No debe", "Debe", Rule.NEGATION),
    ("The medicine is approved, but not", "o no en", "o en", Rule.NEGATION),
    ("Most people never have these.", "nunca ", "", Rule.NEGATION),
    ("It is approved for adults.", "Está", "No está", Rule.NEGATION),
    ("There are other medicines for MS", "Hay", "No hay", Rule.NEGATION),
    ("A steroid into the vein", "100 mg", "10 mg", Rule.NUMBERS),
    ("A steroid into the vein", "100 mg", "1000 mg", Rule.NUMBERS),
    ("A steroid into the vein", "100 mg", "100 mL", Rule.UNITS),
    ("A steroid into the vein", "100 mg", "100 g", Rule.UNITS),
    ("A steroid into the vein", "100 mg", "100", Rule.UNITS),
    ("A steroid into the vein", "100 mg", "cien mg", Rule.NUMBERS),
    ("A steroid into the vein", "metilprednisolona", "dexamethasone", Rule.NAMES),
    ("A high steroid dose", "1,000 mg", "1.000 mg", Rule.NUMBERS),
    ("A high steroid dose", "1,000 mg", "1,000 µg", Rule.UNITS),
    ("There is a limit for your whole life", "140 mg/m²", "140 mg", Rule.UNITS),
    ("There is a limit for your whole life", "11 ", "12 ", Rule.NUMBERS),
    ("After treatment, B cells come back", "2.5", "25", Rule.NUMBERS),
    ("After treatment, B cells come back", "2.5", "2,5", Rule.NUMBERS),
    ("Then one full dose every 24 weeks", "24 semanas", "24 meses", Rule.UNITS),
    ("Then one full dose every 24 weeks", "6 meses", "6 semanas", Rule.UNITS),
    ("Stay 1 hour after each of the first 12", "1 hora", "1 minuto", Rule.UNITS),
    ("It can come within 24 hours, or up", "24 horas", "24 días", Rule.UNITS),
    ("It can come within 24 hours, or up", "24 horas", "٢٤ horas", Rule.DIGITS),
    ("One infusion a day, for 3 to 5 days", "3 a 5", "5 a 3", Rule.NUMBERS),
    ("One infusion every 3 months.", "3 meses", "3 semanas", Rule.UNITS),
    ("Leave the tape on your arm for 15", "15 minutos", "15 horas", Rule.UNITS),
    ("The risk is well below 1 of 1,000", "1,000", "100", Rule.NUMBERS),
    ("Take the medicine against viruses", "200", "20", Rule.NUMBERS),
    ("Take the medicine against viruses", "CD4", "CD8", Rule.NUMBERS),
    ("Tysabri left the market in 2005", "2005", "2015", Rule.NUMBERS),
    ("Tyruko is a biosimilar", "Tyruko", "Tysabri", Rule.NAMES),
    ("I had alemtuzumab (Lemtrada)", "alemtuzumab", "ocrelizumab", Rule.NAMES),
    ("I had alemtuzumab (Lemtrada)", "alemtuzumab", "alemtuzumabe", Rule.NAMES),
    ("I had alemtuzumab (Lemtrada)", "Lemtrada", "La Entrada", Rule.NAMES),
    ("This short course is off-label", "FDA", "AFD", Rule.NAMES),
    ("Call %(number)s now", "%(number)s", "911", Rule.PLACEHOLDERS),
    ("Call %(number)s now", "%(number)s", "%(numero)s", Rule.PLACEHOLDERS),
    ("Call %(number)s now", "%(number)s", "%(number)", Rule.PERCENT),
    ("Call %(number)s now", "%(number)s", "%%(number)s", Rule.PERCENT),
    ("about %(least)s to %(most)s", "%(most)s", "%(least)s", Rule.PLACEHOLDERS),
    ("The medicine is %(drug)s.", "%(route)s", "", Rule.PLACEHOLDERS),
    ("Carry it until %(months)s month", "%(months)s", "muchos", Rule.PLACEHOLDERS),
    ("Carry it until %(months)s month", "meses", "semanas", Rule.UNITS),
    ("Rest. You may feel tired. A reaction can still come more", "Descanse", "Des\u202ecanse", Rule.BIDI),
    ("It does not cure MS.", "cura", "cu\u200bra", Rule.INVISIBLE),
    ("It does not cure MS.", "cura", "cur\u0430", Rule.SCRIPT),  # a Cyrillic a
    ("Talk with us: did you ever have a liver problem?", "?", ".", Rule.ENDING),
    ("It does not cure MS.", "No cura la EM.", "It does not cure MS.", Rule.UNTRANSLATED),
    (
        "You may not feel a change, even when it works.",
        "Es posible que no sienta ningún cambio, aun cuando el medicamento funciona.",
        "Tal vez nada.",
        Rule.LENGTH,
    ),
]
"""Mistakes in the Spanish that is shipped."""


@pytest.mark.parametrize(("english", "old", "new", "rule"), MISTAKES)
def test_a_dangerous_mistake_in_spanish_is_caught(english: str, old: str, new: str, rule: Rule) -> None:
    item = entry(SPANISH, english)
    text = item.forms[-1].text

    assert old in text, text
    assert rule not in rules(item, SPANISH.terms)
    assert rule in rules(changed(item, text.replace(old, new)), SPANISH.terms)


SMALL_MISTAKES = [
    ("fr", "Do not drive", "Ne conduisez pas", "Conduisez", Rule.NEGATION),
    ("fr", "Inject", "2,5", "2.5", Rule.NUMBERS),
    ("fr", "Inject", "2,5", "25", Rule.NUMBERS),
    ("fr", "A dose of", "1\u00a0000", "1", Rule.NUMBERS),
    ("fr", "Call 1-800", "0199", "0991", Rule.PHONE),
    ("pt_BR", "Do not drive", "Não dirija", "Dirija", Rule.NEGATION),
    ("pt_BR", "A dose of", "1.000", "1,000", Rule.NUMBERS),
    ("pt_BR", "Take 10 mg", "horas", "minutos", Rule.UNITS),
    ("vi", "Do not drive", "Không lái", "Lái", Rule.NEGATION),
    ("vi", "Take 10 mg", "giờ", "ngày", Rule.UNITS),
    ("vi", "Take 10 mg", "10 mg", "10 mL", Rule.UNITS),
    ("vi", "Bring", "\n- sách", "", Rule.LIST),
    ("ru", "Do not drive", "Не садитесь", "Садитесь", Rule.NEGATION),
    ("ru", "Take 10 mg", "10 мг", "10 мл", Rule.UNITS),
    ("ru", "Take 10 mg", "10 мг", "10 г", Rule.UNITS),
    ("ru", "Take 10 mg", "3–5 дней", "3–5 недель", Rule.UNITS),
    ("ru", "%(days)s day in", "%(days)s дней", "Много дней", Rule.PLACEHOLDERS),
    ("ru", "You get", "ocrelizumab", "окрелизумаб", Rule.NAMES),
    ("ru", "Inject", "2,5 мл", "2,5 мг", Rule.UNITS),
    ("ar", "Do not drive", "لا تقد", "قد", Rule.NEGATION),
    ("ar", "Take 10 mg", "12", "١٢", Rule.DIGITS),
    ("ar", "Take 10 mg", "12 ساعة", "12 يوم", Rule.UNITS),
    ("ar", "Take 10 mg", "10 mg", "١٠٠ mg", Rule.NUMBERS),
    ("ar", "Call 1-800", "1-800-555-0199", "9910-555-008-1", Rule.PHONE),
    ("ar", "You get", "Ocrevus", "أوكريفوس", Rule.NAMES),
    ("ar", "Do you have", "؟", ".", Rule.ENDING),
    ("ar", "Do you have", "</b>", "", Rule.HTML),
    ("ar", "A dose of", "0.9%", "0.9٪", Rule.PERCENT),
    ("ar", "Call %(number)s", "%(number)s", "\u202a%(number)s\u202c", Rule.BIDI),
    ("zh_Hans", "Do not drive", "请不要", "请", Rule.NEGATION),
    ("zh_Hans", "Take 10 mg", "12 小时", "12 天", Rule.UNITS),
    ("zh_Hans", "Take 10 mg", "3 至 5", "5 至 3", Rule.NUMBERS),
    ("zh_Hans", "Take 10 mg", "10 mg", "１００ mg", Rule.DIGITS),
    ("zh_Hans", "Bring", "\n- 书", "", Rule.LIST),
    ("zh_Hans", "%(days)s day in", "天", "周", Rule.UNITS),
    ("ko", "Do not drive", "하지 마세요", "하세요", Rule.NEGATION),
    ("ko", "Take 10 mg", "12시간", "12일", Rule.UNITS),
    ("ko", "Do you have", "<b>열</b>", "<b>열<b>", Rule.HTML),
    ("ko", "You get", "ocrelizumab", "오크렐리주맙", Rule.NAMES),
    ("hi", "Do not drive", "न चलाएँ", "चलाएँ", Rule.NEGATION),
    ("hi", "Take 10 mg", "12", "१२", Rule.DIGITS),
    ("hi", "Take 10 mg", "घंटे", "दिन", Rule.UNITS),
    ("hi", "Do not drive", "।", "?", Rule.ENDING),
    ("hi", "A dose of", "0.9%", "0.9%%", Rule.PERCENT),
    ("hi", "Do not drive", "जब तक आप पूरी तरह जाग न जाएँ, गाड़ी न चलाएँ।", "do not drive until", Rule.UNTRANSLATED),
]


@pytest.mark.parametrize(("tag", "english", "old", "new", "rule"), SMALL_MISTAKES)
def test_a_dangerous_mistake_in_any_script_is_caught(tag: str, english: str, old: str, new: str, rule: Rule) -> None:
    item = entry(SMALL[tag], english)
    text = item.forms[-1].text

    assert old in text, text
    assert rule in rules(changed(item, text.replace(old, new)), SMALL[tag].terms)


def test_every_rule_has_its_mistake() -> None:
    seeded = {rule for *_, rule in (*MISTAKES, *SMALL_MISTAKES)}

    elsewhere = {
        Rule.PLURALS,
        Rule.LANGUAGE,
        Rule.GLYPHS,
        Rule.WAIVER,
        Rule.MISSING,
        Rule.CONSISTENCY,
        Rule.SPACES,
        Rule.QUOTES,
    }
    assert set(Rule) - elsewhere == seeded


@pytest.mark.parametrize("tag", SMALL)
def test_a_right_translation_is_left_alone(tag: str) -> None:
    assert SMALL[tag].findings() == []


@pytest.mark.parametrize("tag", SHIPPED)
def test_shipped_catalogs_pass_with_few_false_alarms(tag: str) -> None:
    """What is waived is right, so it was a false alarm; and so is what only warns."""
    found = SHIPPED[tag].findings()
    alarms = {finding.line for finding in found}

    assert [finding for finding in found if finding.severity is Severity.ERROR and not finding.waived] == []
    assert len(alarms) <= FALSE_ALARMS * len(SHIPPED[tag].texts.entries), sorted(alarms)


EVERYWHERE = [
    (proof, item, number)
    for proof in (*SHIPPED.values(), *SMALL.values())
    for item in proof.texts.entries
    for number in range(len(item.forms))
]
PLACEHOLDER = re.compile(r"%\(\w+\)s")
DIGITS = [
    (of, item, form, match.start())
    for of, item, form in EVERYWHERE
    for match in re.finditer(r"\d(?![^(]*\)s)", item.forms[form].text)
]
PLACEHOLDERS = [
    (of, item, form, match.span())
    for of, item, form in EVERYWHERE
    for match in PLACEHOLDER.finditer(item.forms[form].text)
    if len(set(item.forms[form].numbers) - {0}) != 1 and item.forms[form].numbers != (0,)
]


@given(st.sampled_from(DIGITS), st.integers(1, 9))
@settings(deadline=None, max_examples=300)
def test_no_digit_changes(place: tuple[Proof, Entry, int, int], more: int) -> None:
    of, item, form, at = place
    text = item.forms[form].text
    wrong = text[:at] + str((int(text[at]) + more) % 10) + text[at + 1 :]

    assert rules(changed(item, wrong, form), of.terms) & {Rule.NUMBERS, Rule.PHONE}, wrong


@given(st.sampled_from(PLACEHOLDERS))
@settings(deadline=None)
def test_no_placeholder_is_lost(place: tuple[Proof, Entry, int, tuple[int, int]]) -> None:
    of, item, form, (start, end) = place
    text = item.forms[form].text

    assert Rule.PLACEHOLDERS in rules(changed(item, text[:start] + text[end:], form), of.terms)


@given(st.sampled_from(EVERYWHERE), st.sampled_from(sorted(BIDI)), st.floats(0, 1))
@settings(deadline=None)
def test_no_bidi_control_comes_in(place: tuple[Proof, Entry, int], control: str, where: float) -> None:
    of, item, form = place
    text = item.forms[form].text
    at = round(where * len(text))

    assert Rule.BIDI in rules(changed(item, text[:at] + control + text[at:], form), of.terms)


PO = """msgid ""
msgstr ""
"Language: es\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals={plurals}; plural=(n != 1);\\n"

{entries}
"""


def found_in(entries: str, plurals: int = 2) -> list[Finding]:
    return findings(PO.format(entries=entries, plurals=plurals).encode(), SPANISH.file, NAMES, "es.po")


WRONG = 'msgid "Do not drive"\nmsgstr "Conduzca"\n'


def test_a_finding_says_where_what_and_how_to_mend_or_waive_it() -> None:
    (finding,) = found_in(WRONG)

    assert (finding.rule, finding.severity, finding.where) == (Rule.NEGATION, Severity.ERROR, "es.po:7")
    assert finding.english == "Do not drive"
    assert "not" in finding.what
    assert "put the negation back" in finding.hint
    assert "# waive: negation: " in finding.hint


def test_a_waiver_needs_its_rule_and_a_reason() -> None:
    assert [item.waived for item in found_in("# waive: negation: it is so\n" + WRONG)] == ["it is so"]
    for comment in ("# waive: negation", "# waive: negation:", "# waive: numbers: it is so", "# waive: nonsense: so"):
        found = {item.rule: item for item in found_in(f"{comment}\n{WRONG}")}

        assert set(found) == {Rule.NEGATION, Rule.WAIVER}
        assert found[Rule.NEGATION].waived == ""


def test_a_waiver_that_waives_nothing_is_reported() -> None:
    (finding,) = found_in('# waive: numbers: it was so\nmsgid "Do not drive"\nmsgstr "No conduzca"\n')

    assert finding.rule is Rule.WAIVER
    assert "waives nothing" in finding.what


def test_what_cannot_be_printed_right_cannot_be_waived() -> None:
    entries = '# waive: placeholders: so\nmsgid "Call %(number)s"\nmsgstr "Llame"\n'
    found = found_in(entries)

    assert {item.rule for item in found} == {Rule.PLACEHOLDERS, Rule.WAIVER}
    assert {item.waived for item in found} == {""}


def test_the_same_english_is_translated_alike() -> None:
    once = 'msgid "Drink much water."\nmsgstr "Beba mucha agua."\n\n'
    other = 'msgid "Drink much water"\nmsgstr "Beba agua a menudo"\n\n'
    elsewhere = 'msgctxt "to a dog"\nmsgid "Drink much water."\nmsgstr "Beba agua a menudo."\n\n'

    assert [item.rule for item in found_in(once + other)] == [Rule.CONSISTENCY]
    assert found_in(once + elsewhere) == []


def test_a_name_is_one_however_a_sentence_begins_and_a_word_like_it_is_none() -> None:
    begun = 'msgid "Methylprednisolone, another steroid."\nmsgstr "Methylprednisolone, otro esteroide."\n'

    assert found_in(begun) == []
    assert found_in('msgid "Please touch the button"\nmsgstr "Por favor, toque el botón"\n') == []
    assert [item.rule for item in found_in('msgid "Join TOUCH"\nmsgstr "Únase a CONTACTO"\n')] == [Rule.NAMES]


def test_a_number_word_may_become_a_digit_but_no_number_is_added() -> None:
    assert found_in('msgid "Take two pills"\nmsgstr "Tome 2 pastillas"\n') == []
    assert [item.rule for item in found_in('msgid "Take a pill"\nmsgstr "Tome 2 pastillas"\n')] == [Rule.NUMBERS]
    assert [item.rule for item in found_in('msgid "Take 2 pills"\nmsgstr "Tome dos pastillas"\n')] == [Rule.NUMBERS]


def test_spaces_and_quotation_marks_are_looked_at() -> None:
    assert [item.rule for item in found_in('msgid "Rest"\nmsgstr "Descanso "\n')] == [Rule.SPACES]
    assert [item.rule for item in found_in('msgid "See “Rest”"\nmsgstr "Vea “Descanso”"\n')] == [Rule.QUOTES]
    assert found_in('msgid "See “Rest”"\nmsgstr "Vea «Descanso»"\n') == []


def test_plural_forms_are_those_of_the_language() -> None:
    assert [item.rule for item in found_in("", plurals=3)] == [Rule.PLURALS]


@pytest.mark.parametrize("said", ["fr", "pt_BR", "zh_Hans", "es_Cyrl", "Spanish"])
def test_a_catalog_of_another_language_is_an_error(said: str) -> None:
    catalog = "# a comment\n" + PO.format(entries="", plurals=2).replace("Language: es", f"Language: {said}")
    (finding,) = findings(catalog.encode(), SPANISH.file, NAMES, "es.po")

    assert (finding.rule, finding.severity, finding.where) == (Rule.LANGUAGE, Severity.ERROR, "es.po:2")
    assert said in finding.what


@pytest.mark.parametrize(
    "said", ["Language: es_MX\\n", "Language: es-419\\n", "Language: spa\\n", "Language: \\n", "X: y\\n"]
)
def test_a_header_may_name_a_country_or_nothing(said: str) -> None:
    catalog = PO.format(entries="", plurals=2).replace("Language: es\\n", said)

    assert findings(catalog.encode(), SPANISH.file, NAMES, "es.po") == []


def test_a_catalog_is_that_of_its_script() -> None:
    catalog = SHIPPED["zh_Hans"].catalog.replace(b"Language: zh_Hans", b"Language: zh_TW")

    assert Rule.LANGUAGE in {item.rule for item in SHIPPED["zh_Hans"]._replace(catalog=catalog).findings()}


def test_a_character_that_no_font_has_is_an_error(tmp_path: Path) -> None:
    entries = 'msgid "Rest"\nmsgstr "Descanse\u00a0\U00013000 ༀ"\n\nmsgid "Talk"\nmsgstr "Hable\\n"\n'
    file = tmp_path / "es.po"
    file.write_text(PO.format(entries=entries, plurals=2), encoding="utf-8")
    found = json.loads(run("locales", "check", file, "--json").out)["findings"]
    (glyphs,) = (item for item in found if item["rule"] == "glyphs")

    assert (glyphs["line"], glyphs["severity"], glyphs["msgid"]) == (7, "error", "Rest")
    assert "U+13000 EGYPTIAN HIEROGLYPH A001" in glyphs["what"] and "U+0F00 TIBETAN SYLLABLE OM" in glyphs["what"]
    assert "U+00A0" not in glyphs["what"]


def test_a_language_without_words_of_negation_is_not_checked_and_says_so() -> None:
    silent = SPANISH.file.model_copy(update={"negation": ()})
    found = findings(PO.format(entries=WRONG, plurals=2).encode(), silent, NAMES, "es.po")

    assert [(item.rule, item.where) for item in found] == [(Rule.NEGATION, "locales/es/locale.toml")]


def test_the_command_lists_findings_and_leaves_with_4(tmp_path: Path) -> None:
    file = tmp_path / "es.po"
    file.write_text(PO.format(entries=WRONG, plurals=2), encoding="utf-8")
    finished = run("locales", "check", file)
    listed = [line.split("\t") for line in finished.text.splitlines()]
    data = json.loads(run("locales", "check", file, "--json").out)

    assert finished.code == 4
    assert listed[0] == ["where", "text", "rule", "what", "what to do"]
    assert [f"{file}:7", "Do not drive", "error: negation"] in [row[:3] for row in listed]
    assert data["errors"] == len(data["findings"])
    assert {item["rule"] for item in data["findings"]} == {"negation", "missing"}


@pytest.mark.parametrize("arguments", [(), ("es",), ("es-MX",), (LOCALES / "es/LC_MESSAGES/handouts.po",)])
def test_the_command_finds_nothing_in_what_is_shipped(arguments: tuple[object, ...]) -> None:
    data = json.loads(made("locales", "check", *arguments, "--json").out)

    assert (data["errors"], data["warnings"]) == (0, 0)
    assert data["waived"] == len(data["findings"])


def test_a_file_is_checked_with_the_locale_beside_it(tmp_path: Path) -> None:
    shutil.copytree(DRAFTS / "ru", tmp_path / "ru")
    data = json.loads(run("locales", "check", tmp_path / "ru" / "LC_MESSAGES" / "handouts.po", "--json").out)

    assert {item["rule"] for item in data["findings"]} == {"missing"}


def test_a_file_that_says_no_language_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.po"
    file.write_text('msgid "a"\nmsgstr "b"\n', encoding="utf-8")

    assert "which language" in run("locales", "check", file).err
    assert run("locales", "check", file).code == 4
    assert run("locales", "check", tmp_path / "missing.po").code == 3
    assert run("locales", "check", "xx").code == 4

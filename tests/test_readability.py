"""The grade level, and the syllables it rests on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handouts.checks.readability import (
    Reading,
    blocks_of_html,
    by_hyphens,
    by_vowels,
    grade,
    sentences,
    syllables,
)

SYLLABLES = {
    1: """
        air arm asked ate beat birth bleed blood blurred brain breast breathe bring bruise called caused cells
        chance change changed cheese chest chills choose clear closed clothes cold cough cramps cream death
        die died dose drinks drive drop drug dye eye eyes face floor flu friend glove guide heart helped hives
        hour hours job joint juice knee leave lie lives lose lung lymph mild months mood more mouth moved name
        named nap neck needs nine nurse once pain phone pill placed please pulse rash ride safe scale side
        sides skin sleeve sleeves smoke snack sneeze sore speech squeeze stiff stopped stroke suite tape taped
        taste teeth test tests throat time tired tongue tried tube twice used vein walked weak weeks weight
        while whole whose worse wound wrapped wrist x zone
    """,
    2: """
        about above acne adult advice after again agree airway although ankle answer anxious april arrive
        asleep asthma august babies baby backache backward balance bandage basement bathroom before being
        believe bladder blanket bleeding blister body borrow bottle breakfast breathing bruises burning cafe
        cancer capsule careful careless carried carry causes cautious center changes childhood clinic coffee
        combined confused control cover create crying dairy damage damaged daughter decide degree delayed
        dental device diet digest dinner discharge discuss disease dizzy doctor doing doses driver driving
        during dying early eating either elbow empty enough entire evening every fainting fatigue feeling
        female fertile fever fewer finger fluid fluids forearm forget fracture garage glucose guidance handle
        happened headache healthcare hearing herpes higher homesick homework hopeful husband hygiene illness
        immune improve include includes increase infant involve iron issue itching itchy jaundice journal
        kidney knowledge language lasted lately leaflet lifelong lifetime likely listed little liver lonely
        lying manage measured mental migraine minutes monday movement movie muscle muscles nasal needed needle
        nervous ninety noisy normal nothing notice noticed number numbness nurses observe observed office
        often older oral parking patient people person places poison powder pregnant prepare pressure problem
        promise protein question questions quickly quiet rapid rarely really receive reduce reduced refuse
        relapse remove removed require result routine safely safety schedule science seizure severe shaky
        shingles shoulder sleepy social someone something sometimes special spinal started statement steroid
        stomach studies sugar swallow sweater swelling swollen symptom system table tablet tasted throughout
        thursday thyroid tingling tiredness tissue toilet toothache treatment tremor trouble tuesday ulcer
        unless update upset urgent urine useful uses vaccine value virus vision waited walker wanted warehouse
        warning water weakness wednesday wheelchair wheezing widely worried yearly yellow younger zoster
    """,
    3: """
        abdomen abnormal accident actual agreement alcohol allergic allergies allergy ambulance anyone
        appetite appointment area arthritis behavior biopsy calendar carefully caregiver catheter comfortable
        companion company completely confusion continue created dangerous december decided depression
        diagnosed difficult drowsiness easily effective energy everyone example excited exercise family
        furniture genital hopefully hospital however idea improvement infection infusion infusions injection
        insurance lightheaded medicine memory menopause miscarriage multiple myelin nausea obvious october
        oxygen period pharmacy physician placebo pneumonia positive possible pregnancy premature prescriber
        previous radio reaction reactions realize recipe regular reschedule rescheduled saturday sclerosis
        seasonal sedation sensitive serious severely signature suicide surgery telephone therapy ultrasound
        unable vaginal vehicle violent visual vomited vomiting
    """,
    4: """
        ability antibodies antibody anxiety biology constipation diabetes diarrhea elevator emergency evaluate
        experience february hepatitis identify immediate inflammation interpreter intravenous january leukemia
        medication melanoma neurologist palpitations paralysis pneumococcal psychiatric radiation recovery
        reliable situation temperature uncomfortable unusual usually vaccinated variable
    """,
    5: """
        antibiotic antihistamine approximately association disability hydrocortisone immediately individual
        laboratory respiratory unfortunately
    """,
    6: """
        acetaminophen methylprednisolone tuberculosis
    """,
    7: """
        mononucleosis
    """,
}
"""Counted by hand, as these words are spoken in the US."""
COUNTED = {word: count for count, words in SYLLABLES.items() for word in words.split()}


def right(count: Callable[[str], int]) -> float:
    """Return the share of words that ``count`` has right."""
    return sum(count(word) == number for word, number in COUNTED.items()) / len(COUNTED)


def test_the_larger_count_is_the_most_accurate() -> None:
    assert right(by_hyphens) < right(by_vowels) < right(syllables)
    assert right(syllables) > 0.96


def test_the_count_is_not_biased() -> None:
    """What counts for a grade is the sum, not the single word."""
    counted = sum(syllables(word) for word in COUNTED)
    assert counted == pytest.approx(sum(COUNTED.values()), rel=0.01)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("300", 1),
        ("1,000", 1),
        ("8:30", 1),
        ("555-0100", 1),
        ("2-hour", 2),
        ("20-minute", 3),
        ("follow-up", 3),
        ("MRI", 3),
        ("IV", 2),
        ("a.m", 2),
        ("nurse's", 2),
        ("clinic’s", 2),
        ("don't", 1),
        ("didn't", 2),
        ("isn’t", 2),
        ("Ms", 1),
        ("Take", 1),
    ],
)
def test_tokens_that_are_not_plain_words(word: str, count: int) -> None:
    assert syllables(word) == count


def test_grade_is_the_formula_of_1975() -> None:
    # 6 words, 7 syllables, 1 sentence.
    reading = grade(["Call your nurse when it itches."], ())
    assert (reading.sentences, reading.words) == (1, 6)
    assert reading.grade == pytest.approx(0.39 * 6 + 11.8 * 7 / 6 - 15.59)


def test_each_block_is_at_least_one_sentence() -> None:
    assert grade(["What to bring", "Your list of medicines", "A sweater"], ()).sentences == 3
    assert grade(["Eat first. Drink water. Rest."], ()).sentences == 3
    assert grade(["---", "", "   "], ()) == Reading(0.0, 0, 0, ())


def test_sentences_do_not_end_at_abbreviations_and_decimals() -> None:
    assert sentences("Ask Dr. Lee. Come at 8 a.m. Monday.") == ["Ask Dr. Lee.", "Come at 8 a.m. Monday."]
    assert sentences("You get 0.9% saline, e.g. Before and after.") == ["You get 0.9% saline, e.g. Before and after."]
    assert sentences("Had hepatitis B? Tell us. You may need a test (once).") == [
        "Had hepatitis B?",
        "Tell us.",
        "You may need a test (once).",
    ]
    assert sentences("Say “Stop.” We will stop. (We always do.) Then rest.") == [
        "Say “Stop.”",
        "We will stop.",
        "(We always do.)",
        "Then rest.",
    ]


def test_names_count_as_two_syllables() -> None:
    text = ["Ocrelizumab's effect lasts.", "Ask about the TOUCH Prescribing Program."]
    without = grade(text, ())
    named = grade(text, {"ocrelizumab", "TOUCH Prescribing Program"})
    assert named.grade < without.grade
    assert named.grade == grade(["Tysabri's effect lasts.", "Ask about the doctor nurses water."], {"tysabri"}).grade
    assert grade(["Prescribing takes time."], {"TOUCH Prescribing Program"}) == grade(["Prescribing takes time."], ())


def test_the_worst_sentences_come_first_and_are_named() -> None:
    blocks = [
        "Drink water.",
        "Progressive multifocal leukoencephalopathy necessitates immediate discontinuation of immunosuppressants.",
        "Tell your nurse about any new medicine that you take.",
    ]
    reading = grade(blocks, (), worst=2)
    assert [sentence.text for sentence in reading.worst] == [blocks[1], blocks[2]]
    assert reading.worst[0].grade > 20
    shown = str(reading)
    assert shown.startswith(f"grade {reading.grade:.1f}: 20 words in 3 sentences")
    assert blocks[1] in shown
    assert blocks[0] not in shown


def test_plain_and_hard_english_are_told_apart() -> None:
    plain = [
        "You will get the medicine through a small tube in your arm.",
        "Tell your nurse if you itch or feel hot.",
    ]
    hard = ["Administration of premedication reduces the frequency and severity of infusion-related reactions."]
    assert grade(plain, ()).grade < 6
    assert grade(hard, ()).grade > 12


def test_blocks_of_html() -> None:
    html = """<!doctype html><html><head><title>Title</title><style>p { color: red }</style></head><body>
    <header>Head <span class="field" id="field:patient.name:1">Ana Ruiz</span></header>
    <h1>Your   <b>next</b>&nbsp;visit</h1>
    <div><div>Leaf<br>block</div>Loose text</div>
    <ul><li>One &amp; two<ul><li>Inner</li></ul></li><li>Three</ul>
    <table><tr><th>Visit<td>First</table>
    <dl><dt>Term<dd>Meaning</dl><figure><img alt="x" src="y"><figcaption>Caption</figcaption></figure>
    <p data-noread>Not <span>read</span> <img src="z"> aloud</p>
    <script>var x = "<p>no</p>";</script><svg><title>Icon</title><path d="M0"/></svg>
    <p>Call <span class="phone field"><span>555</span> <i>0100</i></span>now<img class="field" src="y">.</p>
    </body></html>"""
    assert blocks_of_html(html) == [
        "Head",
        "Your next visit",
        "Leaf block",
        "Loose text",
        "One & two",
        "Inner",
        "Three",
        "Visit",
        "First",
        "Term",
        "Meaning",
        "Caption",
        "Call now.",
    ]


@settings(deadline=None)
@given(st.text(max_size=200), st.lists(st.text(max_size=12), max_size=3))
def test_any_text_has_a_grade(text: str, names: list[str]) -> None:
    reading = grade([text], names)
    assert reading.words >= reading.sentences >= 0
    assert "grade" in str(reading)


@settings(deadline=None)
@given(st.text(alphabet='<>/ pdivclass="field"&;x', max_size=200))
def test_broken_html_is_read_without_a_crash(html: str) -> None:
    assert all(block.strip() for block in blocks_of_html(html))

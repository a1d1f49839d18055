"""How hard the English of every document of every drug is to read: grade 6 at most, consent 8."""

from __future__ import annotations

import pytest
from shipped import FORMULARY, documents_of, drug_of, html

from handouts.checks.readability import Reading, blocks_of_html, grade

HARDEST = {"handout": 6.0, "schedule": 6.0, "card": 6.0, "consent": 8.0}
"""The school grade that each document may have."""
HARD = (
    "Administration of the investigational pharmaceutical preparation necessitates comprehensive haematological "
    "surveillance, irrespective of preceding immunomodulatory interventions or concomitant pathologies."
)
DOCUMENTS = [(name, document) for name in FORMULARY.ids() for document in documents_of("intake", drug_of(name))]

each_document = pytest.mark.parametrize(("name", "document"), DOCUMENTS)


def reading(name: str, document: str) -> Reading:
    """Return how hard a document is; names of medicines and programmes are not the writer's to choose."""
    drug = drug_of(name)
    programmes = [word for programme in drug.programmes for word in programme.name.split()]
    names = {drug.names.generic, *drug.names.brands, *programmes}
    return grade(blocks_of_html(html(drug, document)), names, worst=8)


@each_document
def test_everybody_can_read_it(name: str, document: str) -> None:
    found = reading(name, document)

    assert found.grade <= HARDEST[document], f"the {document} of {name} is too hard to read\n{found}"


@each_document
def test_the_text_was_really_read(name: str, document: str) -> None:
    found = reading(name, document)

    assert found.words > (40 if document in ("schedule", "card") else 400)
    assert found.sentences > 10
    assert len(found.worst) == 8
    assert found.worst[0].grade > found.grade


def test_every_document_is_measured() -> None:
    assert {document for _, document in DOCUMENTS} == set(HARDEST)
    assert {name for name, _ in DOCUMENTS} == set(FORMULARY.ids())


def test_a_hard_text_fails_and_is_named_in_the_report() -> None:
    easy = blocks_of_html(html(drug_of("ocrelizumab"), "handout"))

    assert grade([HARD], ()).grade > 10
    assert HARD not in str(grade(easy, (), worst=8))
    assert HARD in str(grade([*easy, HARD], (), worst=8))
    assert grade([*easy, HARD], ()).grade > grade(easy, ()).grade

"""Treatments and plans as desks meet them, drawn by Hypothesis."""

from __future__ import annotations

import datetime as dt

from hypothesis import assume
from hypothesis import strategies as st
from shipped import drug_of

from handouts.errors import Refused
from handouts.model import Plan, Treatment
from handouts.schedule import plan


@st.composite
def treatments(draw: st.DrawFn, drug: str) -> Treatment:
    """Draw a treatment as a desk may type it: new, begun, with a day agreed, or with that of infusion 1 beside it."""
    regimen = drug_of(drug).regimen
    limits = regimen.order.days if regimen.order else None
    days = draw(st.integers(*limits)) if limits else None
    day = draw(st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31)))
    done = draw(st.integers(0, days) if days else st.integers(0, 20) | st.integers(0, 400))
    if not done:
        return Treatment(start=day, days=days)
    after = draw(st.none() | st.integers(-1200, 800))
    start = None if after is None else day + dt.timedelta(days=after)
    return Treatment(start=start, done=done, last=day, days=days)


@st.composite
def plans(draw: st.DrawFn, drug: str) -> Plan:
    """Draw the plan of a treatment that is not refused."""
    try:
        return plan(drug_of(drug), draw(treatments(drug)))
    except Refused:
        assume(False)
        raise

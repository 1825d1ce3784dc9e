"""What a search means on the desk: a number, else words of title, type, answers and who asked."""

import re
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

_NUMBER = re.compile(r"#?\s*(\d{1,9})\Z")
MOST_WORDS = 6
SEARCHED = (
    "title",
    "ticket_type__title",
    "created_by__first_name",
    "created_by__last_name",
    "created_by__email",
)


def matching(rows: QuerySet[Any, Any], term: str, *, ticket: str = "") -> QuerySet[Any, Any]:
    """The rows that fit a search. `ticket` leads from the row to its ticket ("ticket__").

    "1042" and "#1042" find the number, and titles with it; of several words each must fit.
    """
    if found := _NUMBER.match(term.strip()):
        by_number = Q(**{f"{ticket}number": int(found[1])})
        return rows.filter(by_number | Q(**{f"{ticket}title__icontains": term.strip()}))
    # The answers are read as one text, names of questions included. No index helps: each row of
    # the company that the list could show is unfolded and looked through. That took 17 ms in place
    # of 8 for 5,000 tickets and grows with them; a much larger business wants an index of trigrams.
    rows = rows.alias(answers=Cast(f"{ticket}ticket_data", TextField()))
    for word in term.split()[:MOST_WORDS]:
        rows = rows.filter(_fits(word, ticket))
    return rows


def _fits(word: str, ticket: str) -> Q:
    fits = Q(answers__icontains=word)
    for name in SEARCHED:
        fits |= Q(**{f"{ticket}{name}__icontains": word})
    return fits | (Q(task_definition__title__icontains=word) if ticket else Q())

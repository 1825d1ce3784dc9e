"""The secrets of a company: entered, replaced, deleted, and opened for its actions; never read."""

import logging
import re
from collections.abc import Iterable

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from tenants.audit import record, row_id
from tenants.errors import DomainError, NotFound
from tenants.models import CompanySecret, User
from tenants.sealing import CannotOpen, open_sealed, seal
from tenants.services.checking import must, refusals_in_words

LONGEST_NAME, LONGEST_VALUE = 80, 4_096

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
#: What a header can carry (RFC 9110, 5.5); a secret that it cannot carry is of no use.
_VALUE = re.compile(r"[\x20-\x7e]+")

_log = logging.getLogger(__name__)


@sensitive_variables("value")
def set_secret(actor: User, *, name: str, value: str, is_new: bool = False) -> CompanySecret:
    """Keep a secret under this name, in place of the one that was there. Blanks and line breaks
    around the value come from copying and are left out.

    Args:
        is_new: refuse when the name is taken, so that nothing is replaced by mistake.

    Raises:
        NotAllowed; DomainError with the field. No message has the value in it.
    """
    must(actor, "tenants.add_companysecret")
    name, value = name.strip(), value.strip()
    if problems := _problems(name, value):
        raise DomainError(" ".join(problems.values()), fields=problems)
    with transaction.atomic(), refusals_in_words():
        secret, is_first = CompanySecret.objects.update_or_create(
            name=name, defaults={"sealed": seal(value), "updated_by_id": row_id(actor)}
        )
        if is_new and not is_first:
            words = "There is a secret with this name. Replace it on its own page."
            raise DomainError(words, fields={"name": words})
        record(actor, "secret added" if is_first else "secret replaced", name)
    return secret


def delete_secret(actor: User, name: str) -> None:
    """Throw a secret away. Calls that need it stop with the error `secret`.

    Raises:
        NotAllowed; NotFound: there is none of this name.
    """
    must(actor, "tenants.delete_companysecret")
    with transaction.atomic():
        deleted, _ = CompanySecret.objects.filter(name=name).delete()
        if not deleted:
            raise NotFound("There is no such secret any more.")
        record(actor, "secret deleted", name)


def secret_values(names: Iterable[str]) -> dict[str, str]:
    """The company's secrets in the clear, by name; for the engine, just before a call. One that
    does not exist or cannot be opened is left out: the call then fails with the error `secret`.
    """
    wanted = set(names)
    if not wanted:
        return {}
    found = {}
    for secret in CompanySecret.objects.filter(name__in=wanted):
        try:
            found[secret.name] = open_sealed(secret.sealed)
        except CannotOpen as error:
            _log.error("A secret cannot be opened: %s", error, extra={"secret": secret.name})
    return found


def can_be_opened(secret: CompanySecret) -> bool:
    """Whether the keys of this installation still open it."""
    try:
        open_sealed(secret.sealed)
    except CannotOpen:
        return False
    return True


def _problems(name: str, value: str) -> dict[str, str]:
    problems = {}
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        problems["name"] = (
            f"Use letters a to z, digits, and . - _ without blanks; at most {LONGEST_NAME}."
        )
    if not value:
        problems["value"] = "Please fill this in."
    elif len(value) > LONGEST_VALUE:
        problems["value"] = f"At most {LONGEST_VALUE:,} characters; this has {len(value):,}."
    elif not _VALUE.fullmatch(value):
        problems["value"] = "A secret is one line of plain letters, digits and signs."
    return problems

"""Secrets of companies as they lie in the database: sealed, and only for the company they are of.

Fernet (AES-128-CBC with HMAC-SHA256). The key is made by HKDF (RFC 5869) from a secret of the
installation and the company's id, so a sealed text that got into another company's row opens
nothing there. `SECRETS_KEYS` takes turns: the first seals, each opens, SECRET_KEY last.
"""

import base64
from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

from tenants.context import current_company_id

_PURPOSE = b"ticketflower secrets 1 "


class CannotOpen(Exception):
    """The text was sealed with a key that is not here, for another company, or was changed."""

    def __init__(self) -> None:
        super().__init__(
            "A stored secret cannot be opened. It was sealed with a key that SECRETS_KEYS and "
            "SECRET_KEY no longer hold, or for another company. Enter the secret again, or bring "
            "the old key back."
        )


def seal(text: str) -> str:
    """Plain ASCII that only the company in force can open.

    Raises:
        NoTenant: no company is in force.
    """
    return _box().encrypt(text.encode()).decode()


def open_sealed(token: str) -> str:
    """What `seal` was given.

    Raises:
        CannotOpen: see there.
        NoTenant: no company is in force.
    """
    try:
        return _box().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise CannotOpen from error


def reseal(token: str) -> str:
    """The same under the first key, so that an old one can be thrown away.

    Raises:
        CannotOpen: see there.
    """
    try:
        return _box().rotate(token.encode()).decode()
    except InvalidToken as error:
        raise CannotOpen from error


def _box() -> MultiFernet:
    company = current_company_id().bytes
    return MultiFernet([Fernet(_derived(key, company)) for key in _keys()])


def _keys() -> Iterator[str | bytes]:
    yield from settings.SECRETS_KEYS
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS


def _derived(key: str | bytes, company: bytes) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE + company)
    return base64.urlsafe_b64encode(derivation.derive(force_bytes(key)))

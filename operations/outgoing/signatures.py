"""A signature that lets the receiver check who called, and that nothing was changed or kept for
later: Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks), for which most
languages have a library.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping

from definitions.actions.headers import SIGNATURE_HEADERS

ID, TIMESTAMP, SIGNATURE = HEADERS = SIGNATURE_HEADERS
_PREFIX = "whsec_"
#: An old message may have been heard by somebody who now says it again.
OLDEST_SECONDS = 300


def key_of(secret: str) -> bytes:
    """The key: base64 after `whsec_` as the standard has it, otherwise the text itself."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def signed_headers(key: bytes, call_id: str, body: bytes, timestamp: int) -> dict[str, str]:
    """What is added to a request; `timestamp` in seconds since 1970, `call_id` without dots."""
    content = f"{call_id}.{timestamp}.".encode() + body
    digest = hmac.digest(key, content, hashlib.sha256)
    return {
        ID: call_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: f"v1,{base64.b64encode(digest).decode()}",
    }


def is_signed(key: bytes, headers: Mapping[str, str], body: bytes, *, now: float) -> bool:
    """Whether a message that came carries a signature with this key, not older than five minutes.

    Args:
        headers: with names in small letters.
        now: seconds since 1970.
    """
    call_id, stamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not call_id or not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        return False
    if abs(now - int(stamp)) > OLDEST_SECONDS:
        return False
    expected = signed_headers(key, call_id, body, int(stamp))[SIGNATURE].encode()
    given = headers.get(SIGNATURE, "").encode(errors="replace").split()
    # Several may stand there while a key is being replaced.
    return any(hmac.compare_digest(expected, one) for one in given)

"""A signature that lets the receiver check who called, and that nothing was changed or kept for
later: Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks), for which most
languages have a library.
"""

import base64
import binascii
import hashlib
import hmac

from definitions.actions.headers import SIGNATURE_HEADERS

ID, TIMESTAMP, SIGNATURE = HEADERS = SIGNATURE_HEADERS
_PREFIX = "whsec_"


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

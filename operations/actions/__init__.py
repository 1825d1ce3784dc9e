"""What action tasks do: calls to other systems, and the answers that come later.

No transaction is open while a call is made. Between its two transactions anything may happen: the
worker is killed, or frozen and comes back late, the ticket is cancelled, a callback comes early. So
an attempt is a row before the call, with a lease; whoever settles it must find it still open, and
one whose lease has run out is a failed one ("lost_lease"). docs/actions.md tells what is promised.
"""

from operations.actions.callbacks import (
    LARGEST_CALLBACK,
    CallbackRefused,
    apply_callback,
    receive_callback,
)
from operations.actions.calling import carry_out, recover
from operations.actions.expiry import expire

__all__ = [
    "LARGEST_CALLBACK",
    "CallbackRefused",
    "apply_callback",
    "carry_out",
    "expire",
    "receive_callback",
    "recover",
]

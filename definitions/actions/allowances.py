"""The network rules of one company on this machine."""

from collections.abc import Iterable

from django.conf import settings

from definitions.actions.rules import Allowed, NetworkRules


def network_rules(allowed: Iterable[str] = ()) -> NetworkRules:
    """The rules for a company with this list ("host" or "host:port") on this machine.

    Raises:
        ValueError: an entry of the list is none.
    """
    entries = frozenset(Allowed.parse(entry) for entry in allowed)
    return NetworkRules(entries, allow_loopback=settings.ALLOW_LOOPBACK_CALLS)

"""What an action may say and where its calls may go; pure, but for `allowances`, which asks the
settings. The calls themselves are made by `operations.outgoing`.
"""

from definitions.actions.addresses import check_address
from definitions.actions.documents import METHODS, check_action, secret_names
from definitions.actions.rules import Allowed, NetworkRules

__all__ = [
    "METHODS",
    "Allowed",
    "NetworkRules",
    "check_action",
    "check_address",
    "secret_names",
]

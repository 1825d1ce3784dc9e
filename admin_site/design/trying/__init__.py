"""Try it: a made-up ticket through a version of a workflow, step by step, without any effect.

What was answered so far travels with the page itself, so that trying leaves nothing behind.
"""

from admin_site.design.trying.page import try_it
from admin_site.design.trying.replaying import replay_tickets

__all__ = ["replay_tickets", "try_it"]

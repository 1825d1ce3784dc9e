"""Issue forms of GitHub (`.github/ISSUE_TEMPLATE/*.yml`) as bundles. Pure.

Each becomes a ticket type with the form, and a workflow of one step, so that everything that is
done with a bundle can be done with it: checks, preview, import. docs/importing.md says what becomes
what.
"""

from definitions.issue_forms.converting import as_bundle, is_issue_form, remarks_of

__all__ = ["as_bundle", "is_issue_form", "remarks_of"]

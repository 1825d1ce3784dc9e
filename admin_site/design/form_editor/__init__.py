"""The pages that make the form of a step or of a ticket type: questions, arrangement, reading.

Each page shows one part of the definition's document as a builder or as text, with the form beside
it as people will meet it. `StepForms` and `TypeForms` mount them.
"""

from admin_site.design.form_editor.mounting import StepForms, TypeForms

__all__ = ["StepForms", "TypeForms"]

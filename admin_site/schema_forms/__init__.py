"""Forms made from JSON Schemas: `form_for` asks, `answers` and `read_answers` tell what was
answered."""

from admin_site.schema_forms.answers import Told, answers
from admin_site.schema_forms.files import Finder, Shelf, ShownFile
from admin_site.schema_forms.form import SchemaForm, form_for
from admin_site.schema_forms.posting import CannotBePosted, as_post_data
from admin_site.schema_forms.reading import read_answers

__all__ = [
    "CannotBePosted",
    "Finder",
    "SchemaForm",
    "Shelf",
    "ShownFile",
    "Told",
    "answers",
    "as_post_data",
    "form_for",
    "read_answers",
]

"""Forms as JSON Schema 2020-12: is an answer right, is a schema usable, and fields as a schema.

`problems(schema, value)` is the one truth about an answer; pages, services and imports all ask it.
"""

from definitions.schemas.checking import Checker, checker, problems
from definitions.schemas.fields import normalise_field, normalise_fields, schema_from_fields
from definitions.schemas.problem import JSON, Problem, UnusableSchema, pointer, steps
from definitions.schemas.safety import schema_problems
from definitions.schemas.storable import Limits, check_storable

__all__ = [
    "JSON",
    "Checker",
    "Limits",
    "Problem",
    "UnusableSchema",
    "check_storable",
    "checker",
    "normalise_field",
    "normalise_fields",
    "pointer",
    "problems",
    "schema_from_fields",
    "schema_problems",
    "steps",
]

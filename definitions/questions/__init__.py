"""A form as a list of questions in plain words, to and from its JSON Schema.

Round trips are exact: what a list of questions cannot say is kept, and told.
"""

from definitions.questions.kinds import CHOOSING, MEANINGS, NESTED, Kind, kind_of
from definitions.questions.mentions import mentioned_in
from definitions.questions.reading import Questions, Row, questions_of
from definitions.questions.writing import Written, name_for, schema_with

__all__ = [
    "CHOOSING",
    "MEANINGS",
    "NESTED",
    "Kind",
    "Questions",
    "Row",
    "Written",
    "kind_of",
    "mentioned_in",
    "name_for",
    "questions_of",
    "schema_with",
]

"""JSON and YAML as text: read within limits and with line numbers, and written to be read again.

Documents come from strangers, so nothing is trusted: size, depth, aliases, tags, names that appear
twice, numbers and characters that cannot be stored. Whatever is wrong is a `Problem` with its line.
"""

from definitions.documents.building import LIMITS, Document, Limits
from definitions.documents.reading import from_value, is_no_text, read_file, read_text
from definitions.documents.writing import to_json, to_yaml

__all__ = [
    "LIMITS",
    "Document",
    "Limits",
    "from_value",
    "is_no_text",
    "read_file",
    "read_text",
    "to_json",
    "to_yaml",
]

"""Made-up answers to a form: right as far as one can be guessed. Whoever needs to know asks
`problems`.
"""

from math import ceil
from typing import Any

from definitions.schemas.problem import JSON
from definitions.schemas.shape import Kind, Shape, shape_of

_BY_FORMAT = {
    "date": "2026-06-01",
    "date-time": "2026-06-01T09:00:00Z",
    "time": "09:00:00Z",
    "email": "ana@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_PADDING = "Sample text "
_DEEPEST = 6


def sample(schema: JSON, *, whole: bool = False) -> Any:
    """An answer to the form of a good schema: what it must have, with `whole` what it may have."""
    return sample_of(shape_of(schema), whole=whole)


def sample_of(shape: Shape, *, whole: bool = False, depth: int = 0) -> Any:
    """See `sample`."""
    if shape.choices:
        return shape.choices[0].value
    if shape.kind is Kind.OBJECT:
        return _group(shape, whole=whole and depth < _DEEPEST, depth=depth)
    if shape.kind in {Kind.LIST, Kind.CHOICES}:
        return _entries(shape, whole=whole, depth=depth)
    if shape.kind is Kind.BOOLEAN:
        return False
    if shape.kind in {Kind.NUMBER, Kind.INTEGER}:
        return a_number(shape)
    if shape.kind is Kind.STRING:
        return _text(shape)
    return {} if shape.kind is Kind.MAP else None


def _group(shape: Shape, *, whole: bool, depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        return {}
    return {
        name: sample_of(inner, whole=whole, depth=depth + 1)
        for name, inner in shape.properties.items()
        if whole or name in shape.required
    }


def _entries(shape: Shape, *, whole: bool, depth: int) -> list[Any]:
    count = _whole_number(shape.get("minItems"), 0) or (1 if whole else 0)
    if shape.items is None or depth > _DEEPEST:
        return []
    if shape.items.choices:
        return [choice.value for choice in shape.items.choices[:count]]
    return [sample_of(shape.items, whole=whole, depth=depth + 1)] * min(count, 20)


def a_number(shape: Shape) -> float:
    """One that lies between its bounds."""
    low, high = shape.get("minimum"), shape.get("maximum")
    above, below = shape.get("exclusiveMinimum"), shape.get("exclusiveMaximum")
    step = shape.get("multipleOf") or 1
    least = low if low is not None else above + step if above is not None else None
    most = high if high is not None else below - step if below is not None else None
    value = 1 if least is None else max(least, 1)
    if most is not None and value > most:
        value = most
    if step != 1 or shape.kind is Kind.INTEGER:
        value = ceil(value / step) * step
    return int(value) if value == int(value) else float(value)


def _text(shape: Shape) -> str:
    if shape.format in _BY_FORMAT:
        return _BY_FORMAT[shape.format]
    if shape.examples:
        return shape.examples[0]
    least = _whole_number(shape.get("minLength"), 0)
    most = _whole_number(shape.get("maxLength"), 10_000)
    text = _PADDING.strip() if least <= len(_PADDING.strip()) else _PADDING * 1_000
    return text[: max(least, min(most, len(_PADDING.strip())))]


def _whole_number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and 0 <= value <= 10_000 else otherwise

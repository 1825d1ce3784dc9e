"""Which answers of a step the requester reads: those that the schema marks, and no others."""

from definitions.schemas.problem import JSON
from definitions.schemas.shape import Shape

REQUESTER_SEES = "x-requester-sees"


def seen_by_requester(shape: Shape) -> frozenset[str]:
    """Names on the first level whose answer the requester reads; of a group, all that is in it."""
    extras = {name: one for name, (one, _) in shape.extras.items()}
    return frozenset(name for name, one in {**extras, **shape.properties}.items() if _marked(one))


def _marked(shape: Shape) -> bool:
    # `1` and "yes" are no mark: an answer is shown on a plain `true` only.
    mark: JSON = shape.get(REQUESTER_SEES)
    return mark is True

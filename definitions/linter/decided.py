"""Rules about what conditions come to: told only where an example shows it, or all cases do."""

from collections.abc import Iterator, Mapping
from typing import Any

from definitions.graph import After, Edge
from definitions.linter.drawing import Drawing, Found
from definitions.linter.proofs import Answers, Prover, Said, Trial, Tried
from definitions.linter.typed import unknown_choice
from definitions.listing import listed
from definitions.logic import describe
from definitions.logic.values import MISSING, number_words, read_date, shortened
from definitions.schemas.shape import Choice

#: How many values an example names.
MOST_NAMED = 6


def gap(drawing: Drawing) -> Iterator[Found]:
    """Answers with which no way is taken: a ticket with them would stop."""
    prover = drawing.prover
    for trial in prover.trials():
        if trial.has_default:
            continue
        answers = prover.example(trial, lambda tried: set(tried.said) == {Said.NO})
        if answers is None:
            continue
        place, _edge = max(trial.ways, key=lambda way: int(way[0].rpartition("/")[2]))
        yield Found(
            place,
            f"{_after(drawing, trial)} no way is true when {example_words(prover, answers)}: "
            "a ticket would stop there.",
            "Add a way without a condition (“otherwise”), or one for this case.",
        )


def may_be_empty(drawing: Drawing) -> Iterator[Found]:
    """A value that may be left out is compared before anybody has asked whether it is there."""
    prover = drawing.prover
    for trial in prover.trials():
        told: set[str] = set()
        for number, (place, _edge) in enumerate(trial.ways):
            if any(tried.said[number] is Said.BROKEN for tried in trial.tried):
                continue  # told as values that cannot be compared
            for path in sorted({tried.empty[number] for tried in trial.tried} - {"", *told}):
                if _stops_at(prover, trial, number, path):
                    told.add(path)
                    yield Found(
                        f"{place}/condition",
                        f"{prover.known.name(path)} may be empty here, and the condition "
                        f"“{_sentence(prover, trial, number)}” cannot be decided then: a ticket "
                        "would stop.",
                        f'Ask first whether it has a value: {{"exists": "{path}"}}. Or make '
                        "its question required.",
                    )


def _stops_at(prover: Prover, trial: Trial, number: int, path: str) -> bool:
    def stops(tried: Tried) -> bool:
        before = tried.said[:number]
        is_asked = set(before) <= {Said.NO} or trial.takes_all
        return is_asked and tried.empty[number] == path and tried.answers[path] is MISSING

    return prover.example(trial, stops) is not None


def overlap(drawing: Drawing) -> Iterator[Found]:
    """Two ways that are true together, so that their order decides.

    Often that is what the order is for, and nothing is told: a special case that is asked before
    the usual one; a “no” that is asked before anything else is looked at. Told is what looks like
    a slip: both ask for the same value, and neither is a case of the other; or no order is given.
    """
    prover = drawing.prover
    for trial in prover.trials():
        if trial.takes_all:
            continue
        for later in range(1, len(trial.ways)):
            for earlier in range(later):
                answers = _both(prover, trial, earlier, later)
                if answers is None:
                    continue
                first, second = (_sentence(prover, trial, one) for one in (earlier, later))
                target = drawing.called(trial.ways[earlier][1].target, end=True)
                yield Found(
                    f"{trial.ways[later][0]}/condition",
                    f"{_after(drawing, trial)} two ways are true when "
                    f"{example_words(prover, answers)}: “{first}” and “{second}”. The one that is "
                    f"asked first leads to {target}.",
                    "If that is meant, leave it. If not, narrow one of them.",
                )
                break


def _both(prover: Prover, trial: Trial, earlier: int, later: int) -> Answers | None:
    first, second = trial.ways[earlier][1], trial.ways[later][1]
    is_ordered = first.priority != second.priority
    if first.target == second.target or (is_ordered and not _read_the_same(prover, first, second)):
        return None

    def says(first: Said, second: Said) -> Any:
        def does(tried: Tried) -> bool:
            others = {one for n, one in enumerate(tried.said[:later]) if n != earlier}
            return (tried.said[earlier], tried.said[later]) == (first, second) and others <= {
                Said.NO
            }

        return does

    apart = ((Said.YES, Said.NO), (Said.NO, Said.YES)) if is_ordered else ()
    if any(prover.example(trial, says(*pair)) is None for pair in apart):
        return None
    return prover.example(trial, says(Said.YES, Said.YES))


def _read_the_same(prover: Prover, first: Edge, second: Edge) -> bool:
    graph = prover.graph
    return not set(graph.rule(first).paths).isdisjoint(graph.rule(second).paths)


def never_taken(drawing: Drawing) -> Iterator[Found]:
    """A way that no answers lead along, because none make it true or an earlier one always is."""
    prover = drawing.prover
    misspelt = {found.place.partition("/condition")[0] for found in unknown_choice(drawing)}
    for trial in prover.trials():
        if not trial.is_whole:
            continue
        for number, (place, _edge) in enumerate(trial.ways):
            said = [tried.said for tried in trial.tried]
            if any(Said.BROKEN in one for one in said):
                break  # told as values that cannot be compared
            sentence = _sentence(prover, trial, number)
            if place in misspelt:
                continue
            if not any(one[number] is Said.YES for one in said):
                yield Found(
                    f"{place}/condition",
                    f"“{sentence}” can never be true with the answers that there can be here.",
                    "Change the condition, or remove the way.",
                )
            elif not trial.takes_all and not any(
                one[number] is Said.YES and set(one[:number]) <= {Said.NO} for one in said
            ):
                yield Found(
                    place,
                    f"This way is never taken: whenever “{sentence}” is true, a way before it "
                    "is taken.",
                    "Move it up, narrow the one before it, or remove it.",
                )


# Words


def example_words(prover: Prover, answers: Answers) -> str:
    """ "amount is 1,000 and “Approved” is no"."""
    named = list(answers.items())[:MOST_NAMED]
    words = [
        f"{prover.known.name(path)} is {_value_words(prover, path, one)}" for path, one in named
    ]
    if len(answers) > MOST_NAMED:
        words.append(f"{len(answers) - MOST_NAMED} more values are as they may be")
    return listed(words) or "nothing else is known"


def _value_words(prover: Prover, path: str, value: Any) -> str:
    if value is MISSING:
        return "left empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return number_words(value)
    if isinstance(value, list):
        chosen = [_value_words(prover, "", one) for one in value]
        return " with ".join(chosen) if chosen else "nothing chosen"
    if isinstance(value, str) and (day := read_date(value)) is not None:
        return f"{day.day} {day:%B %Y}"
    if isinstance(value, str):
        return f"“{shortened(_title(prover, path, value), 60)}”"
    return "a group"


def _title(prover: Prover, path: str, value: str) -> str:
    """What people choose, where it is called otherwise."""
    choices: list[Choice] = [
        one for shape in prover.known.shapes(path) or () for one in shape.choices or ()
    ]
    return next((one.title for one in choices if one.value == value and one.title), value)


def _sentence(prover: Prover, trial: Trial, number: int) -> str:
    return describe(trial.ways[number][1].condition, _titles(prover, trial))


def _titles(prover: Prover, trial: Trial) -> Mapping[str, str]:
    """Titles of the values that the ways read, by path."""
    paths = trial.tried[0].answers if trial.tried else ()
    return {path: title for path in paths if (title := prover.known.title(path))}


def _after(drawing: Drawing, trial: Trial) -> str:
    if trial.source is None:
        return "At the start"
    if trial.after == After.TIMEOUT:
        return f"After {drawing.called(trial.source)} ran out of time"
    return f"After {drawing.called(trial.source)}"

"""The elements of an issue form: read, and found good or wrong, each with its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from definitions.documents import Document
from definitions.errors import Problem
from definitions.issue_forms.markdown import as_help
from definitions.linter import Severity
from definitions.nearest import did_you_mean
from definitions.schemas import JSON, pointer

KINDS = ("markdown", "input", "textarea", "dropdown", "checkboxes", "upload")
_CHOOSING = ("dropdown", "checkboxes")
#: Names that mean something, by kind.
_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "markdown": ("value",),
    "input": ("label", "description", "placeholder", "value"),
    "textarea": ("label", "description", "placeholder", "value", "render"),
    "dropdown": ("label", "description", "multiple", "options", "default"),
    "checkboxes": ("label", "description", "options"),
    "upload": ("label", "description"),
}
_VALIDATIONS = ("required", "accept")
_MEMBERS = ("type", "id", "attributes", "validations")
#: To a reader of YAML 1.1, such as GitHub's, these are true and false; ours keeps them as text.
_YES = {"true", "yes", "on", "y"}
_NO = {"false", "no", "off", "n"}
MOST_ELEMENTS = 500
MOST_OPTIONS = 1_000
LONGEST_LABEL = 1_000


@dataclass(frozen=True, slots=True)
class Option:
    """A choice; `required`: a box that must be ticked."""

    text: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """One entry of `body`. `place` is its pointer in the form; `key` the name of its answer."""

    kind: str
    place: str
    key: str = ""
    label: str = ""
    text: str = ""
    placeholder: str = ""
    value: str = ""
    render: str = ""
    accept: str = ""
    required: bool = False
    multiple: bool = False
    default: int | None = None
    options: tuple[Option, ...] = ()


@dataclass(slots=True)
class Look:
    """Reads parts of a form and notes what is wrong with them."""

    form: Document
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, rule: str, message: str, place: str, hint: str = "") -> None:
        self.problems.append(Problem(rule, message, place, hint, self.form.line_of(place)))

    def remark(self, message: str, place: str, hint: str = "") -> None:
        """Something that is left out, and stops nothing."""
        line, warning = self.form.line_of(place), Severity.WARNING
        self.problems.append(Problem("left-out", message, place, hint, line, warning))

    def group(self, value: JSON, place: str, what: str) -> dict[str, Any]:
        """A group, or an empty one where it is missing or wrong."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.wrong("wrong-type", f"{what} must be a group of names and values.", place)
        return {}

    def text(self, value: JSON, place: str, name: str, *, is_needed: bool = False) -> str:
        """Text as it was written: to a reader of YAML, `2.10` is a number."""
        if isinstance(value, dict | list):
            self.wrong("wrong-type", f"“{name}” must be text.", place, "Put it in quotes.")
            return ""
        if isinstance(value, str):
            found = value
        else:
            found = "" if value is None else self.form.written_at(place) or _as_text(value)
        if is_needed and not found.strip():
            self.wrong("missing", f"“{name}” is missing.", place)
        return found

    def yes_or_no(self, value: JSON, place: str, name: str) -> bool:
        if value is None or isinstance(value, bool):
            return bool(value)
        word = value.strip().casefold() if isinstance(value, str) else ""
        if word in _YES or word in _NO:
            return word in _YES
        self.wrong("wrong-type", f"“{name}” must be true or false.", place)
        return False

    def unknown(self, group: Mapping[str, Any], known: Sequence[str], place: str) -> None:
        for name in group:
            if name not in known:
                hint = did_you_mean(name, known)
                self.remark(f"“{name[:60]}” means nothing here.", f"{place}{pointer([name])}", hint)


def elements(look: Look, body: list[Any]) -> list[Element]:
    """The elements of a form, as far as they are good."""
    if len(body) > MOST_ELEMENTS:
        message = f"At most {MOST_ELEMENTS} elements; there are {len(body):,}."
        look.wrong("too-many", message, "/body")
        return []
    found = [_element(look, entry, f"/body/{number}") for number, entry in enumerate(body)]
    return _with_keys(look, [element for element in found if element is not None])


def _element(look: Look, entry: JSON, place: str) -> Element | None:
    if not isinstance(entry, dict):
        look.wrong("wrong-type", "An element is a group with a type.", place)
        return None
    kind = look.text(entry.get("type"), f"{place}/type", "type", is_needed=True)
    if kind and kind not in KINDS:
        hint = did_you_mean(kind, KINDS) or f"Possible are: {', '.join(KINDS)}."
        look.wrong("unknown-word", f"There is no element “{kind[:60]}”.", f"{place}/type", hint)
    if kind not in KINDS:
        return None
    look.unknown(entry, _MEMBERS, place)
    attributes = look.group(entry.get("attributes"), f"{place}/attributes", "“attributes”")
    look.unknown(attributes, _ATTRIBUTES[kind], f"{place}/attributes")
    if kind == "markdown":
        text = look.text(attributes.get("value"), f"{place}/attributes/value", "value")
        return Element(kind, place, text=text)
    if not isinstance(entry.get("attributes", {}), dict):
        return None
    return _question(look, kind, entry, attributes, place)


def _question(
    look: Look, kind: str, entry: Mapping[str, Any], attributes: Mapping[str, Any], place: str
) -> Element:
    inside = f"{place}/attributes"
    checks = look.group(entry.get("validations"), f"{place}/validations", "“validations”")
    look.unknown(checks, _VALIDATIONS, f"{place}/validations")
    must = look.yes_or_no(checks.get("required"), f"{place}/validations/required", "required")

    def text(name: str, *, is_needed: bool = False) -> str:
        return look.text(attributes.get(name), f"{inside}/{name}", name, is_needed=is_needed)

    options = _options(look, kind, attributes, inside) if kind in _CHOOSING else ()
    multiple = look.yes_or_no(attributes.get("multiple"), f"{inside}/multiple", "multiple")
    return Element(
        kind,
        place,
        key=_id(look, entry.get("id"), f"{place}/id"),
        label=_label(look, text("label", is_needed=True), f"{inside}/label"),
        text=as_help(text("description")),
        placeholder=text("placeholder") if kind in {"input", "textarea"} else "",
        value=text("value") if kind in {"input", "textarea"} else "",
        render=text("render") if kind == "textarea" else "",
        accept=look.text(checks.get("accept"), f"{place}/validations/accept", "accept"),
        required=must,
        multiple=multiple or kind == "checkboxes",
        default=_default(look, attributes, options, f"{inside}/default"),
        options=options,
    )


def _label(look: Look, label: str, place: str) -> str:
    label = " ".join(label.split())
    if len(label) > LONGEST_LABEL:
        message = f"A label has at most {LONGEST_LABEL:,} characters."
        look.wrong("text-too-long", message, place)
    return label


def _id(look: Look, value: JSON, place: str) -> str:
    key = look.text(value, place, "id").strip()
    plain = key.replace("-", "").replace("_", "")
    if key and not (plain.isascii() and plain.isalnum() and len(key) <= 80):
        message = "An id has letters, digits, “-” and “_” only, at most 80."
        look.wrong("bad-key", message, place)
        return ""
    return key


def _options(
    look: Look, kind: str, attributes: Mapping[str, Any], inside: str
) -> tuple[Option, ...]:
    given, place = attributes.get("options"), f"{inside}/options"
    if not isinstance(given, list) or not given:
        rule = "missing" if given in (None, []) else "wrong-type"
        look.wrong(rule, "“options” must be a list with at least one entry.", place)
        return ()
    if len(given) > MOST_OPTIONS:
        look.wrong(
            "too-many", f"At most {MOST_OPTIONS:,} options; there are {len(given):,}.", place
        )
        return ()
    found: dict[str, Option] = {}
    for number, entry in enumerate(given):
        where = f"{place}/{number}"
        option = _box(look, entry, where) if kind == "checkboxes" else _choice(look, entry, where)
        if option.text in found and option.text:
            look.wrong("duplicate-name", f"“{option.text[:60]}” is there twice.", where)
        found[option.text] = option
    return tuple(option for text, option in found.items() if text)


def _choice(look: Look, entry: JSON, place: str) -> Option:
    return Option(look.text(entry, place, "option", is_needed=True).strip())


def _box(look: Look, entry: JSON, place: str) -> Option:
    if not isinstance(entry, dict):
        look.wrong("wrong-type", "A box is a group with a label.", place, "Write - label: …")
        return Option("")
    look.unknown(entry, ("label", "required"), place)
    label = look.text(entry.get("label"), f"{place}/label", "label", is_needed=True).strip()
    required = look.yes_or_no(entry.get("required"), f"{place}/required", "required")
    return Option(label, required)


def _default(
    look: Look, attributes: Mapping[str, Any], options: Sequence[Option], place: str
) -> int | None:
    number = attributes.get("default")
    if number is None or not options:
        return None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(options):
        message = f"“default” is the number of an option, from 0 to {len(options) - 1}."
        look.wrong("wrong-value", message, place)
        return None
    return number


# Names of the answers


def _with_keys(look: Look, found: list[Element]) -> list[Element]:
    """Every question with the name of its answer: its id, else made of its label."""
    used = _given(look, found)
    named = []
    for number, element in enumerate(found, start=1):
        if element.kind != "markdown" and not element.key:
            key = _free(key_of(element.label) or f"question_{number}", used)
            used.add(key)
            element = replace(element, key=key)
        named.append(element)
    return named


def _given(look: Look, found: list[Element]) -> set[str]:
    used: set[str] = set()
    for element in found:
        if element.key in used:
            message = f"The id “{element.key}” is there twice."
            look.wrong("duplicate-key", message, f"{element.place}/id", "Give one another id.")
        used |= {element.key} - {""}
    return used


def _free(key: str, used: set[str]) -> str:
    return next(name for name in _numbered(key) if name not in used)


def _numbered(key: str) -> Iterator[str]:
    yield key
    number = 2
    while True:
        yield f"{key}_{number}"
        number += 1


def key_of(label: str, blank: str = "_", most: int = 60) -> str:
    """ "NetBox Version" -> "netbox_version"; letters of any script stay."""
    words = "".join(c if c.isalnum() else " " for c in label.casefold()).split()
    return blank.join(words)[:most].strip(blank)


def _as_text(value: JSON) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)

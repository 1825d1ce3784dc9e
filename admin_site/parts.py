"""The values that the parts of a page are drawn from (see templatetags/flower.py).

Views fill these; templates draw them. Every text is escaped when it is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from admin_site.statuses import Tone


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a tracker.

    `state` is "done", "now", "failed", "skip" or "todo"; `meta` is the small line under the title
    ("With Ana since Tue 14:10"); `mark` stands in its circle in place of its place in the list.
    """

    title: str
    state: str = "todo"
    meta: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of "Why this way?".

    `sentence` is the condition in plain words ("approved is yes"), empty for the default way;
    `read` says what was found ("approved was no"); `verdict` is the word on the right
    ("not true", "taken", "failed").
    """

    target: str
    sentence: str = ""
    read: str = ""
    verdict: str = ""
    taken: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline.

    `who` is a person (or a name); None means the system. `text` follows the name ("finished"), and
    `what` is set bold after it ("Check the request"). `body` is what a person wrote, shown as a
    bubble; `detail` is a grey second line; `note` marks a bubble only the team reads. `outcome` is
    the word for what was decided ("approved"); `told` are answers (`schema_forms.Told`);
    `files` came with a comment (`schema_forms.ShownFile`).
    """

    at: datetime
    text: str
    who: Any = None
    what: str = ""
    detail: str = ""
    body: str = ""
    note: bool = False
    failed: bool = False
    why: Sequence[Condition] = ()
    outcome: str = ""
    told: Sequence[Any] = ()
    files: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list that is read from left to right: when, what, for whom, in which state.

    `due` is drawn in front of the title, because it decides what is done first. `chip` is a
    `Status` or None; `action` is the label of a button that posts to `action_url`.
    """

    title: str
    href: str = ""
    meta: str = ""
    due: datetime | None = None
    show_due: bool = True
    who: str = ""
    chip: Any = None
    action: str = ""
    action_url: str = ""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows under one heading ("Due today")."""

    title: str
    rows: Sequence[Row]
    hot: bool = False


@dataclass(frozen=True, slots=True)
class Tab:
    """One saved view. `count` None draws no number; `hot` makes the number red."""

    title: str
    href: str
    count: int | str | None = None
    active: bool = False
    hot: bool = False


@dataclass(frozen=True, slots=True)
class Pill:
    """One filter, whose choices open under it. `value` is what was chosen, `clear` the address
    without it."""

    title: str
    value: str = ""
    clear: str = ""
    choices: Sequence[Tab] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """One thing to choose: icon, title, one line, and how long it usually takes."""

    title: str
    href: str
    text: str = ""
    icon: str = "description"
    meta: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of a site's navigation.

    `url` is an address or the name of one ("desk:index"). `query` narrows it ("state=archive") and
    takes part in deciding which entry is lit. `count` 0 or None draws no number. `covers` are
    further addresses: pages below them light the entry too.
    """

    title: str
    url: str
    icon: str = "circle"
    query: str = ""
    count: int | str | None = None
    hot: bool = False
    permission: str = ""
    covers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Entries under one heading; an empty title draws none."""

    title: str
    items: Sequence[NavItem] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Found:
    """One hit of a site's search."""

    title: str
    href: str
    meta: str = ""
    icon: str = "arrow_forward"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a key-value list. `tone` colours the value ("danger")."""

    label: str
    value: Any
    tone: Tone | str = Tone.GREY
    number: bool = False

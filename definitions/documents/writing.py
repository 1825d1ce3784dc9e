"""Documents as text that `read_text` reads back to the same value."""

import json
import re
from typing import Any

import yaml

from definitions.schemas import JSON


class _Dumper(yaml.SafeDumper):
    """Quotes what our reader would take for a number, too (`1e3` is text to YAML 1.1)."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, False)


_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"),
    list("-0123456789"),
)


#: Line breaks to YAML 1.1, characters to everybody else; only double quotes keep them.
_BREAKS = re.compile("[\x85\u2028\u2029]")


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    style = '"' if _BREAKS.search(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def to_json(value: JSON) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def to_yaml(value: JSON) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )
    return text

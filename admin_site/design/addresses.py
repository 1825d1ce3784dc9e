"""Keys of steps in addresses."""

#: Stands where the key of a step would stand.
NEW = "new"


class StepKey:
    """A key may hold a slash, and may be the word that makes a new step."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """
        Raises:
            ValueError: no key is written like this.
        """
        if value == NEW:
            raise ValueError(value)
        return value.replace("~2", "").replace("~1", "/").replace("~0", "~")

    def to_url(self, value: str) -> str:
        written = str(value).replace("~", "~0").replace("/", "~1")
        return f"~2{written}" if written == NEW else written

"""What can go wrong with an expression, said in French to the person who wrote it."""


class FeelError(Exception):
    """An expression cannot be read, or cannot give an answer."""

    def __init__(self, message: str, position: int | None = None, source: str = "") -> None:
        """Keep the French sentence, and the character (from 0) where the trouble starts."""
        super().__init__(message)
        self.message = message
        self.position = position
        self.source = source

    def __str__(self) -> str:
        if self.position is None:
            return self.message
        return f"{self.message} ({place(self.source, self.position)})"


class FeelSyntaxError(FeelError):
    """The text is not an expression; `position` says where reading stopped.

    `line` and `column` start at 1.
    """

    position: int

    def __init__(self, message: str, position: int, source: str = "") -> None:
        super().__init__(message, position, source)

    @property
    def line(self) -> int:
        """The line where reading stopped."""
        return self.source.count("\n", 0, self.position) + 1

    @property
    def column(self) -> int:
        """The character of that line."""
        return self.position - self.source.rfind("\n", 0, self.position)


class FeelRuntimeError(FeelError):
    """The expression is well written, but these data allow no answer."""


class FeelLimitExceeded(FeelError):
    """The expression, its work or its result is larger than we accept."""


class Undefined(Exception):
    """Inside the language only: this operation gives null, and the message says why."""


def place(source: str, position: int) -> str:
    """Where a character is, in words; with the line when the text has several."""
    if "\n" not in source:
        return f"caractère {position + 1}"
    spot = FeelSyntaxError("", position, source)
    return f"ligne {spot.line}, caractère {spot.column}"

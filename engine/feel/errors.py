"""What can go wrong with an expression, said in French to the person who wrote it."""


class FeelError(Exception):
    """An expression cannot be read, or cannot give an answer."""

    def __init__(self, message: str, position: int | None = None) -> None:
        """Keep the French sentence, and the character (from 0) where the trouble starts."""
        super().__init__(message)
        self.message = message
        self.position = position

    def __str__(self) -> str:
        if self.position is None:
            return self.message
        return f"{self.message} (caractère {self.position + 1})"


class FeelSyntaxError(FeelError):
    """The text is not an expression; `position` says where reading stopped."""

    position: int

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message, position)


class FeelRuntimeError(FeelError):
    """The expression is well written, but these data allow no answer."""


class FeelLimitExceeded(FeelError):
    """The expression, its work or its result is larger than we accept."""


class Undefined(Exception):
    """Inside the language only: this operation gives null, and the message says why."""

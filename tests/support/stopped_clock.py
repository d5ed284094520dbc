"""A clock that stands still until a test sets it."""


class StoppedClock:
    """Called, it gives `now`, in seconds."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now

"""The command `kb`."""


def main() -> None:
    """Nothing yet."""

"""Characters that change the direction of the text after them."""

_TURNING = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def without_direction_changes(text: str) -> str:
    """A text that leaves the direction of the words around it as it is."""
    return text.translate(_TURNING)

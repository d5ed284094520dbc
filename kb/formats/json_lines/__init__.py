"""JSON Lines, our own format: one item a line, with every key, in a fixed order.

`read_json_lines` reads exactly what `json_line_of` writes.
"""

JSON_LINES = "jsonl"
"""The name of the format, for imports and exports."""

"""Tags: counts, changes, similar tags, autocomplete, suggestions."""

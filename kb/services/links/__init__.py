"""The links of items: their status and the list of dead ones."""

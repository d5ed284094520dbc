"""Parse the query text of a user, and write a query tree back as text.

The parser knows words and operators; the `Syntax` of the caller says which fields exist.
"""

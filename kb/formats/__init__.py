"""Import and export formats of items, one file for each; `IMPORT_FORMATS`, `EXPORT_FORMATS` and
`SKOS_FORMATS` list them.

This package does not use the store.
"""

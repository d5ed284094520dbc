"""Import and export formats of items, a folder for each; `IMPORT_FORMATS` and `EXPORT_FORMATS` list them.

`shared` has what several of them use.

This package does not use the store.
"""

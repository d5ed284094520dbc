"""Import and export formats of items, one file for each; `import_formats` lists those that are read.

This package does not use the store.
"""

"""Readers of import formats of items, one file for each format or family; `IMPORT_FORMATS` lists them."""

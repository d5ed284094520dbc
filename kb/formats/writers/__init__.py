"""Writers of items, one file for each format; `kb.formats.export_formats` lists them.

Each yields its file in pieces, and holds one item in memory at a time.
"""

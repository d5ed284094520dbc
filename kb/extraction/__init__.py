"""Extract facts from web pages and documents of others, in subprocesses (`kb.sandbox.sandboxed_process`).

Other packages may import only `extraction_process`, `charsets` and `publication_date_parsing`: the other modules import
large libraries.
"""

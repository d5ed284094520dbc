"""The names of Whoosh 2.7.4 that the engine uses, imported in this one place.

Whoosh is old Python, and its first compilation prints syntax warnings that we cannot fix; they are silenced here and
nowhere else. mypy does not know Whoosh's types: they are Any, and do not leave this package.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh.analysis import IDAnalyzer
    from whoosh.codec.base import Codec, PerDocumentReader, TermsReader
    from whoosh.codec.whoosh3 import W3Segment
    from whoosh.fields import FieldType
    from whoosh.fields import Schema as WhooshSchema
    from whoosh.filedb.filestore import FileStorage
    from whoosh.filedb.structfile import StructFile
    from whoosh.formats import Format
    from whoosh.index import TOC, FileIndex, LockError
    from whoosh.matching import ListMatcher
    from whoosh.reading import TermInfo, TermNotFound
    from whoosh.writing import SegmentWriter

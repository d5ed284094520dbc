"""Files of a segment: arrays, postings, columns, term dictionary, cache, locks."""

"""Files of items, in and out: one file per format, `formats` knows them all. Nothing here knows the store."""

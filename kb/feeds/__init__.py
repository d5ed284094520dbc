"""Feeds and lists of feeds: values in, the same bytes out, whoever asks and whenever."""

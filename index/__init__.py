"""A search engine: documents and fields. It has never heard of people, groups or pages."""

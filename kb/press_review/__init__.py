"""A press review, written as HTML, Markdown, plain text or a letter. Values in, text out."""

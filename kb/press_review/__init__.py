"""Write a press review as HTML, Markdown, plain text or an e-mail message. Values in, text out."""

"""Forms: checks of a sent form, the form shown again, redirects with a flash message."""

"""Reports of the activity of a group or of the whole site."""

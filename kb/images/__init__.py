"""Images that users upload: read in a sandbox, and written again by this program."""

"""One file for each family of commands of `kb`."""

"""Groups: settings, members, invitations, author links, languages."""

"""Rights asked again at use: invitations, and names and facts shown beside a person's own words."""

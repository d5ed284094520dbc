"""What moderators see and do: reports, hidden content, the trash, the audit log."""

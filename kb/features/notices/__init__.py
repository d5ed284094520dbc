"""Notices: what others did that concerns a user, what waits for the user's decision, and mails about both."""

from kb.feature import Feature

FEATURE = Feature(
    __name__,
    web_module="routes",
    store_module="records",
    tasks_module="tasks",
    messages_module="mails",
)

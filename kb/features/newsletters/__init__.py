"""Newsletters of groups: issues made from lists, sent by e-mail, with an archive."""

from kb.feature import Feature, FeatureCommand

FEATURE = Feature(
    __name__,
    web_module="routes",
    store_module="records",
    tasks_module="tasks",
    messages_module="messages",
    commands=(FeatureCommand("letter", "commands.letter", "Send newsletters."),),
)

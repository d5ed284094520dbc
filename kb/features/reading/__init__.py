"""Reading view: the kept text of an item's page or file, to read and to mark in place."""

from kb.feature import Feature, FeatureCommand

FEATURE = Feature(
    __name__,
    web_module="routes",
    store_module="records",
    tasks_module="tasks",
    settings_module="settings",
    commands=(
        FeatureCommand("passages", "commands.passages", "Find out whether the text under passages has changed."),
    ),
)

"""Following: what is new in searches that people follow, on the site and by e-mail."""

from kb.feature import Feature, FeatureCommand

FEATURE = Feature(
    __name__,
    web_module="routes",
    store_module="records",
    tasks_module="tasks",
    messages_module="digest_messages",
    commands=(FeatureCommand("digest", "digest_command.digest", "Send what is new in followed searches by e-mail."),),
)

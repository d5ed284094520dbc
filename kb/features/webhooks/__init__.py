"""Webhooks: messages to other sites, such as team chats, about the new items and passages of a group."""

from kb.feature import Feature

FEATURE = Feature(__name__, web_module="routes", store_module="records", tasks_module="tasks")

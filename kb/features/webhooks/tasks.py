"""What the background process does for webhooks."""

from kb.errors import translatable
from kb.features.webhooks.delivery_task import deliver_until_stopped
from kb.services.background.background_tasks import BackgroundTask

TASKS = (BackgroundTask("webhooks", translatable("messages of webhooks"), deliver_until_stopped),)

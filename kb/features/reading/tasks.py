"""What the background process does for texts and passages."""

from kb.errors import translatable
from kb.features.reading.anchor_task import anchor_until_stopped
from kb.features.reading.page_check import check_pages_until_stopped
from kb.services.background.background_tasks import BackgroundTask

TASKS = (
    BackgroundTask("passages", translatable("places of passages"), anchor_until_stopped),
    BackgroundTask("page checks", translatable("pages with passages, read again"), check_pages_until_stopped),
)

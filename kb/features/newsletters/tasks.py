"""What the background process does for newsletters."""

from kb.errors import translatable
from kb.features.newsletters.sending import send_issues_until_stopped
from kb.services.background.background_tasks import BackgroundTask

TASKS = (BackgroundTask("newsletters", translatable("issues of newsletters"), send_issues_until_stopped),)

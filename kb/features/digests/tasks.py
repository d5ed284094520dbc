"""What the background process does for digests."""

from kb.errors import translatable
from kb.features.digests.digest_sending import send_digests_until_stopped
from kb.services.background.background_tasks import BackgroundTask

TASKS = (BackgroundTask("digests", translatable("digests by e-mail"), send_digests_until_stopped),)

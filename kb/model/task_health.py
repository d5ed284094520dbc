"""The state of a background task: its process writes it, the others read it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class TaskState:
    """The state of a task. `label` names it for administrators, in English.

    Times are texts in RFC 3339; `error` is the type of the last error, without its message. `failing_since` is the
    first failure of the present series; at `healthy_at` the task counts as recovered, unless it fails again before.
    `is_off`: the settings leave it nothing to do.
    """

    name: str
    error: str | None = None
    failing_since: str | None = None
    healthy_at: str | None = None
    is_off: bool = False
    label: str = ""

    @property
    def is_restarting(self) -> bool:
        """Whether it failed a short time ago: it waits for its restart, or has restarted and is not yet recovered."""
        return self.error is not None

    def at(self, now: str) -> "TaskState":
        """The state at a time: a failure from which the task has recovered is dropped."""
        if self.healthy_at is None or now < self.healthy_at:
            return self
        return replace(self, error=None, failing_since=None, healthy_at=None)


@dataclass(frozen=True, slots=True)
class BackgroundState:
    """All tasks of the process that runs them; none if no process runs."""

    is_running: bool
    tasks: tuple[TaskState, ...] = ()

    @property
    def failing(self) -> tuple[TaskState, ...]:
        """The tasks that do not run well."""
        return tuple(task for task in self.tasks if task.is_restarting)

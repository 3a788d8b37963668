"""What people read while the horde works. Never the prompt: others may read it, too."""

from core.domain.requests import RequestStatus


def waiting_text(status: RequestStatus) -> str:
    """How far a request is."""
    if status.progress:
        now = status.progress[0]
        steps = f", step {now.step} of {now.steps}" if now.steps else ""
        return f"{now.worker_name} is making it{steps}."
    if status.waiting:
        place = f"Number {status.queue_position} in the queue, about {status.wait_time_s} s to wait."
        return place if status.is_possible else f"{place} No worker that is here now can make it."
    return "It is about to be finished."


def withdrawn() -> str:
    """The request was cancelled while its author watched it."""
    return "Cancelled."

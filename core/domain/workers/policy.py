"""The numbers that workers and teams are held to, as one frozen value."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPolicy:
    """Every number of workers and teams. Times in seconds, lengths in characters.

    Sources: the AI Horde API's documented limits, unless an ADR says otherwise.
    """

    per_owner: int = 3
    """Workers of one account; its own ``workers_max`` or an invitation for more comes before."""
    per_trusted_owner: int = 20
    invite_only: bool = False
    """No new workers but those of people who were invited to have some."""
    name_chars_max: int = 100
    about_chars_max: int = 1_000
    bridge_agent_chars_max: int = 1_000
    model_chars_max: int = 255
    models_image_max: int = 300
    models_text_max: int = 200
    softprompts_max: int = 100
    blacklist_max: int = 200
    blacklist_chars_max: int = 15
    threads_max: int = 50
    threads_alchemy_max: int = 100
    pixels_min: int = 64 * 64
    pixels_max: int = 2**31
    pixels_extreme: int = 16_777_216
    """What no known card makes (max_power 512 of the public worker); more raises a suspicion, not an error."""
    text_length_min: int = 16
    text_context_min: int = 80
    text_tokens_max: int = 1_048_576
    tiles_max: int = 256
    aborts_max: int = 20
    """Jobs that a worker may give up or let lapse in an hour before it is put into maintenance."""
    aborts_alchemy_max: int = 100
    suspicions_max: int | None = 5
    """Suspicions that pause a worker; None holds nothing against anyone."""
    message_chars_max: int = 10_240
    message_hours_max: int = 720
    message_hours: int = 12
    messages_kept_s: int = 30 * 24 * 3_600
    """How long a message can still be listed after its time."""
    team_name_chars_min: int = 3
    team_name_chars_max: int = 100
    team_about_chars_max: int = 1_000
    team_mates_max: int = 50
    team_mate_s: int = 24 * 3_600
    """Whose worker in the team was seen within this time is a team mate."""

"""The queue's limits and settings as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.domain.kudos.policy import KudosPolicy
from core.domain.workers.policy import WorkerPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePolicy:
    """Every number that the queue goes by. Times in seconds, sizes in pixels, kudos in millikudos.

    model_aliases: name that clients use -> model that serves it while no worker serves the name itself.
    known_models: None accepts any name.
    """

    weight_max_s: int = 300
    """H of design.md section 6."""
    weight_half_mk: int = 1_000_000
    """K: the kudos at which half of H is reached."""
    guest_handicap_mk: int = 500_000
    request_lifetime_s: int = 1_200
    lease_reporting_s: int = 20
    lease_base_s: int = 30
    lease_min_s: int = 150
    lease_text_s: int = 150
    lease_alchemy_s: int = 180
    tries_max: int = 3
    waiting_max: int = 30
    waiting_anonymous_max: int = 500
    waiting_education_max: int = 200
    n_max: int = 20
    size_min_px: int = 64
    size_max_px: int = 3_072
    size_step_px: int = 64
    steps_max: int = 500
    prompt_chars_max: int = 7_500
    text_prompt_chars_max: int = 400_000
    worker_ids_max: int = 5
    loras_max: int = 5
    tis_max: int = 20
    extra_sources_max: int = 5
    text_length_max: int = 4_096
    text_context_max: int = 1_048_576
    forms_max: int = 24
    tiles_max: int = 255
    waiting_alchemy_factor: int = 10
    """So many times more forms than pictures or texts may wait."""
    post_processing_max: int = 8
    extra_bytes_max: int = 16_384
    scan_max: int = 64
    """Candidates a lane that a pop looks at where a condition is not the lane's."""
    priority_max: int = 50
    """People that a worker may name to be served first."""
    online_s: int = 300
    fee_per_mille: int = 0
    tax_job_mk: int = 0
    """What each job pays to the treasury on top of its work."""
    default_models: tuple[str, ...] = ()
    model_aliases: Mapping[str, str] = field(default_factory=dict)
    known_models: frozenset[str] | None = None
    model_sizes_px: Mapping[str, int] = field(default_factory=dict)
    """The longest side that a model makes; one that is not named here is bound by ``size_max_px`` alone."""
    model_baselines: Mapping[str, str] = field(default_factory=dict)
    """The family of a picture model (stable_diffusion_xl, flux_1 …); one that is not named costs the plain price."""
    model_params_b: Mapping[str, float] = field(default_factory=dict)
    """A text model's billions of parameters, where its name does not say them."""
    events_kept_s: int = 7 * 24 * 3_600
    requests_kept_s: int = 30 * 24 * 3_600
    """How long a request is kept after its end, with its jobs, leases and results; never shorter than its events."""
    incidents_kept_s: int = 365 * 24 * 3_600
    readers_kept_s: int = 60 * 24 * 3_600
    """A reader of events that stood still for so long is given up, so that events can be deleted again."""
    kudos: KudosPolicy = field(default_factory=KudosPolicy)
    """Trust, escrow, grants and shared keys."""
    workers: WorkerPolicy = field(default_factory=WorkerPolicy)
    """What workers and teams are held to."""

    def __post_init__(self) -> None:
        """Refuse a life so short that the order's guarantee (a request lives at least 4 H) would not hold."""
        if self.request_lifetime_s < 4 * self.weight_max_s:
            message = (
                f"request_lifetime_s is {self.request_lifetime_s}, but a request must live at least four times "
                f"weight_max_s ({4 * self.weight_max_s} s); raise the one or lower the other."
            )
            raise ValueError(message)

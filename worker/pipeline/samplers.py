"""The horde's names of samplers as diffusers schedulers."""

import inspect
from typing import Any

from worker.pipeline.sdk import Scheduler

DEFAULT_SAMPLER = "k_euler"
# name -> (class in diffusers, options beside the model's own scheduler configuration)
SAMPLERS: dict[str, tuple[str, dict[str, Any]]] = {
    "k_euler": ("EulerDiscreteScheduler", {}),
    "k_euler_a": ("EulerAncestralDiscreteScheduler", {}),
    "k_lms": ("LMSDiscreteScheduler", {}),
    "k_heun": ("HeunDiscreteScheduler", {}),
    "k_dpm_2": ("KDPM2DiscreteScheduler", {}),
    "k_dpm_2_a": ("KDPM2AncestralDiscreteScheduler", {}),
    "k_dpmpp_2m": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++", "solver_order": 2}),
    "dpmsolver": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++", "solver_order": 2}),
    # The non-ancestral 2S: diffusers has no ancestral one.
    "k_dpmpp_2s_a": ("DPMSolverSinglestepScheduler", {"algorithm_type": "dpmsolver++", "solver_order": 2}),
    "k_dpmpp_sde": (
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "sde-dpmsolver++", "solver_order": 2},
    ),
    "k_dpm_fast": ("DPMSolverSinglestepScheduler", {"algorithm_type": "dpmsolver++", "solver_order": 3}),
    # An adaptive step count has no place in a priced step count: the multistep solver stands in.
    "k_dpm_adaptive": ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver++", "solver_order": 2}),
    "lcm": ("LCMScheduler", {}),
    "ddim": ("DDIMScheduler", {}),
    # bh1 divides infinity by infinity at a last sigma of zero.
    "uni_pc": ("UniPCMultistepScheduler", {"solver_type": "bh1", "final_sigmas_type": "sigma_min"}),
    "uni_pc_bh2": ("UniPCMultistepScheduler", {"solver_type": "bh2"}),
    "plms": ("PNDMScheduler", {"skip_prk_steps": True}),
}
# Methods of second order ask the denoiser twice a step: 2n - 1 calls.
TWICE_A_STEP = frozenset({"k_heun", "k_dpm_2", "k_dpm_2_a"})


def known_sampler(name: str) -> str:
    """The sampler's name as this worker writes it; an unknown one becomes the default."""
    return name.lower() if name.lower() in SAMPLERS else DEFAULT_SAMPLER


def denoiser_calls(sampler: str, steps: int) -> int:
    """How often a picture of `steps` steps runs the denoiser."""
    return 2 * steps - 1 if known_sampler(sampler) in TWICE_A_STEP else steps


def scheduler_for(own: Scheduler, *, sampler: str, karras: bool) -> Scheduler:
    """A fresh scheduler for one picture, configured as the model's own one (`own`, untouched).

    A model that is not of the Stable Diffusion kind (flow matching) keeps its own scheduler's class.
    """
    import diffusers

    if not hasattr(own, "alphas_cumprod"):
        return own.from_config(own.config)
    class_name, options = SAMPLERS[known_sampler(sampler)]
    scheduler_class = getattr(diffusers, class_name)
    options = dict(options)
    if "use_karras_sigmas" in inspect.signature(scheduler_class.__init__).parameters:
        options["use_karras_sigmas"] = karras
    return scheduler_class.from_config(own.config, **options)

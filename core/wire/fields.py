"""The value ranges and closed word lists of v2 messages, named once because messages share them."""

from typing import Annotated, Literal

from msgspec import Meta

Kudos = int | float
"""Kudos as shown: an int where the amount is whole, because strict clients refuse 10.0 as well as 10.5."""

Side = Annotated[int, Meta(ge=64, le=3072, multiple_of=64)]
Steps = Annotated[int, Meta(ge=1, le=500)]
Images = Annotated[int, Meta(ge=1, le=20)]
CfgScale = Annotated[float, Meta(ge=0, le=100)]
Strength = Annotated[float, Meta(ge=0.01, le=1.0)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
ClipSkip = Annotated[int, Meta(ge=1, le=12)]
SeedVariation = Annotated[int, Meta(ge=1, le=1000)]
Threads = Annotated[int, Meta(ge=1, le=50)]
Seed = int | str

Prompt = Annotated[str, Meta(min_length=1)]
ModelName = Annotated[str, Meta(min_length=1, max_length=255)]
WorkerName = Annotated[str, Meta(min_length=1, max_length=100)]
BridgeAgent = Annotated[str, Meta(max_length=1000)]
Word = Annotated[str, Meta(max_length=500)]
Reference = Annotated[str, Meta(max_length=255)]
Webhook = Annotated[str, Meta(max_length=1024)]
StyleName = Annotated[str, Meta(max_length=1024)]
Source = Annotated[str, Meta(description="An https address, or the picture as base64.")]
Id = Annotated[str, Meta(min_length=1, max_length=100)]

Models = Annotated[tuple[ModelName, ...], Meta(max_length=300)]
Workers = Annotated[tuple[Word, ...], Meta(max_length=5)]
Blacklist = Annotated[tuple[Word, ...], Meta(max_length=200)]
Usernames = Annotated[tuple[Word, ...], Meta(max_length=100)]

Sampler = Literal[
    "DDIM",
    "dpmsolver",
    "k_dpm_2",
    "k_dpm_2_a",
    "k_dpm_adaptive",
    "k_dpm_fast",
    "k_dpmpp_2m",
    "k_dpmpp_2s_a",
    "k_dpmpp_sde",
    "k_euler",
    "k_euler_a",
    "k_heun",
    "k_lms",
    "lcm",
]
PostProcessor = Literal[
    "2xModernSpanimationV1",
    "4xLSDIRplus",
    "4xNomos2_hq_dat2",
    "4xNomos2_realplksr_dysample",
    "4xNomos8kSC",
    "4xNomosWebPhoto_RealPLKSR",
    "4x_AnimeSharp",
    "CodeFormers",
    "GFPGAN",
    "GFPGANv1.3",
    "NMKD_Siax",
    "RealESRGAN_x2plus",
    "RealESRGAN_x4plus",
    "RealESRGAN_x4plus_anime_6B",
    "RestoreFormer",
    "strip_background",
]
FormName = Literal[
    "aesthetic",
    "caption",
    "describe",
    "interrogation",
    "nsfw",
    "palette",
    "vectorize",
    PostProcessor,
]
ControlType = Literal["canny", "hed", "depth", "normal", "openpose", "seg", "scribble", "fakescribbles", "hough"]
SourceProcessing = Literal["img2img", "inpainting", "outpainting", "remix"]
PostProcessors = Annotated[tuple[PostProcessor, ...], Meta(max_length=16)]
Workflow = Literal["qr_code"]
ImageState = Literal["ok", "censored", "csam"]
TextState = Literal["ok", "censored", "csam"]
LoraStrength = Annotated[float, Meta(ge=-5, le=5)]
MetadataType = Literal[
    "lora",
    "ti",
    "censorship",
    "source_image",
    "source_mask",
    "extra_source_images",
    "batch_index",
    "information",
    "aesthetic_score",
]
MetadataValue = Literal["download_failed", "parse_failed", "baseline_mismatch", "csam", "nsfw", "see_ref"]
SubmitState = Literal["ok", "censored", "faulted", "csam"]

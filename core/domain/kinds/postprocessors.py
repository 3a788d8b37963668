"""The post-processors (names of the AI Horde API v2): a step after a picture, or an alchemy form of its own."""

from typing import Final

UPSCALERS: Final = frozenset(
    {
        "RealESRGAN_x4plus",
        "RealESRGAN_x2plus",
        "RealESRGAN_x4plus_anime_6B",
        "NMKD_Siax",
        "4x_AnimeSharp",
        "4xNomos8kSC",
        "4xLSDIRplus",
        "4xNomosWebPhoto_RealPLKSR",
        "4xNomos2_realplksr_dysample",
        "4xNomos2_hq_dat2",
        "2xModernSpanimationV1",
    }
)
FACE_FIXERS: Final = frozenset({"GFPGAN", "GFPGANv1.3", "CodeFormers", "RestoreFormer"})
POST_PROCESSORS: Final = UPSCALERS | FACE_FIXERS | {"strip_background"}

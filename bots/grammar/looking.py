"""What is asked of a picture that is there: read it, or change it; and the words that point at one."""

import re
from typing import Final

POLITE: Final = r"(?:(?:please|pls|plz|hey|hi|hello|ok|okay|so|now|kindly|(?:can|could|would|will)\s+you)\b[\s,!:]*)*"
_NOUN = (
    r"(?:picture|image|photo|photograph|pic|drawing|painting|sketch|artwork|selfie|portrait|screenshot|meme|post|one)s?"
)
_WHOSE = r"(?:this|that|these|those|the|it|my|our|his|her|their|its|attached|above|last|parent|first|same)"
_THIS = rf"(?:(?:{_WHOSE}\s+)*{_NOUN}|{_WHOSE}|me)"
_FOR = r"(?:\s+(?:for|to)\s+(?:me|us|everyone))?"
_END = rf"{_FOR}(?:\s+(?:please|above|here|thanks|thank\s+you|now))*\s*[.!?]*"
_WHICH = rf"(?:\s+{_THIS})?"
_NAMED = rf"\s+(?:{_WHOSE}\s+)+{_NOUN}\b.*"
"""A picture that is spoken of as such: what is said after it does not make it another order."""

_READ: Final = ("caption", "describe")
_DESCRIBE: Final = ("describe", "caption")
_LARGER: Final = ("RealESRGAN_x4plus", "NMKD_Siax", "4x_AnimeSharp", "RealESRGAN_x4plus_anime_6B", "RealESRGAN_x2plus")
_TWICE: Final = ("RealESRGAN_x2plus", "2xModernSpanimationV1", *_LARGER[:4])
_FACES: Final = ("GFPGAN", "CodeFormers", "GFPGANv1.3", "RestoreFormer")

_PATTERNS: Final = tuple(
    (re.compile(f"{POLITE}(?:{pattern})", re.IGNORECASE | re.DOTALL), forms)
    for pattern, forms in (
        (rf"(?:read|caption){_FOR}(?:{_WHICH}{_END}|{_NAMED})", _READ),
        (rf"(?:describe|explain){_FOR}(?:{_WHICH}{_END}|{_NAMED})", _DESCRIBE),
        (rf"(?:what(?:\s+is|['’]?s)|who(?:\s+is|['’]?s))\s+(?:in|on)(?:\s+{_THIS}|\s+here){_END}", _READ),
        (rf"what\s+(?:do|can)\s+you\s+see(?:\s+(?:in|on)\s+{_THIS}|\s+here)?{_END}", _READ),
        (rf"(?:write\s+|give\s+me\s+)?(?:an?\s+|the\s+)?alt[\s-]?text(?:\s+(?:for|of)\s+{_THIS})?{_END}", _READ),
        (rf"(?:interrogate|tag){_WHICH}{_END}", ("interrogation",)),
        (rf"(?:(?:nsfw|sfw)\s+check|check\s+(?:nsfw|sfw)){_END}", ("nsfw",)),
        (rf"is\s+{_THIS}\s+(?:nsfw|sfw|safe(?:\s+for\s+work)?){_END}", ("nsfw",)),
        (rf"(?:upscale|enlarge){_FOR}{_WHICH}\s+(?:by\s+|to\s+)?(?:2\s*x|x\s*2|twice){_END}", _TWICE),
        (rf"(?:upscale|enlarge){_FOR}{_WHICH}(?:\s+(?:by\s+|to\s+)?(?:4\s*x|x\s*4))?{_END}", _LARGER),
        (rf"(?:fix|restore|repair)\s+(?:{_WHOSE}\s+)*faces?(?:\s+(?:in|on)\s+{_THIS})?{_END}", _FACES),
        (
            rf"(?:remove|strip|cut\s+out)\s+(?:{_WHOSE}\s+)*background(?:\s+(?:in|on|of|from)\s+{_THIS})?{_END}",
            ("strip_background",),
        ),
    )
)  # fmt: skip
_POINTS = re.compile(
    rf"(?:(?:(?:this|that|the|my|our|attached|above|last|same)\s+)+{_NOUN}\b|(?:this|that|it)\b(?=\s*(?:$|[\n;,]|(?:again|as|like|into"
    r"|in|with|without|but|on|from)\b)))\s*(?:again\b\s*)?(?:(?:as|like|into)\b\s*)?[,:]?\s*",
    re.IGNORECASE,
)


def forms_asked(said: str) -> tuple[str, ...]:
    """Returns the forms of which one is asked for, the best first; none where the text is something else."""
    return next((forms for pattern, forms in _PATTERNS if pattern.fullmatch(said)), ())


def pointing(words: str) -> int:
    """Returns how many characters at the beginning only point at a picture ("this photo as")."""
    found = _POINTS.match(words)
    return found.end() if found else 0

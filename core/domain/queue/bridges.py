"""Bridges: which worker programs can be trusted with every parameter, and which text backends are validated."""

from typing import Final

MODERN: Final = frozenset({"AI Horde Worker reGen", "Horde Suite worker"})
"""Worker programs that know every parameter of the API v2 (or refuse what they do not)."""

VALIDATED_BACKENDS: Final = frozenset(
    {
        "AI Horde Worker",
        "AI Horde Worker~aphrodite~oai",
        "AI Horde Worker~aphrodite~kai",
        "KoboldCppEmbedWorker",
        "TabbyAPI",
    }
)
"""Text backends whose output the AI Horde takes as it is (AI Horde, validated backends)."""


def bridge_name(bridge_agent: str) -> str:
    """Return the program's name of a ``name:version:url``."""
    return bridge_agent.partition(":")[0].strip()


def is_modern(bridge_agent: str) -> bool:
    """Tell whether the program knows every parameter of the API v2."""
    return bridge_name(bridge_agent) in MODERN


def is_validated(bridge_agent: str) -> bool:
    """Tell whether the program is a validated text backend."""
    return bridge_name(bridge_agent) in VALIDATED_BACKENDS

"""What goes wrong on order: for calls to one path, the next n times or until it is taken back."""

from __future__ import annotations

from dataclasses import dataclass, field

PATIENCE_S = 30.0
"""So long a call hangs unless its caller gives up before."""


@dataclass
class Fault:
    """One kind of trouble. what: accept-then-503, accept-then-drop, accept-then-hang, drop, hang, 429, or a status.

    error: a code and a message that Reddit answers within a 200, as RATELIMIT; times: how often, None for ever.
    """

    path: str | tuple[str, ...]
    what: str = ""
    error: tuple[str, str] | None = None
    times: int | None = 1
    wait_s: float = 2

    @property
    def accepts(self) -> bool:
        """Whether the call does its work before it goes wrong."""
        return self.what.startswith("accept-then-")

    @property
    def end(self) -> str:
        """How the call ends: 503, drop, hang, 429 or another status."""
        return self.what.removeprefix("accept-then-")


@dataclass
class Faults:
    """The faults that are on order, first come, first served."""

    waiting: list[Fault] = field(default_factory=list)

    def order(self, path: str | tuple[str, ...], what: str = "", **more: object) -> Fault:
        """The next calls whose path begins so go wrong; an empty path is every call."""
        fault = Fault(path=path, what=what, **more)  # type: ignore[arg-type]  # the fields of a fault
        self.waiting.append(fault)
        return fault

    def heal(self) -> None:
        """Nothing goes wrong any more."""
        self.waiting.clear()

    def take(self, path: str) -> Fault | None:
        """Returns the fault that this call meets."""
        for fault in self.waiting:
            if path.startswith(fault.path):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.waiting.remove(fault)
                return fault
        return None

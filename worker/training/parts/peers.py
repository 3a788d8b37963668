"""Lets several one-thread processes train one network: on busy cores far faster than one process of many threads."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import distributed, nn


class Peers:
    """The processes that train together; by itself a process is its only peer.

    Args:
        rank: this process's number from 0; 0 keeps the clock, the checkpoints and the log.
        count: how many processes there are.
        meeting: a file on which they find each other; must not exist before.
    """

    def __init__(self, rank: int = 0, count: int = 1, meeting: Path | None = None) -> None:
        self.rank = rank
        self.count = count
        if count > 1 and meeting is not None:
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
            distributed.init_process_group(
                "gloo", init_method=f"file://{meeting.resolve()}", rank=rank, world_size=count
            )

    @property
    def leads(self) -> bool:
        """Whether this is the process that saves and reports."""
        return self.rank == 0

    def share(self, network: nn.Module) -> None:
        """Gives every peer the leader's weights."""
        if self.count > 1:
            for value in network.state_dict().values():
                distributed.broadcast(value, src=0)

    def average(self, network: nn.Module, rate: float, share: float) -> tuple[float, float]:
        """Puts the mean of all peers' gradients into the network; returns the leader's rate and share for all.

        Clocks differ, so only the leader's count: with any difference the copies of the network would drift apart.
        """
        if self.count == 1:
            return rate, share
        gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        ours = torch.tensor([rate, share]) * (self.count if self.leads else 0)
        flat = torch.cat([*(gradient.flatten() for gradient in gradients), ours])
        distributed.all_reduce(flat)
        flat /= self.count
        start = 0
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
            start += gradient.numel()
        return float(flat[-2]), float(flat[-1])

"""What people are told about pots: who paid, never how much is left."""


def pot_paid(name: str) -> str:
    """A sponsor's pot paid for a request."""
    return f"The pot of {name} paid for this."

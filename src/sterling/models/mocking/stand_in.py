"""A server that answers for every endpoint of this process while a recipe is rehearsed."""

_address: str | None = None


def use(address: str | None) -> None:
    """Send every request to this server (`http://127.0.0.1:8000`), without a key; None ends that."""
    global _address  # noqa: PLW0603 - a process rehearses or it does not
    _address = address


def address() -> str | None:
    """Where requests go instead, if this is a rehearsal."""
    return _address

"""What is said of processes that were killed, of a command as of a job."""

from __future__ import annotations

import signal

__all__ = ["death_in_words", "may_be_memory"]

# the kernel's own, and what libraries end in that do not expect to get no memory
_OF_MEMORY = {signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT}


def may_be_memory(status: int) -> bool:
    """Whether a process that ended with a status, negative for a signal, may have had too little memory."""
    return -status in _OF_MEMORY


def death_in_words(status: int, used: int = 0, *, by_kernel: bool = False) -> str:
    """Tell how a process died.

    Args:
        status: of its end; negative for the signal that killed it.
        used: bytes of memory that it had at most; 0 if nobody knows.
        by_kernel: whether the kernel has just ended processes for their memory.

    Examples:
        >>> death_in_words(-9, 1_500_000_000)
        'was killed by signal 9 (SIGKILL), perhaps for its memory: it used up to 1.50 GB'
        >>> death_in_words(-9, by_kernel=True)
        'was killed by signal 9 (SIGKILL), by the kernel for its memory'
        >>> death_in_words(-15), death_in_words(5)
        ('was killed by signal 15 (SIGTERM)', 'ended with exit status 5')
    """
    if status >= 0:
        return f"ended with exit status {status}"
    try:
        name = f" ({signal.Signals(-status).name})"
    except ValueError:
        name = ""
    killed = f"was killed by signal {-status}{name}"
    if not may_be_memory(status):
        return killed
    why = "by the kernel" if by_kernel else "perhaps"
    return f"{killed}, {why} for its memory" + (f": it used up to {used / 1e9:.2f} GB" if used else "")

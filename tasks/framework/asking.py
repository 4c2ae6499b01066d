"""Questions to somebody at a terminal."""

from __future__ import annotations

from tasks.framework.reporting import tell

__all__ = ["agrees"]


def agrees(question: str) -> bool:
    """Ask a question and return whether the answer is yes; no answer is none."""
    try:
        answer = input(f"{question} [y/N] ")
    except (EOFError, KeyboardInterrupt):
        tell("")
        return False
    return answer.strip().lower() in ("y", "yes")

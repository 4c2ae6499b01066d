"""The rows of a batch command's answer, among lines that a site adds: banners, clocks, plugins for credentials."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from analysis.errors import BatchError
from tasks.batch.systems.commands import Answer, Commands

__all__ = ["Rows"]

_logger = logging.getLogger("erumflow.batch")


class Rows:
    """Reader of the answers of one site's commands, which may say other things besides.

    Lines that are no rows are skipped and kept in the log. An answer of nothing else is one only if these lines come
    with every answer: a command that asks for no job is asked once for them.

    Args:
        commands: of the site.
        harmless: a command whose answer is a line of its own, beside what the site adds.
        own: pattern of that line; without it, nothing was answered.
    """

    def __init__(self, commands: Commands, harmless: list[str], own: str) -> None:
        self._commands = commands
        self._harmless = harmless
        self._own = own
        self._added: set[str] | None = None
        self._seen: set[str] = set()

    def matching(self, program: str, answer: Answer, pattern: str) -> list[re.Match[str]]:
        """Return the matches of lines that are rows, in their order.

        Args:
            program: that answered.
            answer: with exit code 0.
            pattern: that a whole line of the answer has to match, but for blanks around it.

        Raises:
            BatchError: there is none, but lines that say something else; the message has them.
        """
        found, others = [], []
        for line in answer.output.splitlines():
            match = re.fullmatch(pattern, line.strip())
            if match:
                found.append(match)
            elif line.strip():
                others.append(line.strip())
        self._check(program, others, none=not found)
        return found

    def objects(self, program: str, answer: Answer) -> list[dict[str, Any]]:
        """Return the objects of a list in JSON that begins with a line of its own; where there is none, it may lack.

        Raises:
            BatchError: there is none, but lines that say something else; the message has them.
        """
        lines = answer.output.splitlines()
        for number in (number for number, line in enumerate(lines) if line.lstrip().startswith("[")):
            text = "\n".join(lines[number:]).lstrip()
            try:
                value, end = json.JSONDecoder().raw_decode(text)
            except (ValueError, RecursionError):
                continue
            # all of its lines, and nothing but objects
            if not text[end:].partition("\n")[0].strip() and all(isinstance(one, dict) for one in value):
                others = lines[:number] + text[end:].splitlines()
                self._check(program, [one.strip() for one in others if one.strip()], none=False)
                return list(value)
        self._check(program, [one.strip() for one in lines if one.strip()], none=True)
        return []

    def _check(self, program: str, others: list[str], *, none: bool) -> None:
        """Keep other lines in the log, and refuse them if there is nothing else and they are not always there."""
        for line in others:
            if _form(line) not in self._seen:
                self._seen.add(_form(line))
                _logger.info("site %s: %s says besides: %s", self._commands.site, program, line)
        if none and (strange := [line for line in others if _form(line) not in self._always()]):
            raise BatchError(
                f"site {self._commands.site!r}: {program} does not answer what it was asked, but says:"
                f" {' '.join(strange)[:500]}",
                cure=f"see what {program} says by hand, and run the command again",
            )

    def _always(self) -> set[str]:
        """Forms of the lines that come with every answer."""
        if self._added is None:
            lines = self._commands.run(self._harmless).splitlines()
            answered = any(re.match(self._own, line.strip()) for line in lines)
            self._added = {_form(line) for line in lines} if answered else set()
        return self._added


def _form(line: str) -> str:
    """A line with its numbers taken out: a clock's differ each time."""
    return re.sub(r"\d+", "0", line.strip())

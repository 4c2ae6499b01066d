"""A page of what runs and what there is."""

from __future__ import annotations

import law
import luigi

from tasks.framework.numbers import WholeNumber
from tasks.framework.project_task import ProjectTask
from tasks.framework.reporting import tell

__all__ = ["Serve"]


class Serve(ProjectTask):
    """Serve a page on this machine that shows what runs, how long still, what failed and why, and all records.

    The address with its token is printed once; whoever has it sees the page. It listens on 127.0.0.1 alone: from
    elsewhere through an SSH tunnel (ssh -L 8765:localhost:8765 HOST) or jupyter-server-proxy. Ctrl-C ends it, and no
    command that runs. It needs the extra serve: ERUMFLOW_EXTRAS=serve source setup.sh.
    """

    exclude_index = False

    port = WholeNumber(
        least=0, default=8765, significant=False, description="port on 127.0.0.1; 0 for any that is free; default: 8765"
    )
    hosts = law.CSVParameter(
        default=(),
        significant=False,
        description="names of a proxy's machine in the browser's address, such as hub.example.org; default: only "
        "localhost and 127.0.0.1, which tunnels have",
    )
    allow_commands = luigi.BoolParameter(
        default=False,
        significant=False,
        description="let the page start some commands and stop those that it has started; default: it only shows",
    )

    served = False

    def output(self):
        return []

    def complete(self):
        return self.served

    def run(self):
        from tasks.serving.server import serve

        def address(text: str) -> None:
            tell(f"the page is at  {text}")
            tell(
                "Ctrl-C ends it; whoever has this address sees the page"
                + (", and can start commands" if self.allow_commands else "")
            )

        serve(self.port, self.hosts, allow_commands=self.allow_commands, tell=address)
        tell("the page has ended; commands go on")
        # luigi keeps one instance for one set of parameters, so complete() sees this
        self.served = True

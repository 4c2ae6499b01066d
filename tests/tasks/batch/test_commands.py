"""Commands of a batch system that are not there, fail, or do not answer."""

from __future__ import annotations

import pytest

from analysis.errors import BatchError
from tasks.batch.systems.commands import Commands
from tests.services.servers import SFTP


def test_a_missing_command_is_named_with_its_cure() -> None:
    with pytest.raises(BatchError, match=r"'x': there is no command no-such-command on this machine\n.*command_prefix"):
        Commands("x").run(["no-such-command"])
    with pytest.raises(BatchError, match=r"there is no command no-such-command through nice"):
        Commands("x", ("nice",)).run(["no-such-command"])
    with pytest.raises(BatchError, match=r"there is no command no-such-prefix"):
        Commands("x", ("no-such-prefix",)).run(["true"])


def test_a_failure_says_what_the_command_said() -> None:
    with pytest.raises(BatchError, match=r"sh fails: one two\n"):
        Commands("x").run(["sh", "-c", "echo one >&2; echo two >&2; exit 3"])
    answer = Commands("x").ask(["sh", "-c", "echo out; exit 3"])
    assert (answer.code, answer.output, answer.complaint) == (3, "out\n", "out")


def test_no_answer_is_an_error_in_time() -> None:
    with pytest.raises(BatchError, match=r"sleep has not answered for 0.2 s\n.*timeout"):
        Commands("x", timeout=0.2).run(["sleep", "20"])


def test_text_goes_in_and_variables_go_along() -> None:
    commands = Commands("x", ("nice",), environment={"SOME": "thing"})
    assert commands.run(["sh", "-c", 'cat; echo "$SOME $LC_ALL"'], text="in ") == "in thing C\n"


def test_a_list_of_arguments_that_is_too_long() -> None:
    with pytest.raises(BatchError, match="does not start: Argument list too long"):
        Commands("x").run(["true", "x" * 300_000])


def ssh_to(server: SFTP, port: int) -> tuple[str, ...]:
    known = f"UserKnownHostsFile={server.known_hosts}"
    options = ("-o", known, "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-i", str(server.key_file))
    return ("ssh", "-p", str(port), *options, f"{server.user}@127.0.0.1")


@pytest.mark.services
def test_words_survive_ssh(sftp: SFTP) -> None:
    commands = Commands("x", ssh_to(sftp, sftp.port), environment={"SOME": "it's"})
    words = ["it's", "$HOME  x", "", 'a "b"', "*"]
    printed = commands.run(["sh", "-c", 'cat; printf "<%s>" "$SOME" "$@"', "sh", *words], text="in ")
    assert printed == "in " + "".join(f"<{word}>" for word in ["it's", *words])
    with pytest.raises(BatchError, match=r"no command no-such-command through ssh"):
        commands.run(["no-such-command"])


@pytest.mark.services
def test_a_host_that_does_not_answer_is_not_a_command_that_fails(sftp: SFTP) -> None:
    with pytest.raises(BatchError, match=r"(?s)'x': ssh .* fails: .*refused.*cure: .*by hand"):
        Commands("x", ssh_to(sftp, 1)).ask(["true"])

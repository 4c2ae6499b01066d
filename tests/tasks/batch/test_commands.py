"""Commands of a batch system that are not there, fail, or do not answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import BatchError
from tasks.batch.systems.commands import Commands, Unusable
from tests.services.servers import SFTP


def test_a_missing_command_is_named_with_its_cure() -> None:
    with pytest.raises(BatchError, match=r"'x': there is no command no-such-command on this machine\n.*command_prefix"):
        Commands("x").run(["no-such-command"])
    with pytest.raises(BatchError, match=r"there is no command no-such-command through nice"):
        Commands("x", ("nice",)).run(["no-such-command"])
    with pytest.raises(BatchError, match=r"there is no command no-such-prefix"):
        Commands("x", ("no-such-prefix",)).run(["true"])


def test_a_program_that_cannot_be_executed_is_no_server_that_does_not_answer(tmp_path: Path) -> None:
    program = tmp_path / "condor_q"
    program.write_text("no program")
    for prefix in ((), ("nice",)):
        with pytest.raises(Unusable, match=r"condor_q cannot be executed.*: .*Permission denied"):
            Commands("x", prefix).run([str(program)])
        with pytest.raises(Unusable, match="there is no command"):
            Commands("x", prefix).run([str(tmp_path / "condor_rm")])
    with pytest.raises(Unusable, match="cannot be executed on this machine"):
        Commands("x", (str(program),)).run(["true"])
    with pytest.raises(BatchError) as slow:
        Commands("x", timeout=0.2).run(["sleep", "20"])
    assert not isinstance(slow.value, Unusable)


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
    with pytest.raises(Unusable, match="does not start: Argument list too long"):
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
    with pytest.raises(BatchError, match=r"(?s)'x': ssh .* fails: .*refused.*cure: .*by hand") as away:
        Commands("x", ssh_to(sftp, 1)).ask(["true"])
    assert not isinstance(away.value, Unusable)
    # a key that it does not know: waiting does not mend that
    nobody = (*ssh_to(sftp, sftp.port)[:-1], "-o", "IdentitiesOnly=yes", "-i", "/dev/null", "nobody@127.0.0.1")
    with pytest.raises(Unusable, match=r"(?s)ssh .* fails: .*Permission denied"):
        Commands("x", nobody).ask(["true"])

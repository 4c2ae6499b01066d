"""Options of the communication with a storage server."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import StoreError

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """Options of the communication with a storage server.

    Args:
        timeout: seconds that a server may do nothing, or refuse connections after it has answered, before that is an
            error.
        attempts: how often something is tried if trying again can help, of a server that has not answered before or
            that answers with an error.
        wait: seconds before the second attempt; doubled before each further one.
        chunk: bytes sent or received in one piece.
        endpoint: address of an S3 server that is not Amazon's, else what ``AWS_ENDPOINT_URL_S3`` says.
        key_file: private key for SFTP, else what ssh's own configuration and agent offer.
        known_hosts: file of the hosts that SFTP trusts, else ssh's own.
        anonymous: whether S3 is asked without keys, as buckets of public data allow.
        patient: whether a server is waited for that has not answered this process before, as it has answered the one
            that this one works for.

    Raises:
        StoreError: a number is out of its range.

    Examples:
        >>> Options(attempts=0)
        Traceback (most recent call last):
        ...
        analysis.errors.StoreError: a store's attempts must be at least 1, not 0
          cure: correct it in law.cfg
    """

    timeout: float = 30.0
    attempts: int = 3
    wait: float = 0.5
    chunk: int = 8 * 2**20
    endpoint: str = ""
    key_file: str = ""
    known_hosts: str = ""
    anonymous: bool = False
    patient: bool = False

    def __post_init__(self) -> None:
        for name, least in (("timeout", 1), ("attempts", 1), ("wait", 0), ("chunk", 2**16)):
            if not getattr(self, name) >= least:
                raise StoreError(
                    f"a store's {name} must be at least {least}, not {getattr(self, name)}",
                    cure="correct it in law.cfg",
                )

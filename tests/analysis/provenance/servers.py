"""The servers that tests of stores run on, as classes that a test class inherits its address from."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tests.services.servers import S3, XRootD

__all__ = ["OnFolder", "OnMemory", "OnS3", "OnXRootD"]


class OnMemory:
    """Files that only this process sees."""

    @pytest.fixture
    def address(self) -> str:
        return f"memory://{uuid.uuid4().hex}/store"


class OnFolder:
    """Files in a folder, through the same code as those of servers."""

    @pytest.fixture
    def address(self, tmp_path: Path) -> str:
        return f"file://{tmp_path}/server"


class OnXRootD:
    """Files on a real XRootD server."""

    @pytest.fixture
    def address(self, xrootd: XRootD) -> str:
        return f"{xrootd.url}/{uuid.uuid4().hex}"


class OnS3:
    """Files on a real S3 server."""

    @pytest.fixture
    def address(self, s3: S3, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.endpoint)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret)
        return f"s3://{s3.bucket}/{uuid.uuid4().hex}"

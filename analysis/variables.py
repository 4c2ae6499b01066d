"""Environment variables that jobs and reruns of capsules are given: those that are named here, or by the user, alone.

Only the standard library is used: a stranger with a capsule has nothing else.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

__all__ = ["BATCH", "PACKAGES", "PROJECT", "SYSTEM", "has_password", "taken_over"]

#: of the project: where copies are, what JAX runs on, with which Python
PROJECT = ("ERUMFLOW_MIRROR", "ERUMFLOW_JAX", "ERUMFLOW_PYTHON")
#: of the machine and its user, without which programs do not run or cannot be read
SYSTEM = (
    *("PATH", "LD_LIBRARY_PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR"),
    *("LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES"),
    *("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES"),
)
#: where packages and data come from, and whom to believe there
PACKAGES = (
    *(name for word in ("http", "https", "ftp", "all", "no") for name in (f"{word}_proxy", f"{word.upper()}_PROXY")),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "X509_CERT_DIR"),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONFIG_FILE", "PIP_CERT"),
    *("PIP_TRUSTED_HOST", "PIP_PROXY", "PIP_DEFAULT_TIMEOUT", "PIP_TIMEOUT", "PIP_RETRIES"),
    *("UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_DEFAULT_INDEX", "UV_FIND_LINKS", "UV_NO_INDEX"),
    *("UV_CONFIG_FILE", "UV_NATIVE_TLS", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT", "UV_OFFLINE"),
)
#: by which the commands of a batch system find it
BATCH = ("SLURM_CONF", "CONDOR_CONFIG")


def taken_over(names: Iterable[str], environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Take the variables of some names; those that are not set are left out.

    Args:
        names: may end in ``*``.
        environment: to take them from; by default that of this process.

    Examples:
        >>> taken_over(("PATH", "LC_*"), {"PATH": "/bin", "LC_ALL": "C", "API_TOKEN": "x"})
        {'PATH': '/bin', 'LC_ALL': 'C'}
    """
    patterns = tuple(names)
    here = os.environ if environment is None else environment
    return {name: value for name, value in here.items() if any(fnmatchcase(name, one) for one in patterns)}


def has_password(text: str) -> bool:
    """Whether an address in a text names a user, mostly with a password.

    Examples:
        >>> has_password("https://me:secret@packages.example.org/simple"), has_password("http://example.org/@x")
        (True, False)
    """
    return re.search(r"(?:^|//)[^/\s@]*:[^/\s@]*@|//[^/\s@]+@", text) is not None

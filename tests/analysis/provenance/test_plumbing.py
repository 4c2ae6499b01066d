"""What stands in no key is there, and has a reason."""

from __future__ import annotations

import importlib

from analysis.provenance import plumbing
from analysis.provenance.modules import module_source


def test_all_of_it_exists_and_has_a_reason():
    for module, reason in {**plumbing.IN_NO_KEY, **plumbing.IN_NO_KEY_OF_TASKS, **plumbing.HARMLESS}.items():
        assert module_source(module) is not None, module
        assert reason
    for label, reason in plumbing.DYNAMIC.items():
        module, _, name = label.partition(":")
        assert hasattr(importlib.import_module(module), name), label
        assert reason

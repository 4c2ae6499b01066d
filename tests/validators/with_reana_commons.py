"""Run by the validator's Python: what reana-commons says about a reana.yaml. Usage: FILE."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from reana_commons.serial import serial_load
from reana_commons.validation.utils import validate_reana_yaml


def main(file: Path) -> None:
    content = yaml.safe_load(file.read_text())
    if warnings := validate_reana_yaml(content):
        sys.exit(f"warnings: {warnings}")
    # the steps, with REANA's parameters put in for $NAME
    serial_load(None, content["workflow"]["specification"], content["inputs"]["parameters"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))

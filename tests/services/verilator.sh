#!/usr/bin/env bash
# Verilator (Debian's package) and a compiler, which simulate circuits.
#
#   verilator.sh install    the packages, if they are missing (needs root)
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

case "${1:-}" in
    install) command -v verilator >/dev/null || locked verilator need_packages verilator make g++ ;;
    *) usage ;;
esac

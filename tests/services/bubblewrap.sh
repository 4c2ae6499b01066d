#!/usr/bin/env bash
# Bubblewrap (Debian's package), in which capsules are run without a network and in a container.
#
#   bubblewrap.sh install    the package, if it is missing (needs root)
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

case "${1:-}" in
    install) command -v bwrap >/dev/null || locked bubblewrap need_packages bubblewrap ;;
    *) usage ;;
esac

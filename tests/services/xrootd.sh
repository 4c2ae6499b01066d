#!/usr/bin/env bash
# A real XRootD server (Debian's packages), root:// and WebDAV over http, on loopback. Needs root.
#
#   xrootd.sh install    the packages, if they are missing
#   xrootd.sh up         install and start; prints what to export
#   xrootd.sh status     succeeds if it is up
#   xrootd.sh stop       end the server; files stay
#   xrootd.sh start      as up, without installing
#   xrootd.sh pause      the server answers no more, but connections stay (resume: it goes on)
#   xrootd.sh down       end the server, remove its files
#
# Exports: /store; /readonly, with a file hello.txt; /full, where a tmpfs has no byte left.
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

dir="$services/xrootd"
port_xrootd=$((port + 94))
port_http=$((port + 80))
pid="$dir/pid"

install() { need_packages xrootd-server xrootd-server-plugins xrootd-plugins xrootd-client; }
is_up() { alive "$pid" xrootd && timeout 5 xrdfs "root://127.0.0.1:$port_xrootd" ls /store >/dev/null 2>&1; }

configure() {
    mkdir -p "$dir"/{admin,log} "$dir"/data/{store,readonly,full}
    echo hello >"$dir/data/readonly/hello.txt"
    grep -q " $dir/data/full " /proc/mounts || mount -t tmpfs -o size=1m,mode=0755 tmpfs "$dir/data/full"
    head -c 2M /dev/zero >"$dir/data/full/filler" 2>/dev/null || true
    cat >"$dir/xrootd.cfg" <<CONF
all.role server
all.adminpath $dir/admin
all.pidpath $dir/admin
oss.localroot $dir/data
all.export /store
all.export /readonly notwritable
all.export /full
xrd.port $port_xrootd
xrd.network nodnr
xrootd.chksum max 64 adler32 crc32c
if exec xrootd
  xrd.protocol http:$port_http libXrdHttp.so
  http.listingdeny no
  http.desthttps no
  http.selfhttps2http no
fi
CONF
    # the server does not run as root
    chown xrootd:xrootd "$dir" "$dir"/{admin,log} "$dir"/data "$dir"/data/{store,readonly,full}
}

start() {
    is_up && return
    need_root
    command -v xrootd >/dev/null || fail "no xrootd here: $self install"
    end "$pid" xrootd
    configure
    setsid xrootd -l "$dir/log/xrootd.log" -c "$dir/xrootd.cfg" -n store -R xrootd >"$dir/log/out.log" 2>&1 </dev/null 9>&- &
    echo $! >"$pid"
    wait_for 30 is_up || fail "the server does not answer" "$dir/log/out.log" "$dir/log/store/xrootd.log"
}

exports() {
    echo "export XROOTD_URL=root://127.0.0.1:$port_xrootd//store"
    echo "export XROOTD_HTTP=http://127.0.0.1:$port_http/store"
    echo "export XROOTD_FOLDER=$dir/data"
}

up() { install; start; exports; }
pause() { hold "$pid" xrootd; }
resume() { alive "$pid" xrootd && kill -CONT "$(cat "$pid")"; }

down() {
    end "$pid" xrootd
    ! grep -q " $dir/data/full " /proc/mounts || umount "$dir/data/full"
    rm -rf --one-file-system "$dir"
}

case "${1:-}" in
    install | up | down | start) locked xrootd "$1" ;;
    stop) locked xrootd end "$pid" xrootd ;;
    pause | resume) "$1" ;;
    status) is_up ;;
    *) usage ;;
esac

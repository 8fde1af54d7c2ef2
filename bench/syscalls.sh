#!/usr/bin/env bash
# System calls per client and second of the `fanout` example, by strace: bench/syscalls.sh [CLIENTS] [SECONDS]
#
# Each client gets 60 frames and sends 30 inputs a second. strace slows what it counts, so the count is taken over a fixed
# amount of work and divided by it: a client's second is 60 frames that were sent to it. Start and joins are counted too.
set -euo pipefail
clients=${1:-200}
seconds=${2:-20}
for tool in strace curl; do
    command -v "$tool" >/dev/null || { echo "syscalls.sh: $tool is missing: apt-get install $tool" >&2; exit 1; }
done
cd "$(dirname "$0")/.."
cargo build --release --quiet -p tickwire-bench
cargo build --release --quiet -p tickwire --example fanout
target=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
tracer=
finish() {
    [ -z "$tracer" ] || kill "$tracer" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# The tracer passes nothing on: the server's own pid is asked of the kernel.
strace -c -f -U calls,name -o "$work/calls" taskset -c 0 "$target/examples/fanout" --listen 127.0.0.1:0 --hz 60 --bytes 200 >"$work/out" &
tracer=$!
for _ in $(seq 100); do
    grep -q '^listening on http://' "$work/out" && break
    read -rt 0.1 <> <(:) || true
done
url=$(sed -n 's#^listening on http#ws#p' "$work/out")
"$target/tickwire-bench" fanout --url "$url/" --connections "$clients" --input-rate 30 --warmup 2s --duration "${seconds}s" \
    --pin 1 >"$work/report" 2>/dev/null || true
mode=$(curl -s "http${url#ws}/metrics" | sed -n 's/^tickwire_io_threads{reads="\(.*\)"} 1$/\1/p')
kill -INT "$(pgrep -P "$tracer")"
wait "$tracer" || true
tracer=

cat "$work/calls"
awk -v clients="$clients" -v mode="$mode" '
    $2 == "sendto" || $2 == "sendmsg" { frames += $1 }
    $2 == "recvfrom" || $2 == "recvmsg" { reads += $1 }
    $1 ~ /^[0-9]+$/ && $2 != "total" { all += $1 }
    END {
        if (!frames) { print "syscalls.sh: nothing was sent"; exit 1 }
        printf "%d clients, mode %s: %.1f system calls per client and second (%.1f sends, %.1f reads, %.1f others)\n",
            clients, mode, 60 * all / frames, 60, 60 * reads / frames, 60 * (all - frames - reads) / frames
    }' "$work/calls"

#!/bin/sh
# Instructions per operation, counted by callgrind: bench/callgrind.sh [NAME...]; without names all of `micro --names`.
#
# Two runs of each, one of them longer; the difference leaves out what both prepare. Needs valgrind and jq.
set -eu
cd "$(dirname "$0")/.."

program=$(cargo bench --quiet --package tickwire-bench --bench micro --no-run --message-format json |
    jq -r 'select(.reason == "compiler-artifact" and .target.name == "micro").executable')
[ -n "$program" ] || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Instructions of a run of operation $1, repeated $2 times.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" --repeat "$1" "$2" >"$log" 2>&1 || {
        cat "$log" >&2
        exit 1
    }
    sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$log"
}

"$program" --names | while read -r name per_call; do
    case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
    few=$(instructions "$name" 64)
    many=$(instructions "$name" 320)
    printf '%-26s %10d instructions\n' "$name" $(((many - few) / 256 / per_call))
done

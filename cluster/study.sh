#!/usr/bin/env bash
# A study on a real Slurm, through everything that may happen to it: its launcher
# is killed and the same command given again, and one of the two nodes is lost in
# the middle and comes back. Then the same study on this machine alone. It fails
# unless both end with the same 32 records; only the seconds may differ. And both
# nodes run one trial at once, and must not disturb each other.
#
#   cluster/slurm.sh run cluster/study.sh
#
# It builds `mup-transfer`, or takes the one that $MUP_TRANSFER names.
set -euo pipefail

TRIALS=32
STEPS=10
HERE=$(dirname "$(realpath "$0")")
FOLDER=$(mktemp -d "/tmp/it's two studies, 100%.XXXXXX") # as awkward as a path can be
trap '[[ -z ${launcher:-} ]] || kill "$launcher" 2>/dev/null || true; rm -rf "$FOLDER"' EXIT

say() { printf '%4d s  %s\n' "$SECONDS" "${*//"$FOLDER"\//}"; }
die() { say "FAILED: $*"; exit 1; }

build() {
    (cd "$HERE/.." && cargo build --release --locked --quiet -p mup-transfer)
    local target
    target=$(cd "$HERE/.." && cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
    echo "$target/release/mup-transfer"
}

# Two seconds of training: losses that depend on the values and on nothing else.
cat >"$FOLDER/trial.sh" <<'TRIAL'
echo "sample with learning rate $MUP_LEARNING_RATE on $(hostname)" >&2
for ((step = 0; step < MUP_STEPS; step++)); do
    sleep 0.2
    awk -v rate="$MUP_LEARNING_RATE" -v step="$step" 'BEGIN {
        printf "{\"loss\": %.17g}\n", 2 + (log(rate) / log(2) + 9) ^ 2 / 10 - step / 10
    }'
done
echo '{"tokens": 1000, "parameters": 5000, "flops": 3e7}'
TRIAL

new() { # STUDY TRIALS
    "$MUP_TRANSFER" new "$1" --trials "$2" --steps "$STEPS" --timeout 60 -- bash "$FOLDER/trial.sh" 2>&1 | sed -n 1p
}

records() { find "$FOLDER/slurm" -path '*/trials/*.json' -not -name '.*' | wc -l; }

on_slurm() { # its lines go to our output, with the time
    "$MUP_TRANSFER" tune "$FOLDER/slurm" --launcher slurm --throttle 2 --settle 5 > >(stamp) 2>&1 &
    launcher=$!
}

stamp() { while IFS= read -r line; do say "| $line"; done; }

until_records() { # NUMBER
    until (($(records) >= $1)); do
        kill -0 "$launcher" 2>/dev/null || die "the launcher has ended"
        sleep 0.2
    done
}

busy() { [[ -n $(squeue --noheader --nodelist node1 --states RUNNING) ]]; }

# While it runs a trial: one that Slurm tries to start on a node just lost is put
# back by Slurm itself, two minutes later, and shows nothing about us.
lose_a_node() {
    while busy; do sleep 0.1; done
    until busy; do sleep 0.1; done
    sleep 0.7
    say "node1 is lost: $("$HERE/slurm.sh" kill-node node1 2>&1 | tr '\n' ' ')"
    say "node1 returns: $("$HERE/slurm.sh" restart-node node1 2>&1 | tail -n 1)"
}

# All of a record but the seconds, and the digest, which covers them; that each
# digest fits is what `damaged` is about.
content() { # STUDY COPY
    local record
    "$MUP_TRANSFER" status "$1" --json >"$2.status"
    grep -q '"damaged": \[\]' "$2.status" || die "damaged records in $1"
    mkdir "$2"
    for record in "$1"/trials/*.json; do
        grep -q '"seconds": ' "$record" || die "$record has no seconds"
        grep -v '^ *"\(seconds\|digest\)": ' "$record" >"$2/$(basename "$record")"
    done
}

MUP_TRANSFER=${MUP_TRANSFER:-$(build)}
say "$(sbatch --version), $("$MUP_TRANSFER" --version)"
say "$(new "$FOLDER/slurm" "$TRIALS")"

say '$ mup-transfer tune slurm --launcher slurm --throttle 2 --settle 5'
on_slurm
until_records 3
# The shell would report our own kill -9.
{ kill -KILL "$launcher"; wait "$launcher" || true; } 2>/dev/null
say "the launcher is killed with $(records) of $TRIALS records; the same command again:"
on_slurm
until_records 6
lose_a_node
wait "$launcher" || die "the launcher ended with $?"
launcher=
(($(cat "$FOLDER/slurm/logs/"[0-9]*_*.log | grep -c .) >= TRIALS)) || die "there are fewer logs than trials"
say "arrays submitted: $(find "$FOLDER/slurm/logs" -name '[0-9]*_*.log' -printf '%f\n' | sed 's/_.*//' | sort | uniq -c | sed 's/ *\(.*\) \(.*\)/\2 with \1 tasks/' | paste -sd, )"
say "trials begun per node: $(cat "$FOLDER/slurm/logs/"????????????????.log | sed 's/.* on //' | sort | uniq -c | tr -s '\n ' ' ')"

say '$ mup-transfer tune local --jobs 2'
say "$(new "$FOLDER/local" "$TRIALS")"
"$MUP_TRANSFER" tune "$FOLDER/local" --jobs 2 >"$FOLDER/local.said" 2>&1 || die "$(tail -n 3 "$FOLDER/local.said")"
say "| $(tail -n 1 "$FOLDER/local.said")"

content "$FOLDER/slurm" "$FOLDER/slurm.content"
content "$FOLDER/local" "$FOLDER/local.content"
[[ $(find "$FOLDER/slurm.content" -type f | wc -l) == "$TRIALS" ]] || die "$(records) records instead of $TRIALS"
grep -q '"missing": 0' "$FOLDER/slurm.content.status" || die "trials are missing"
grep -q "\"finished\": $TRIALS," "$FOLDER/slurm.content.status" || die "not all trials have finished"
diff -r "$FOLDER/slurm.content" "$FOLDER/local.content" || die "the records differ"
say "all $TRIALS records are identical but for the seconds: $(cat "$FOLDER/slurm.content"/* | sha256sum | cut -c1-16)"

say '$ srun --nodes=2 --ntasks=2 mup-transfer trial --study twice --index 0'
new "$FOLDER/twice" 1 >/dev/null
srun --nodes=2 --ntasks=2 --time=5 "$MUP_TRANSFER" trial --study "$FOLDER/twice" --index 0 2>&1 | stamp
[[ $(sort -u "$FOLDER/twice/logs/"????????????????.log | wc -l) == 2 ]] || die "it is not both nodes that ran the trial"
[[ $(find "$FOLDER/twice" -type f | wc -l) == 4 ]] || die "files were left: $(find "$FOLDER/twice" -type f)"
content "$FOLDER/twice" "$FOLDER/twice.content"
for record in "$FOLDER/twice.content"/*; do
    diff "$record" "$FOLDER/local.content/$(basename "$record")" || die "the record of two nodes at once differs"
done
say "both ran it, and left one record, which is the one above"

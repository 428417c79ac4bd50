#!/usr/bin/env bash
# What a launcher must do, against a real Slurm: 32 tasks on two nodes, one of
# which is lost in the middle, comes back, and the missing tasks run again.
#
#   cluster/slurm.sh run cluster/lost-node.sh
#
# A stand-in for the trial writes its record as ours does: under another name
# first, then renamed; not at all if it is there.
set -euo pipefail

TASKS=32
THROTTLE=2
HERE=$(dirname "$(realpath "$0")")
STUDY=$(mktemp -d "/tmp/it's a study, 100%.XXXXXX") # as awkward as a path can be
trap 'rm -rf "$STUDY"' EXIT
mkdir "$STUDY/logs" "$STUDY/trials"

say() { printf '%4d s  %s\n' "$SECONDS" "$*"; }

cat >"$STUDY/trial" <<'TRIAL'
#!/usr/bin/env bash
# trial --study DIR --index N
set -euo pipefail
record=$2/trials/$4
[[ -e $record ]] && exit
echo "trial $4 on $(hostname)" # to the log
sleep 2
echo $(($4 * $4)) >"$record.$(hostname).$$"
mv "$record.$(hostname).$$" "$record"
TRIAL

# Arguments reach the program as they are: nothing is quoted, so nothing is misquoted.
cat >"$STUDY/task.sh" <<'TASK'
#!/bin/sh
exec "$@" --index "$SLURM_ARRAY_TASK_ID"
TASK
chmod +x "$STUDY/trial"

missing() {
    local index
    for ((index = 0; index < TASKS; index++)); do
        [[ -e $STUDY/trials/$index ]] || echo "$index"
    done
}

submit() { # INDICES
    sbatch --parsable --no-requeue --time=5 --job-name=lost-node \
        --array="$1%$THROTTLE" --output="${STUDY//%/%%}/logs/%A_%a.log" \
        "$STUDY/task.sh" "$STUDY/trial" --study "$STUDY"
}

# Its user's queue, filtered: `squeue --jobs` fails for a job that ended long ago.
await() { # JOB
    while squeue --noheader --me --format %F | grep -qx "$1"; do sleep 0.5; done
}

ended() { # JOB
    squeue --noheader --array --states all --jobs "$1" --format %T | sort | uniq -c | tr -s '\n ' ' '
}

busy() { [[ -n $(squeue --noheader --nodelist node1 --states RUNNING) ]]; }

# While it runs a task: one that Slurm tries to start on a node just lost is put
# back by Slurm itself, two minutes later, and shows nothing about us.
lose_a_node() {
    until ((TASKS - $(missing | wc -l) >= 4)); do sleep 0.2; done
    while busy; do sleep 0.1; done
    until busy; do sleep 0.1; done
    sleep 0.5
    say "node1 is lost: $("$HERE/slurm.sh" kill-node node1 2>&1 | tr '\n' ' ')"
    say "node1 returns: $("$HERE/slurm.sh" restart-node node1 2>&1 | tail -n 1)"
}

round=1
until [[ -z $(missing) ]]; do
    ((round <= 3)) || { say "still missing: $(missing | tr '\n' ' ')"; exit 1; }
    job=$(submit "$(missing | paste -sd,)")
    say "round $round: job $job for the $(missing | wc -l) tasks missing"
    if ((round == 1)); then lose_a_node & fi
    await "$job"
    if ((round == 1)); then wait; fi
    say "job $job left the queue:$(ended "$job")"
    if ((round == 1)) && [[ -z $(missing) ]]; then say "no task was lost: nothing is shown"; exit 1; fi
    round=$((round + 1))
done

for ((index = 0; index < TASKS; index++)); do
    [[ $(<"$STUDY/trials/$index") == $((index * index)) ]] || { say "record $index is wrong"; exit 1; }
done
[[ $(find "$STUDY/trials" -type f | wc -l) == "$TASKS" ]] || { say "files were left: $(ls "$STUDY/trials")"; exit 1; }
say "all $TASKS tasks done; run per node: $(cat "$STUDY"/logs/* | sed 's/.* on //' | sort | uniq -c | tr -s '\n ' ' ')"

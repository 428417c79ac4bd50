#!/usr/bin/env bash
# A real Slurm on this one machine, to test `--launcher slurm` against: a
# controller and two nodes of one CPU, on loopback. Needs Debian or Ubuntu, and
# root (each node is a PID and a UTS namespace, so that it has a host name of
# its own and can be lost at one blow, as a machine is).
#
#   cluster/slurm.sh run COMMAND...       a cluster around one command
#
#   cluster/slurm.sh install              slurm-wlm and munge from Debian
#   cluster/slurm.sh start                prints the line that sets SLURM_CONF
#   cluster/slurm.sh kill-node [NODE]     kill -9 of slurmd and all it runs
#   cluster/slurm.sh restart-node [NODE]  the machine comes back, with nothing running
#   cluster/slurm.sh wait-idle [SECONDS]  until all nodes are up and no job is left
#   cluster/slurm.sh status
#   cluster/slurm.sh stop
#
# All state is in the folder that $SLURM_CLUSTER names; without it, `start` and
# `run` make one, and the other commands take the folder of $SLURM_CONF.
set -euo pipefail

NODES=(node1 node2)
# No machine boots faster, and Slurm counts on that: see BatchStartTimeout below.
BOOT=20 # seconds
PATIENCE=${SLURM_CLUSTER_PATIENCE:-90} # seconds; daemons start slowly on a busy machine

say() { printf 'slurm.sh: %s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

wait_for() { # SECONDS WHAT COMMAND...
    local patience=$1 deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || die "waited $patience s in vain for $what; its logs are in $STATE"
        sleep 0.2
    done
}

# ---- daemons: started in the background, known by a pid file ----

# When a process started, which tells it from a later one of the same number;
# nothing if it is gone or waits only to be reaped.
birth() { # PID
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    read -ra stat <<<"${stat##*) }"
    [[ ${stat[0]} == Z ]] || echo "${stat[19]}"
}

alive() { # DAEMON
    local pid born
    read -r pid born 2>/dev/null <"$STATE/$1.pid" && [[ $(birth "$pid") == "$born" ]]
}

not_alive() { ! alive "$1"; }

launch() { # DAEMON COMMAND...
    local daemon=$1
    shift
    if alive "$daemon"; then
        say "$daemon runs already"
        return
    fi
    # Closed or redirected, every descriptor: a caller that reads our output must not wait for a daemon.
    setsid "$@" </dev/null >>"$STATE/$daemon.out" 2>&1 &
    echo "$! $(birth $!)" >"$STATE/$daemon.pid"
    disown # else the shell reports our own kill -9
    say "started $daemon (pid $!)"
}

await() { # DAEMON COMMAND...
    local daemon=$1
    shift
    wait_for "$PATIENCE" "$daemon" up_or_dead "$daemon" "$@"
    alive "$daemon" || die "$daemon ended at once: $(tail -n 3 "$STATE/$daemon.out")"
}

up_or_dead() { # DAEMON COMMAND...
    local daemon=$1
    shift
    "$@" || ! alive "$daemon"
}

end() { # SIGNAL DAEMON
    if alive "$2"; then
        kill "-$1" "$(cut -d' ' -f1 "$STATE/$2.pid")"
        wait_for 20 "the end of $2" not_alive "$2"
        say "ended $2 with SIG$1"
    fi
    rm -f "$STATE/$2.pid"
}

# ---- the cluster ----

install_slurm() {
    local program
    for program in sbatch slurmctld slurmd munged; do
        command -v "$program" >/dev/null || break
        program=
    done
    if [[ -z $program ]]; then
        say "Slurm is installed: $(slurmctld -V)"
        return
    fi
    say "installing slurm-wlm and munge"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge >/dev/null
    say "installed $(slurmctld -V)"
}

# Three free ports in a row, anywhere, so that clusters do not meet.
free_ports() {
    local port=$((20000 + RANDOM % 4000 * 3))
    while listens "$port" || listens $((port + 1)) || listens $((port + 2)); do
        port=$((port + 3))
    done
    echo "$port"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

ours() {
    [[ -e $STATE/munge.key ]] || die "$STATE holds no cluster that this script made"
}

write_config() {
    local i port
    if [[ -e $SLURM_CONF ]]; then
        ours
        return
    fi
    port=$(free_ports)
    mkdir -p "$STATE"/{controller,spool}
    chmod 755 "$STATE" # munge refuses a socket that others could not reach
    mungekey --create --keyfile "$STATE/munge.key"
    cat >"$SLURM_CONF" <<CONF
ClusterName=loopback
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$STATE/munge.socket
StateSaveLocation=$STATE/controller
SlurmdSpoolDir=$STATE/spool/%n
SlurmctldPidFile=$STATE/controller.pid
SlurmdPidFile=$STATE/spool/%n.pid
SlurmctldLogFile=$STATE/slurmctld.log
SlurmdLogFile=$STATE/%n.log
MpiDefault=none

# No cgroups and no hardware are asked for: this runs in any container.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU

# No slurmdbd, hence no sacct: a text file tells how each job ended.
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$STATE/jobs.txt

# A lost node is DOWN, and its task NODE_FAIL, after 20 to 30 s. If the node comes
# back earlier, the task is missed then, if it is BatchStartTimeout + MessageTimeout
# (11 s) old, and one or two minutes later otherwise.
SlurmdTimeout=10
ReturnToService=2
BatchStartTimeout=1
KillWait=2
SchedulerParameters=sched_interval=1,sched_min_interval=100000

# Slurm's own default, so that it is the launcher's --no-requeue that keeps
# Slurm from running a lost task again by itself.
JobRequeue=1

CONF
    for i in "${!NODES[@]}"; do
        echo "NodeName=${NODES[i]} NodeAddr=127.0.0.1 Port=$((port + 1 + i)) CPUs=1 State=UNKNOWN"
    done >>"$SLURM_CONF"
    echo "PartitionName=all Nodes=ALL Default=YES MaxTime=1:00:00 State=UP" >>"$SLURM_CONF"
}

start_node() { # NODE
    # When unshare dies, the kernel kills its child, the first process of the
    # node's PID namespace, and with it all others there. That first process is
    # a shell because it must reap what the job steps leave behind.
    # shellcheck disable=SC2016 # expanded by the inner shell
    launch "$1" unshare --pid --uts --fork --mount-proc --kill-child \
        bash -c 'hostname "$0"; slurmd -D -f "$1"; exit' "$1" "$SLURM_CONF"
}

node_up() { # NODE
    # A trailing * means that the node does not answer.
    [[ $(sinfo --noheader --nodes "$1" --format %T 2>/dev/null) =~ ^(idle|mixed|allocated|completing)$ ]]
}

start() {
    install_slurm
    write_config
    launch munged munged --foreground --force --key-file "$STATE/munge.key" --socket "$STATE/munge.socket" \
        --pid-file "$STATE/munged.own.pid" --log-file "$STATE/munged.log" --seed-file "$STATE/munged.seed"
    await munged munge --no-input --socket "$STATE/munge.socket"
    launch slurmctld slurmctld -D -f "$SLURM_CONF"
    await slurmctld scontrol ping
    local node
    for node in "${NODES[@]}"; do start_node "$node"; done
    for node in "${NODES[@]}"; do await "$node" node_up "$node"; done
    say "nodes ready: $(sinfo --noheader --format '%N %T')"
}

stop() {
    local node
    for node in "${NODES[@]}"; do end KILL "$node"; done
    end TERM slurmctld
    end TERM munged
}

known_node() {
    [[ " ${NODES[*]} " == *" $1 "* ]] || die "no node $1; there are: ${NODES[*]}"
}

kill_node() {
    known_node "$1"
    alive "$1" || { say "$1 does not run"; return; }
    say "running on $1: $(squeue --noheader --nodelist "$1" --format %i | tr '\n' ' ')"
    end KILL "$1"
    touch "$STATE/$1.lost"
}

booted() { [[ -z $(find "$STATE/$1.lost" -newermt "-$BOOT seconds" 2>/dev/null) ]]; }

restart_node() {
    known_node "$1"
    wait_for "$((BOOT + 5))" "$1 to boot" booted "$1"
    start_node "$1"
    await "$1" node_up "$1"
    say "$1 is up"
}

all_idle() {
    [[ -z $(squeue --noheader) ]] && [[ $(sinfo --noheader --format %T | sort -u) == idle ]]
}

run() {
    trap 'code=$?; stop; ((code != 0)) || clear_away' EXIT
    trap 'exit 130' INT TERM
    start
    "$@"
}

# What failed keeps its logs; a folder that was asked for is kept too.
clear_away() {
    if [[ -z ${SLURM_CLUSTER:-} ]]; then rm -rf "$STATE"; fi
}

usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" >&2
}

main() {
    local command=${1:-help}
    shift || true
    STATE=${SLURM_CLUSTER:-}
    case ${STATE:+given}$command in
    start | run) STATE=$(mktemp -d /tmp/slurm-cluster.XXXXXX) ;;
    kill-node | restart-node | wait-idle | status | stop)
        [[ -n ${SLURM_CONF:-} ]] || die "which cluster? set SLURM_CLUSTER or SLURM_CONF"
        STATE=$(dirname "$SLURM_CONF") ;;
    esac
    STATE=$(realpath -m "${STATE:-/nonexistent}")
    export SLURM_CONF=$STATE/slurm.conf
    case $command in kill-node | restart-node | wait-idle | status | stop) ours ;; esac
    case $command in
    install) install_slurm ;;
    start)
        trap 'code=$?; ((code == 0)) || stop' EXIT
        start
        echo "export SLURM_CONF=$SLURM_CONF" ;;
    run) run "$@" ;;
    kill-node) kill_node "${1:-node1}" ;;
    restart-node) restart_node "${1:-node1}" ;;
    wait-idle) wait_for "${1:-$PATIENCE}" "an idle cluster" all_idle ;;
    status) sinfo --long --Node; squeue --states all ;;
    stop) stop ;;
    help | --help | -h) usage ;;
    *) usage; die "no command $command" ;;
    esac
}

main "$@"

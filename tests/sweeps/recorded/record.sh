#!/bin/bash
# record.sh FOLDER: records what this machine's sacct and squeue print into FOLDER/<version>/, in about three minutes.
#
# It needs what tests/slurm/start-slurm.sh needs, sets up a Slurm of its own of five nodes on nine
# ports from KIT_SLURM_PORT (17817), and ends it.
# For a version that is not installed here: debootstrap an older or newer Debian with those packages, bind this checkout and
# /proc into it, and run this in it by chroot.
#
# An array of 25 tasks, each of which meets its own end, and one that is held are recorded at two moments: while tasks wait
# and run (squeue.txt, sacct.txt), and after the rest was cancelled and the queue was empty (sacct-ended.txt).
set -eu
out=$(mkdir -p "$1" && cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
export PATH=$PATH:/usr/sbin SLURM_BITSTR_LEN=0
cluster=$(mktemp -d /tmp/record-slurm.XXXXXX)
chmod 755 "$cluster"
export KIT_SLURM_PORT=${KIT_SLURM_PORT:-17817}
"$here/../../slurm/start-slurm.sh" "$cluster"
. "$cluster/environment"
end() {
  rm -rf "$cluster/running" "$cluster"/slow/*
  # A node whose slurmd was killed still has what it started; a new slurmd ends that.
  [ -s "$cluster/pid/slurmd-n004" ] || slurmd -N n004
  scancel --user=games || true
  for _ in $(seq 100); do [ -z "$(squeue -h)" ] && break; sleep 0.3; done
  for file in "$cluster"/pid/slurmd-*; do kill "$(cat "$file")" || true; done
  "$here/../../slurm/stop-slurm.sh" "$cluster"
  rm -rf "$cluster"
}
trap end EXIT
wait_for() { for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.3; done; echo "In vain: $*" >&2; squeue -r >&2; sacct -X >&2; exit 1; }

# Five nodes in place of the one, one of them for a slow epilog, since some versions do one after the other on a node;
# a task that takes more memory than it asked for is killed.
host=$(hostname -s)
for daemon in slurmctld slurmd; do
  pid=$(cat "$cluster/pid/$daemon"); kill "$pid"; wait_for eval "! kill -0 $pid"
done
mkdir -m 777 "$cluster/slow"
touch "$cluster/running"
cat >"$cluster/epilog" <<'SCRIPT'
#!/bin/bash
while [ -e "$(dirname "$0")/slow/$SLURM_JOB_ID" ]; do sleep 1; done
SCRIPT
chmod 755 "$cluster/epilog"
sed -i -E "/^(NodeName|PartitionName|JobAcctGatherType|SelectTypeParameters|SlurmdPidFile|SlurmdSpoolDir|SlurmdLogFile)=/d" "$cluster/slurm.conf"
cat >>"$cluster/slurm.conf" <<CONF
JobAcctGatherType=jobacct_gather/linux
SelectTypeParameters=CR_Core_Memory
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill
Epilog=$cluster/epilog
SlurmdParameters=config_overrides
SlurmdPidFile=$cluster/pid/slurmd-%n
SlurmdSpoolDir=$cluster/spool-%n
SlurmdLogFile=$cluster/log/slurmd-%n
$(for n in 1 2 3 4; do echo "NodeName=n00$n NodeHostname=$host NodeAddr=127.0.0.1 Port=$((KIT_SLURM_PORT + 3 + n)) CPUs=10 RealMemory=3000"; done)
NodeName=n005 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((KIT_SLURM_PORT + 8)) CPUs=10 RealMemory=3000 Weight=10
PartitionName=normal Nodes=n00[1-5] Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=urgent Nodes=n00[1-5] Default=NO MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
CONF
slurmctld -c
for n in 1 2 3 4 5; do slurmd -N "n00$n" -c; done
wait_for eval '[ "$(sinfo -h -N -p normal -o %T | grep -c idle)" = 5 ]'

cat >"$cluster/task" <<SCRIPT
#!/bin/bash
stay() { while [ -e "$cluster/running" ]; do sleep 1; done; }
case \$SLURM_ARRAY_TASK_ID in
  0 | 1) exit 0 ;;
  2) exit 1 ;;
  3) exit 75 ;;
  6) { head -c 400M /dev/zero; stay; } | tail ;;
  14) touch "$cluster/slow/\$SLURM_JOB_ID"; exit 0 ;;
  15) kill -SEGV \$\$ ;;
esac
stay
SCRIPT

# As a user who is not root: accounting says who cancelled.
as_user() { setpriv --reuid=games --regid=games --clear-groups "$@"; }
submit() { as_user sbatch --parsable --output=/dev/null --chdir=/ --time=60 --mem=100 "$@" "$cluster/task"; }
job=$(submit --hold --requeue --job-name=kit-recorded --array=0-24)
held=$(submit --hold --requeue --job-name=kit-recorded --array=0,3-5,12,90-92%25)
update() { scontrol update "jobid=${job}_$1" "${@:2}"; }
for task in 4 8 9; do update "$task" ReqNodeList=n001; done
update 14 ReqNodeList=n005
for task in 13 16 17; do update "$task" ReqNodeList=n002; done
for task in 7 10 12; do update "$task" ReqNodeList=n003; done
for task in 5 11; do update "$task" ReqNodeList=n004; done
for task in 5 7; do update "$task" Requeue=0; done
for task in 12 13; do update "$task" TimeLimit=1; done
for task in $(seq 0 11) $(seq 13 18); do scontrol release "${job}_$task"; done

queued() { [ "$(squeue -h -r -o '%i|%T' | sed -n "s/^${job}_$1|//p")" = "$2" ]; }
accounted() { [[ $(sacct -X -n -P -o State -j "${job}_$1") == "$2"* ]]; }
for task in 4 5 7 8 9 10 11 13 16 17 18; do wait_for queued "$task" RUNNING; done
as_user scancel "${job}_4"
scontrol suspend "${job}_16"
scontrol requeuehold State=SpecialExit "${job}_18"
kill -9 "$(cat "$cluster/pid/slurmd-n004")"
rm "$cluster/pid/slurmd-n004"
submit --partition=urgent --nodelist=n003 --exclusive --job-name=urgent >/dev/null
wait_for accounted 7 PREEMPTED
# It cannot start in time: its node is taken.
update 12 "Deadline=$(date -d '+65 seconds' +%FT%T)"
scontrol release "${job}_12"
for end in 4:CANCELLED 5:NODE_FAIL 13:TIMEOUT 12:DEADLINE; do wait_for accounted "${end%:*}" "${end#*:}"; done
scontrol requeue "${job}_17"
# It says that it cannot be for the tasks that are over.
scontrol update "jobid=$job" ArrayTaskThrottle=2 2>/dev/null || true
scontrol release "${job}_[19-24]"
wait_for eval "squeue -h -r -o '%i|%r' | grep -qx '${job}_24|JobArrayTaskLimit'"

version=$(sinfo --version | cut -d' ' -f2)
mkdir -p "$out/$version"
ask_squeue() { squeue -h -r -o '%i|%T|%r|%M|%N' --name=kit-recorded; }
ask_sacct() { sacct -X -n -P -o JobID,State,ExitCode,ElapsedRaw,NodeList -j "$job,$held"; }
# Accounting lags a little behind.
sleep 10
ask_squeue >"$out/$version/squeue.txt"
ask_sacct >"$out/$version/sacct.txt"
rm "$cluster"/slow/*
as_user scancel --name=kit-recorded
wait_for eval '[ -z "$(ask_squeue)" ]'
sleep 10
ask_sacct >"$out/$version/sacct-ended.txt"

#!/bin/bash
# start-slurm.sh FOLDER: a Slurm of one node with two slots, with accounting, whose files all lie in FOLDER; its
# settings for commands (SLURM_CONF) are in FOLDER/environment. stop-slurm.sh FOLDER ends it.
#
# It needs Linux, root (slurmd starts jobs as their users) and Debian's or Ubuntu's packages:
#   apt-get install --no-install-recommends slurmctld slurmd slurmdbd slurm-client munge mariadb-server
# It listens on 127.0.0.1 alone, on four ports from KIT_SLURM_PORT (16817), and touches no Slurm or database that is already there.
set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
for command in munged slurmctld slurmd slurmdbd sbatch sacct mariadbd mariadb-install-db; do
  PATH=$PATH:/usr/sbin command -v "$command" >/dev/null || { echo "Slurm cannot be set up: $command is not installed." >&2; exit 3; }
done
[ "$(id -u)" = 0 ] || { echo "Slurm cannot be set up: that needs root." >&2; exit 3; }
export PATH=$PATH:/usr/sbin
host=$(hostname -s)
port=${KIT_SLURM_PORT:-16817}
mkdir -p "$folder"/{munge,database,state,spool,log,pid}
chmod 700 "$folder/munge"; chmod 755 "$folder"

dd if=/dev/urandom bs=1 count=1024 of="$folder/munge/key" 2>/dev/null; chmod 400 "$folder/munge/key"
munged --force --key-file="$folder/munge/key" --socket="$folder/munge.socket" --pid-file="$folder/pid/munged" \
  --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"

mariadb-install-db --no-defaults --user=root --datadir="$folder/database" --auth-root-authentication-method=normal >"$folder/log/install-db" 2>&1 || { cat "$folder/log/install-db" >&2; exit 1; }
mariadbd --no-defaults --user=root --datadir="$folder/database" --socket="$folder/database/socket" --pid-file="$folder/database/pid" \
  --bind-address=127.0.0.1 --port=$((port + 3)) --innodb-buffer-pool-size=32M --skip-log-bin >"$folder/log/mariadbd" 2>&1 &
for _ in $(seq 100); do [ -S "$folder/database/socket" ] && break; sleep 0.2; done
mariadb --no-defaults --socket="$folder/database/socket" -e \
  "create user if not exists slurm@localhost identified by 'slurm'; grant all on slurm_acct_db.* to slurm@localhost; flush privileges;"

cat >"$folder/slurmdbd.conf" <<CONF
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
DbdHost=localhost
DbdPort=$((port + 2))
SlurmUser=root
LogFile=$folder/log/slurmdbd
PidFile=$folder/pid/slurmdbd
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((port + 3))
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct_db
CONF
chmod 600 "$folder/slurmdbd.conf"

cat >"$folder/slurm.conf" <<CONF
ClusterName=kit
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket,cred_expire=5
CryptoType=crypto/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/pid/slurmctld
SlurmdPidFile=$folder/pid/slurmd
SlurmctldLogFile=$folder/log/slurmctld
SlurmdLogFile=$folder/log/slurmd
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort=$((port + 2))
AccountingStoragePass=$folder/munge.socket
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
# A node that says nothing for ten seconds is down, and its jobs are requeued.
SlurmdTimeout=10
InactiveLimit=0
KillWait=10
MinJobAge=300
ReturnToService=2
MaxArraySize=${KIT_MAX_ARRAY_SIZE:-1001}
NodeName=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1 RealMemory=3000
PartitionName=normal Nodes=$host Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=urgent Nodes=$host Default=NO MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
CONF
# From 23.02 slurmd asks for cgroups that nothing here needs; older ones do not know this word.
[ "$(slurmd -V | sed -E 's/[^0-9]*([0-9]+).*/\1/')" -lt 23 ] || echo CgroupPlugin=disabled >"$folder/cgroup.conf"
export SLURM_CONF=$folder/slurm.conf
cat >"$folder/environment" <<CONF
export SLURM_CONF=$folder/slurm.conf
CONF

wait_for() { for _ in $(seq 100); do "$@" >/dev/null 2>&1 && return; sleep 0.3; done; echo "Slurm did not start: $* (logs in $folder/log)" >&2; exit 1; }
# slurmdbd looks for its file beside slurm.conf.
slurmdbd
wait_for sacctmgr -n show cluster
sacctmgr -i add cluster kit >/dev/null 2>&1 || true
slurmctld -c
slurmd -N "$host" -c
for _ in $(seq 100); do [ "$(sinfo -h -p normal -o %T)" = idle ] && break; sleep 0.3; done
[ "$(sinfo -h -p normal -o %T)" = idle ] || { echo "Slurm's node did not start: $(sinfo -h -o %T) (logs in $folder/log)" >&2; exit 1; }
echo "Slurm $(sinfo --version | cut -d' ' -f2) is up: $folder"

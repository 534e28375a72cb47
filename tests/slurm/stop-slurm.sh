#!/bin/bash
# stop-slurm.sh FOLDER: ends what start-slurm.sh started, by the process ids that it left in FOLDER.
folder=$1
for file in pid/slurmctld pid/slurmd pid/slurmdbd database/pid pid/munged; do
  [ -s "$folder/$file" ] || continue
  pid=$(cat "$folder/$file")
  kill "$pid" 2>/dev/null
  # The folder is removed next, and the database writes until its end.
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -9 "$pid" 2>/dev/null
done
exit 0

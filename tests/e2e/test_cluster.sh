#!/bin/bash
# submit on a whole Slurm cluster of four nodes of this machine: one node is lost in the middle; a cell
# runs into the time limit of the first round, another one into its memory.
. tests/e2e/lib.sh
. "$repository/tests/e2e/cluster.sh"

tiny_spec tiny 4
sed -i 's/jobs: 2/jobs: 1/' tiny.yaml
expect "dry run" 0 submit tiny.yaml --workers 4 --throttle 2 --minutes 5 --partition main --account me --dry-run
says "has an array with a cap" "^#SBATCH --array=1-4%2$" out
says "a time limit" "^#SBATCH --time=5$" out
says "memory" "^#SBATCH --mem=512M$" out
says "a signal before the limit" "^#SBATCH --signal=B:TERM@60$" out
says "partition" "^#SBATCH --partition=main$" out
says "account" "^#SBATCH --account=me$" out
says "workers that claim" "relubench' run '$work/tiny.yaml' --claim" out
says "the next round" "submit '$work/tiny.yaml' --engine slurm .* --round 2 --workers 4" out
check "nothing is written" "results" [ ! -e results ]
sed "/^# .*next.sh/,\$d" out | sh -n
check "the script is one" "syntax" [ $? -eq 0 ]
expect "submit of a shard" 2 submit tiny.yaml --shard 1/2
says_once "is refused"
mkdir fake
printf '%s\n' '#!/bin/sh' 'echo "small|1:00:00"' 'echo "main*|1-12:00:00"' >fake/sinfo
chmod +x fake/sinfo
PATH=$work/fake:$PATH expect "more minutes than the partition gives" 0 submit tiny.yaml --minutes 5000 --dry-run
says "is told, and those it gives asked for" "round 1: group 1: 2160 min for a task, as its partition gives no more, in the place of 5000"
check "a time limit of the partition" "$(grep time= out)" [ "$(grep -c '^#SBATCH --time=2160$' out)" -eq 1 ]
PATH=$work/fake:$PATH expect "a partition of further options" 0 submit tiny.yaml --minutes 5000 --options '-p other' --dry-run
says "is not looked at" "^#SBATCH --time=5000$" out
if ! can_cluster; then
	echo "ok a cluster # SKIP needs slurm-wlm, munge and root"
	exit 0
fi
start_cluster
expect "more minutes than this partition gives" 0 submit tiny.yaml --minutes 90 --dry-run
says "are those that it gives" "^#SBATCH --time=60$" out

expect "a local run" 0 run tiny.yaml --quiet --out alone
# A node is lost: its slurmd and what it ran, while it holds a claim.
with_worker '*) while [ -e hold ]; do sleep 0.1; done ;;'
touch hold
expect "submit" 0 submit tiny.yaml --workers 4 --minutes 5
says "names the jobs" "^round 1: slurm [0-9]* [0-9]*: 4 tasks for 12 cells$" out
lost=
for ((i = 0; i < 300; i++)); do
	for process in $(cut -d- -f4 results/tiny/claims/* 2>/dev/null); do # claim-HOST-SPACE-PROCESS-START
		tr '\0' '\n' 2>/dev/null <"/proc/$process/environ" | grep -qx SLURMD_NODENAME=n2 && lost=$process
	done
	[ -z "$lost" ] || break
	sleep 0.1
done
check "a worker runs on n2" "$(squeue)" [ -n "$lost" ]
expect "status" 0 status results/tiny
says "has the queue's view" "^  running     [1-4]  .*n2" out
says "and why the next waits" "^  pending     .*Dependency" out
kill -9 "$(cat "$home/slurmd-n2.pid")" "$lost"
rm hold
scontrol update nodename=n2 state=down reason=lost
check "the queue ends" "see above" wait_all
same "node lost: the values of a local run" alone/tiny results/tiny
check "node lost: none twice in the tables" "$(cut -d, -f1 results/tiny/summary.csv | sort | uniq -d)" \
	[ -z "$(cut -d, -f1 results/tiny/summary.csv | sort | uniq -d)" -a "$(wc -l <results/tiny/summary.csv)" -eq 13 ]
check "node lost: the last job builds the report" "$(tail -n 3 results/tiny/submit/*.log)" [ -s results/tiny/report.html ]

# A cell that is longer than the limit of the first round is ended by TERM, and done in the second.
# Slurm looks at limits twice a minute. Meanwhile one that needs more memory than the first round gives
# it is recorded as such, and done in the second with more.
with_worker '*\"width\":8*\"repetition\":1*|*\"repetition\":1*\"width\":8*) exec perl -e "\$x = qq(x); \$x x= 9e7; select undef, undef, undef, 0.4; exec @ARGV" "'"$(dirname "$program")"'/relubench-worker-double" "$@" ;;
*\"width\":8*) while [ -e hold ]; do sleep 0.1; done ;;'
touch hold
expect "submit a long cell" 0 submit tiny.yaml --workers 1 --minutes 1 --grace 55 --out late \
	--filter method=sgd,repetition=0
expect "submit a large cell" 0 submit tiny.yaml --workers 1 --minutes 5 --memory 64MiB --rounds 2 --out large \
	--filter method=sgd,repetition=1
for ((i = 0; i < 600; i++)); do
	[ ! -e late/tiny/submit/round-2-group-1.sh ] || break
	[ -e large.first ] || [ -z "$(statuses_of large/tiny)" ] || statuses_of large/tiny >large.first
	sleep 0.2
done
check "nothing is recorded of what was not done" "$(ls late/tiny/cells)" [ -z "$(ls late/tiny/cells)" ]
rm hold
check "the queue ends" "see above" wait_all
says "with twice the time" "^#SBATCH --time=2$" late/tiny/submit/round-2-group-1.sh
statuses "and done" late/tiny "1 ok"
check "no claim is left" "$(ls late/tiny)" [ ! -e late/tiny/claims ]
says "the large cell was out of memory" "^1 oom$" large.first
says "with more memory for its task" "^#SBATCH --mem=[0-9]\{3,\}M$" large/tiny/submit/round-2-group-1.sh
says "and for the cell" "cell-memory [1-9][0-9]\{8\}" large/tiny/submit/round-2-group-1.sh
statuses "and done" large/tiny "1 ok"

# Cancelled in the middle: the queue is empty, and no cell is held any more.
without_worker
with_worker '*) while [ -e hold ]; do sleep 0.1; done ;;'
touch hold
expect "submit what will be cancelled" 0 submit tiny.yaml --workers 3 --minutes 5 --out gone
for ((i = 0; i < 300; i++)); do
	[ "$(ls gone/tiny/claims 2>/dev/null | wc -l)" -ne 3 ] || break
	sleep 0.1
done
expect "cancel" 0 cancel gone/tiny
check "the queue is empty" "$(squeue)" [ -z "$(squeue -h)" ]
expect "status after it" 0 status gone/tiny
says "has what was cancelled" "^  cancelled" out
says "and no cell that runs" "^12 cells: 0 done, 0 running, 12 missing" out
check "no claim is left" "$(ls gone/tiny/claims)" [ ! -e gone/tiny/claims ]

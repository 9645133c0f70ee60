#!/bin/bash
# submit by GNU parallel and by Snakemake: status and cancel on the way, limits that are raised, many cells
# in few tasks.
. tests/e2e/lib.sh

tiny_spec tiny 4
sed -i 's/jobs: 2/jobs: 1/' tiny.yaml
expect "an engine that there is not" 2 submit tiny.yaml --engine paralel
says "is told, with the nearest" 'did you mean "parallel"'
expect "a partition of parallel" 2 submit tiny.yaml --engine parallel --partition main
says_once "is refused"
expect "hosts of slurm" 2 submit tiny.yaml --hosts a,b
says_once "are refused"
expect "dry run" 0 submit tiny.yaml --engine parallel --workers 3 --throttle 2 --hosts 2/:,a --dry-run
says "has hosts, tasks at once and a log" "^parallel .*--joblog round-1.joblog --resume-failed .*--sshlogin '2/:,a' --jobs 2" out
says "has a line a task" "^1 3$" out
expect "dry run of snakemake" 0 submit tiny.yaml --engine snakemake --workers 3 --dry-run
says "has a rule a group" "^rule group_1:" out
says "with its needs" "resources: mem_mb=512, runtime=60$" out
check "nothing is written" "results" [ ! -e results ]
expect "status of what was not submitted" 0 run tiny.yaml --quiet --out alone
expect "cancel of what was not submitted" 4 cancel alone/tiny
says_once "says so"
if ! command -v parallel >/dev/null; then
	echo "ok tasks by GNU parallel # SKIP needs the package parallel"
	exit 0
fi

# --- two tasks are at work, then cancelled, then submitted again ---------------------------------
with_worker '*) while [ -e hold ]; do sleep 0.1; done ;;'
touch hold
"$relubench" submit tiny.yaml --engine parallel --workers 4 --throttle 2 >submitted 2>&1 </dev/null &
for ((i = 0; i < 200; i++)); do
	[ "$(ls results/tiny/claims 2>/dev/null | wc -l)" -eq 2 ] && break
	sleep 0.1
done
expect "status" 0 status results/tiny
says "has the cells" "^12 cells: 0 done, 2 running, 12 missing" out
says "and where they are computed" "^  running     2 on $(uname -n | tr -c 'A-Za-z0-9\n' _)$" out
says "and the tasks" "^submitted to parallel .*round 1: 4 tasks: 2 not started, 2 started, 0 ended, 0 failed" out
expect "status as JSON" 0 status results/tiny --json
says "has the tasks too" '"not_started": 2' out
expect "cancel" 0 cancel results/tiny
status=0
wait $! || status=$?
check "submit ends as interrupted" "$status: $(cat submitted)" [ $status -eq 5 ]
check "claims are given back" "$(ls results/tiny/claims 2>&1)" [ ! -e results/tiny/claims ]
check "no worker is left" "$(processes "*$work/results/tiny*")" [ -z "$(processes "*$work/results/tiny*")" ]
check "no second round was begun" "round-2" [ ! -e results/tiny/submit/round-2 ]
expect "cancel again" 0 cancel results/tiny
rm hold
expect "submit again" 0 submit tiny.yaml --engine parallel --workers 4
says "builds the report" "^results/tiny/report.html" out
same "the values of a local run" alone/tiny results/tiny
check "a line in the log a task" "$(cat results/tiny/submit/round-1.joblog)" \
	[ "$(wc -l <results/tiny/submit/round-1.joblog)" -eq 5 ]
check "resume computes nothing" "$(sh results/tiny/submit/round-1.sh 2>&1)" \
	[ "$(wc -l <results/tiny/submit/round-1.joblog)" -eq 5 ]

# --- limits --------------------------------------------------------------------------------------
# One cell needs more memory than the first round allows it, one ends at the time limit of the spec.
without_worker
with_worker '*\"width\":8*\"repetition\":0*|*\"repetition\":0*\"width\":8*) exec perl -e "\$x = qq(x); \$x x= 9e7; select undef, undef, undef, 0.4; exec @ARGV" "'"$(dirname "$program")"'/relubench-worker-double" "$@" ;;
*\"width\":8*\"repetition\":1*|*\"repetition\":1*\"width\":8*) sleep 5 ;;'
sed 's/time_limit: 1m/time_limit: 4s/' tiny.yaml >limits.yaml
expect "submit of what needs more" 1 submit limits.yaml --engine parallel --workers 2 --memory 64MiB --out more --filter method=sgd --rounds 1
statuses "one round" more/tiny "2 ok 1 oom 1 timeout"
says "says what is left" "^1 cells are missing after 1 rounds"
says "and what is not tried" "^1 cells ended at a limit"
expect "again" 0 submit limits.yaml --engine parallel --workers 2 --memory 64MiB --out more --filter method=sgd --time-up-to 30s
says "counts them" "2 of the cells for the second time" out
says "with a larger memory limit" "cell-memory [1-9][0-9]\{8\}" more/tiny/submit/round-1-group-1.sh
statuses "all are done" more/tiny "4 ok"
without_worker

# --- many cells in few tasks ---------------------------------------------------------------------
cat >many.yaml <<END
name: many
seed: 7
repeats: 500
data:
  - name: moons
    generate: {kind: moons, n: 60, noise: 0.1}
    split: {test: 0.3}
train:
  - {name: admm, solver: admm, patterns: [5, 8], beta: 0.1}
stop: {iterations: 5}
END
expect "1,000 cells" 0 submit many.yaml --engine parallel
says "in few tasks" " 6 tasks for 1000 cells" out
check "all are done" "$(wc -l <results/many/summary.csv)" [ "$(wc -l <results/many/summary.csv)" -eq 1001 ]
check "none twice" "$(cut -d, -f1 results/many/summary.csv | sort | uniq -d)" \
	[ -z "$(cut -d, -f1 results/many/summary.csv | sort | uniq -d)" ]

# --- the same by Snakemake -----------------------------------------------------------------------
if ! command -v snakemake >/dev/null; then
	echo "ok tasks by Snakemake # SKIP there is no snakemake"
	exit 0
fi
export HOME=$work # for its cache
expect "submit by Snakemake" 0 submit tiny.yaml --engine snakemake --workers 4 --options '--cores 2' --out snake
same "Snakemake: the values of a local run" alone/tiny snake/tiny

#!/bin/bash
# One cell on several ranks: the objective and bound of one process, or one clear error where the program
# is built without MPI.
. tests/e2e/lib.sh
. "$repository/tests/e2e/cluster.sh"

cat >ranks.yaml <<END
name: ranks
resources: {jobs: 1, threads: 1, ranks: 2}
data:
  - {name: teacher, generate: {kind: teacher, n: 90, d: 3}}
train:
  - {solver: admm, beta: 0.1, patterns: 4, u_update: primal, finish: none}
  - {solver: adam, beta: 0.1, width: 9, epochs: 3, batch: 20}
  - {solver: scp, beta: 0.1, neurons: 20}
stop: {iterations: 10}
END

# field NAME FOLDER: a number of each record, to ten digits
field()
{
	grep -ho "\"$1\": *[0-9.e+-]*" "$2"/ranks/cells/*/result.json | awk '{ printf "%.9e ", $NF }'
}

"$relubench" run ranks.yaml --out two >two.log 2>&1
if grep -q "built without MPI" two.log; then
	check "ranks without MPI are an error at their line" "$(cat two.log)" \
		test "$(grep -c "^ranks.yaml:2:41: resources.ranks: this program is built without MPI" two.log)" = 1
	expect "nodes of a cell of one process" 2 validate ranks.yaml --set resources.ranks=1 --set resources.nodes=2
	says "are refused" "resources.nodes: 2 nodes for 1 rank of a cell"
	echo "ok ranks give what one process gives # SKIP built without MPI"
	exit 0
fi
# same NAME SET...: objective and bound of two ranks are those of one process, with these settings
same()
{
	local name=$1 field sets=()

	shift
	for set in "$@"; do
		sets+=(--set "$set")
	done
	rm -rf one two
	"$relubench" run ranks.yaml --out two "${sets[@]}" >two.log 2>&1
	"$relubench" run ranks.yaml --out one "${sets[@]}" --set resources.ranks=1 >one.log 2>&1
	for field in objective lower_bound; do
		check "$name: $field of two ranks is that of one process" \
			"$(field $field one) $(field $field two) $(cat two.log)" \
			test -n "$(field $field one)" -a "$(field $field one)" = "$(field $field two)"
	done
}

same "one output"
check "three methods were run" "$(cat two.log)" test "$(field objective two | wc -w)" = 3
same "classes that the loss couples" 'data[0]={name: teacher, generate: {kind: teacher, n: 90, d: 3, outputs: 3}}' \
	'train=[{solver: admm, loss: logistic, beta: 0.1, patterns: 4, u_update: primal, finish: none}]'
check "a method that needs all rows is refused" "" \
	grep -q "resources.ranks: method \"ipm\": solver: needs all rows" \
	<<<"$("$relubench" run ranks.yaml --out no --set 'train=[{solver: ipm}]' 2>&1)"

# attacks and certificates on the samples of two ranks: to the bit those of one process on the same network
probes=(--set 'data=[{name: teacher, generate: {kind: teacher, n: 900, d: 3}}]' --set samples=true
	--set 'train=[{solver: admm, beta: 0.1, patterns: 4, u_update: primal, finish: none}]')
attacks=(--set 'attack=[{attack: pgd, norm: linf, eps: [0.1, 0.3], steps: 5, part: train, export: true},
	{attack: square, norm: l2, eps: [0.2], queries: 20, part: train}]'
	--set 'certify=[{certificate: exact, norm: linf, eps: [0.1, 0.3], part: train},
	{certificate: crown, norm: l2, eps: [0.2], part: train}]')
"$relubench" run ranks.yaml --out shared "${probes[@]}" "${attacks[@]}" >shared.log 2>&1
"$relubench" run ranks.yaml --out alone "${probes[@]}" >alone.log 2>&1
cp -r alone later
"$relubench" run ranks.yaml --out alone "${probes[@]}" "${attacks[@]}" --set resources.ranks=1 >alone.log 2>&1
"$relubench" run ranks.yaml --out later "${probes[@]}" "${attacks[@]}" >later.log 2>&1
for file in samples.csv findings.npz adversarial.npz; do
	check "$file of two ranks is that of one process" "$(cat shared.log alone.log)" \
		cmp shared/ranks/cells/*/$file alone/ranks/cells/*/$file
	check "$file that two ranks complete, too" "$(cat later.log)" \
		cmp later/ranks/cells/*/$file alone/ranks/cells/*/$file
done
check "the record says that its samples were on ranks" "$(cat shared.log)" \
	grep -q "samples of attacks and certificates on 2 ranks" shared/ranks/cells/*/result.json
check "one process verifies them" "" "$relubench" verify shared/ranks "$(basename shared/ranks/cells/*)"

# an error that every rank has: one record of it, whose log nobody changes afterwards
"$relubench" run ranks.yaml --out wrong --set 'train=[{solver: adam, beta: 0.1, patience: 3}]' >wrong.log 2>&1
check "an error of all ranks is recorded once, with its text" "$(cat wrong.log)" \
	grep -q '"message": *"patience: expected 0 or a validation part' wrong/ranks/cells/*/result.json
check "and is no damaged record" "$(cat wrong.log)" test "$(grep -c damaged wrong.log)" = 0

# an error that a later rank alone has, in whose place is a file: recorded once, with its text
cat >spoilt.sh <<'END'
# spoilt.sh COUNT PROGRAM FOLDER...
: >"$3.rank1"
exec mpirun -n "$@"
END
one=(--set 'train=[{solver: adam, beta: 0.1, width: 9, epochs: 3, batch: 20}]')
"$relubench" run ranks.yaml --out later "${one[@]}" --set 'resources.launch=sh spoilt.sh' >later.log 2>&1
check "an error of a later rank fails the cell, with its text" "$(cat later.log)" \
	grep -q '"message": *"rank 1: later/ranks/tmp/[^ ]*rank1: ' later/ranks/cells/*/result.json
check "which is complete" "$(ls later/ranks/cells/*)" test "$(statuses_of later/ranks)" = "1 failed" -a ! -e later/ranks/tmp
before=$(cksum later/ranks/cells/*/result.json)
"$relubench" run ranks.yaml --out later "${one[@]}" >later.log 2>&1
check "and is not tried again" "$(cat later.log)" test "$before" = "$(cksum later/ranks/cells/*/result.json)"

# memory that the plan says, and that all ranks held
memory=(--set 'data=[{name: rows, generate: {kind: blobs, n: 60000, d: 20}}]' --set 'stop={iterations: 1}'
	--set 'train=[{solver: sgd, loss: logistic, beta: 0.1, width: 8, epochs: 1, batch: 0}]')
planned=$("$relubench" plan ranks.yaml --out memory "${memory[@]}" | sed -n 's/.*at most \([0-9.]*\) MiB.*/\1/p')
"$relubench" run ranks.yaml --out memory "${memory[@]}" >memory.log 2>&1
held=$(field peak_mem_bytes memory)
check "the plan says the memory of all ranks" "${planned:-none} MiB planned, $held held" \
	awk -v planned="${planned:-0}" -v held="$held" \
	'BEGIN { ratio = planned * 1048576 / held; exit !(ratio > 0.95 && ratio < 2) }'

# tasks of several nodes
expect "dry run of a task of two nodes" 0 submit ranks.yaml --nodes 2 --dry-run
says "has its nodes" "^#SBATCH --nodes=2$" out
says "and ranks" "^#SBATCH --ntasks=2$" out
expect "more nodes than ranks" 2 submit ranks.yaml --nodes 3 --dry-run
says "are refused" "resources.nodes: 3 nodes for 2 ranks"
expect "nodes of parallel" 2 submit ranks.yaml --nodes 2 --engine parallel --dry-run
says_once "are refused"
each=$("$relubench" plan ranks.yaml "${memory[@]}" --set resources.ranks=4 --set resources.nodes=2 | sed -n 's/.*at most \([0-9.]*\) MiB.*/\1/p')
check "memory is that of a node" "$each MiB of two nodes for two ranks each, $planned of one for two" awk -v each="$each" -v all="$planned" 'BEGIN { exit !(each > 0.7 * all && each <= all) }'

# a rank that dies: the cell is interrupted, nothing of the others stays, and the next run computes it
long=(--set 'stop={iterations: 100000000, seconds: 2, gap: null}'
	--set 'train=[{solver: admm, beta: 0.1, patterns: 4, u_update: primal, finish: none}]')
"$relubench" run ranks.yaml --out dead "${long[@]}" >dead.log 2>&1 &
run=$!
for _ in $(seq 200); do
	sleep 0.05
	[ "$(cat dead/ranks/tmp/*.rank1/trace.csv 2>/dev/null | wc -l)" -gt 2 ] && break
done
kill -9 "$(pgrep -f "relubench-worker-double dead/ranks/.* --ranks 2" | tail -n 1)"
ended=0
wait $run || ended=$?
check "a run with a dead rank ends with status 1" "$ended: $(cat dead.log)" test $ended = 1
check "its cell is interrupted and says why" "$(cat dead.log)" \
	grep -q '"message": *"one of 2 ranks died' dead/ranks/cells/*/result.json
check "nothing stays in its place of work" "$(ls dead/ranks)" test ! -e dead/ranks/tmp
"$relubench" run ranks.yaml --out dead "${long[@]}" >again.log 2>&1
check "the next run computes it" "$(cat again.log)" \
	grep -q '"status": *"ok"' dead/ranks/cells/*/result.json
held=$(field peak_mem_bytes dead)
"$relubench" run ranks.yaml --out small "${long[@]}" --cell-memory "$(awk -v held="$held" 'BEGIN { printf "%.0f", 0.75 * held }')" >small.log 2>&1
check "a limit of memory counts all ranks" "$held held: $(cat small.log)" test "$(statuses_of small/ranks)" = "1 oom"
check "and none is left" "$(processes '*small/ranks/tmp*')" test -z "$(processes '*small/ranks/tmp*')"

if ! can_cluster; then
	echo "ok ranks on two nodes # SKIP needs slurm-wlm, munge and root"
	exit 0
fi
start_cluster
expect "submit to two nodes" 0 submit ranks.yaml --nodes 2 --minutes 5 --out slurm --set 'resources.launch=srun --mpi=pmi2 -n'
check "the queue ends" "see above" wait_all
"$relubench" run ranks.yaml --out local >local.log 2>&1
check "two ranks on two nodes give what they give on one" "$(field objective slurm) $(field objective local) $(cat slurm/ranks/submit/*.log)" \
	test -n "$(field objective slurm)" -a "$(field objective slurm)" = "$(field objective local)"

#!/bin/bash
# What is added to a spec is computed on the networks that are there: training, attacks, certificates
# and selections have keys of their own, names are part of none.
. tests/e2e/lib.sh

# write NAME ATTACKS CERTIFICATES SELECT PLOTS [DATA-NAME] [METHOD-NAME]: NAME.yaml.
write()
{
	cat >"$1.yaml" <<-END
	name: keys
	seed: 7
	repeats: 2
	resources: {jobs: 2, threads: 1, time_limit: 1m}
	data:
	  - name: ${6:-moons}
	    generate: {kind: moons, n: 60, noise: 0.1}
	    split: {test: 0.3, validation: 0.2}
	    prepare: [bias]
	train:
	  - {name: ${7:-admm}, solver: admm, patterns: [5, 8], beta: 0.1$4}
	  - {name: sgd, solver: sgd, width: 8, epochs: 5, batch: 16, learning_rate: 0.05, beta: 0.1}
	stop: {iterations: 20}
	attack: [$2]
	certify: [$3]
	plots: [$5]
	END
}

# trained_as NAME: models, traces and their times are those that were kept in "trained".
keep_training()
{
	rm -rf trained
	mkdir trained
	for cell in here/keys/cells/*; do
		mkdir "trained/${cell##*/}"
		cp -p "$cell/model.npz" "$cell/trace.csv" "trained/${cell##*/}"
		grep -e '"solve_s"' -e '"setup_s"' -e '"date"' "$cell/result.json" >"trained/${cell##*/}/times"
	done
}

trained_as()
{
	local cell id bad=

	[ "$(cells_of here/keys)" = "$(ls trained)" ] || bad="other cells"
	for cell in here/keys/cells/*; do
		id=${cell##*/}
		cmp -s "$cell/model.npz" "trained/$id/model.npz" || bad="$id: model.npz"
		[ "$cell/model.npz" -nt "trained/$id/model.npz" ] && bad="$id: model.npz is newer"
		cmp -s "$cell/trace.csv" "trained/$id/trace.csv" || bad="$id: trace.csv"
		grep -e '"solve_s"' -e '"setup_s"' -e '"date"' "$cell/result.json" |
			cmp -s - "trained/$id/times" || bad="$id: times"
	done
	check "$1" "$bad" [ -z "$bad" ]
}

# rows DIR: every row of every cell but its seconds, and the findings.
rows()
{
	local cell

	for cell in "$1"/keys/cells/*; do
		echo "== ${cell##*/}"
		(cd "$cell" && ls)
		cut -d, -f1-11,13- "$cell/attack.csv"
		cut -d, -f1-11,13- "$cell/attack_validation.csv"
		cut -d, -f1-11 "$cell/certify.csv"
		cksum <"$cell/findings.npz"
		grep -e accuracy -e '"status"' "$cell/result.json"
		cat "$cell/cell.json"
	done 2>/dev/null
}

# as_at_once NAME SPEC: the records are those of a run that computes all of it at once.
as_at_once()
{
	rm -rf fresh
	expect "$1: a run of all at once" 0 run "$2.yaml" --out fresh
	rows here >here.rows
	rows fresh >fresh.rows
	check "$1: the same rows" "$(diff here.rows fresh.rows | head -n 5)" cmp -s here.rows fresh.rows
}

fgsm='{attack: fgsm, norm: linf, eps: [0, 0.1]}'
pgd='{name: mine, attack: pgd, norm: linf, eps: [0.05, 0.1], steps: 5, restarts: 2}'
worst='{attack: worst, norm: linf, eps: [0.1], of: [fgsm, {pgd: {steps: 5}}]}'
crown='{certificate: crown, norm: linf, eps: [0.05, 0.1]}'
exact='{certificate: exact, norm: linf, eps: [0.02, 0.1], nodes: 20}'

write first "$fgsm" "" "" ""
expect "first run" 0 run first.yaml --out here
says "all is computed" "^6 cells: 0 done, 6 to compute, 2 at once"
keep_training

write attack "$pgd, $fgsm" "" "" ""
expect "plan with an attack" 0 plan attack.yaml --out here
says "plan says what lacks" "lacks attacks" out
says "plan counts" "^6 cells: 0 done, 0 to compute, 6 to complete (attacks)" out
expect "an attack" 0 run attack.yaml --out here
says "an attack is added" "^6 cells: 0 done, 0 to compute, 6 to complete (attacks), 2 at once"
says "cells are completed" "^0 computed, 6 completed, 0 reused, 0 not ok"
trained_as "an attack trains nothing"
as_at_once "an attack" attack

write pool "$worst, $fgsm, $pgd" "" "" ""
expect "a worst case over attacks" 0 run pool.yaml --out here
trained_as "a worst case trains nothing"
as_at_once "a worst case" pool

write certify "$worst, $fgsm, $pgd" "$crown" "" ""
expect "a certificate" 0 run certify.yaml --out here
says "a certificate is added" "6 to complete (certificates)"
trained_as "a certificate trains nothing"
as_at_once "a certificate" certify

write more "$worst, $fgsm, $pgd" "$exact, $crown" "" ""
expect "another certificate" 0 run more.yaml --out here
as_at_once "another certificate" more

write select "$worst, $fgsm, $pgd" "$exact, $crown" ", select: {by: validation_robust_accuracy, attack: pgd}" ""
expect "a selection" 0 run select.yaml --out here
says "a selection is added" "^6 cells: 2 done, 0 to compute, 4 to complete (selections)"
trained_as "a selection trains nothing"
as_at_once "a selection" select

write clean "$worst, $fgsm, $pgd" "$exact, $crown" ", select: validation_accuracy" ""
expect "a selection by clean accuracy" 0 run clean.yaml --out here
says "it computes nothing" "^6 cells: 6 done, 0 to compute, 2 at once"

write plot "$worst, $fgsm, $pgd" "$exact, $crown" "" "{plot: robust_accuracy}"
expect "a plot" 0 run plot.yaml --out here
says "a plot computes nothing" "^6 cells: 6 done, 0 to compute, 2 at once"
check "the plot is there" "no file" [ -n "$(ls here/keys/plots/*robust_accuracy* 2>/dev/null)" ]

other=${pgd/mine/theirs}
write names "$worst, $fgsm, $other" "$exact, $crown" "" "" monde convex
find here/keys/cells -type f -exec cksum {} + | sort >before
expect "other names" 0 run names.yaml --out here
says "names compute nothing" "^6 cells: 6 done, 0 to compute, 2 at once"
find here/keys/cells -type f -exec cksum {} + | sort >after
check "no record is touched" "$(diff before after)" cmp -s before after
says "the table has the new names" "^| monde | convex" here/keys/tables/summary.md
says "and those of attacks" "theirs linf" here/keys/tables/summary.md
check "and not the old ones" "old names" [ "$(cat here/keys/tables/summary.md here/keys/attack.csv | grep -c -e moons -e mine)" -eq 0 ]
check "attack.csv has the new names" "$(head -n 2 here/keys/attack.csv)" grep -q "monde,convex.*theirs" here/keys/attack.csv
# Names are part of no stream: from nothing, the same networks and the same findings.
rm -rf fresh
expect "other names from nothing" 0 run names.yaml --out fresh
for file in model.npz findings.npz points.csv; do
	(cd here/keys/cells && cksum ./*/$file) >before
	(cd fresh/keys/cells && cksum ./*/$file) >after
	check "names are no part of a stream: $file" "$(diff before after)" cmp -s before after
done
id=$(cells_of here/keys | head -n 1)
expect "verify of a completed record" 0 verify here/keys "$id"
expect "rerun of a completed record" 0 rerun here/keys "$id"
says "it is identical" "^$id: identical" out
expect "show of a completed record" 0 show here/keys "$id"
says "show has each entry" "^attack   [0-9a-f]*  theirs, 2 rows" out

# Rows of an attack that is not asked for any more are not shown; asked for again, they are there.
write fewer "$fgsm" "" "" ""
expect "fewer attacks" 0 run fewer.yaml --out here
says "fewer attacks compute nothing" "^6 cells: 6 done, 0 to compute, 2 at once"
check "rows that are not asked for are not shown" "$(head -n 3 here/keys/attack.csv)" \
	[ "$(cut -d, -f5 here/keys/attack.csv | sort -u | tr '\n' ' ')" = "attack fgsm " ]
expect "all attacks again" 0 run more.yaml --out here
says "they are still there" "^6 cells: 6 done, 0 to compute, 2 at once"

# A radius more is another entry: radii of an entry depend on each other.
write radius "${fgsm/0.1/0.1, 0.2}" "" "" ""
expect "a radius" 0 run radius.yaml --out here
says "a radius completes" "6 to complete (attacks)"
as_at_once "a radius" radius

# The status of a folder says what its plan asks for and its records lack.
expect "status" 0 status here/keys
says "nothing lacks" "^6 cells: 6 done, 0 running, 0 missing" out
rm -rf here
expect "first run again" 0 run first.yaml --out here
keep_training

# Interrupted and failing completions leave the records as they are.
find here/keys/cells -type f -exec cksum {} + | sort >before
with_worker '*\"count\":8*) echo "no luck" >&2; kill -SEGV $$ ;;'
expect "a completion that crashes" 1 run attack.yaml --out here
without_worker
says "the crash is told" "admm patterns=8 #0 completed  crashed .* no luck"
says "the others are completed" "^0 computed, 4 completed, 0 reused, 2 not ok"
trained_as "the networks are as they were"
find here/keys/cells -type f -exec cksum {} + | sort >after
check "only whole records are replaced" "$(comm -23 before after | head -n 3)" \
	[ "$(comm -23 before after | cut -d/ -f4 | sort -u | wc -l)" -eq 4 ]
expect "report of incomplete records" 0 report here/keys
says "the report says it too" "2 without some of the attacks" here/keys/report.html
expect "status of incomplete records" 0 status here/keys
says "status counts them" "^6 cells: 4 done, 0 running, 2 to complete, 0 missing" out
expect "plan of incomplete records" 0 plan attack.yaml --out here
says "plan counts them" "^6 cells: 4 done, 0 to compute, 2 to complete (attacks)" out
expect "the next run goes on" 0 run attack.yaml --out here
says "it completes the rest" "^0 computed, 2 completed, 4 reused, 0 not ok"
trained_as "still the same networks"
as_at_once "after a crash" attack

# Killed at any moment, the records are those before or those after.
kills=0
for k in 2 4 7 12; do
	rm -rf here
	cp -rp trained.out here 2>/dev/null || { expect "a run before $k" 0 run first.yaml --out here; cp -rp here trained.out; keep_training; }
	"$relubench" run pool.yaml --out here >/dev/null 2>&1 &
	pid=$!
	sleep "0.$(printf %02d "$k")"
	kill -KILL $pid 2>/dev/null && kills=$((kills + 1))
	wait $pid 2>/dev/null
	for cell in here/keys/cells/*; do
		[ "$(cut -d, -f1 "$cell/attack.csv" | sort -u | grep -vc '^attack$')" = "$(grep -c '"key"' "$cell/entries.json")" ] ||
			not_ok "killed after $k" "half a record: $cell"
	done
	expect "the run after kill $k" 0 run pool.yaml --out here
	trained_as "kill $k: trained once"
done
check "some were killed" "none of $kills" [ "$kills" -gt 0 ]
as_at_once "killed" pool

# An interrupt leaves the records, and the next run goes on.
rm -rf here
cp -rp trained.out here
with_worker '*) sleep 2 ;;'
"$relubench" run attack.yaml --out here >/dev/null 2>err &
pid=$!
sleep 0.5
kill -INT $pid
wait $pid
check "interrupted" "exit status" [ $? -eq 130 ]
without_worker
trained_as "interrupted: the networks are as they were"
expect "the run after an interrupt" 0 run attack.yaml --out here
says "it completes all" "^0 computed, 6 completed"

# A box that excludes the data fails the attack, not the training.
write clip "{attack: fgsm, norm: linf, eps: [0.1], clip: [0, 0.1]}" "" "" ""
rm -rf boxed
expect "an attack that cannot be" 1 run clip.yaml --out boxed
says "why" "clip .* excludes"
cp -rp boxed/keys/cells boxed.cells
expect "it is not tried again" 1 run clip.yaml --out boxed
says "nothing to do" "^6 cells: 6 done, 0 to compute, 2 at once"
expect "another attack in its place" 0 run first.yaml --out boxed
says "the network is there" "^6 cells: 0 done, 0 to compute, 6 to complete (attacks)"
check "nothing was trained for it" "another model" cmp -s "boxed/keys/cells/$id/model.npz" "boxed.cells/$id/model.npz"
expect "the box again, on good records" 1 run clip.yaml --out boxed
says "it fails again" "excludes"
statuses "and the records stay good" boxed/keys "6 ok"

# --force trains, --retry-failed completes what has a network.
expect "forced" 0 run attack.yaml --out here --force
says "all is computed anew" "^6 computed, 0 reused"

# Two methods that are equal but for their names are one computation and two rows.
sed 's/^  - {name: sgd.*/&\n  - {name: sgd too, solver: sgd, width: 8, epochs: 5, batch: 16, learning_rate: 0.05, beta: 0.1, select: validation_robust_accuracy}/' \
	first.yaml >twins.yaml
rm -rf twins
expect "equal methods" 0 run twins.yaml --out twins
says "one computation" "^8 cells: 0 done, 6 to compute, 2 equal to others"
check "two rows" "$(cat twins/keys/tables/summary.md)" [ "$(grep -c '^| moons | sgd' twins/keys/tables/summary.md)" -eq 2 ]
check "six records" "other than 6" [ "$(count_cells twins/keys)" -eq 6 ]
check "eight rows of cells" "other than 8" [ "$(wc -l <twins/keys/summary.csv)" -eq 9 ]
expect "equal methods again" 0 run twins.yaml --out twins
says "all are done" "^8 cells: 6 done, 0 to compute, 2 equal to others"
expect "status of equal methods" 0 status twins/keys
says "status counts both" "^8 cells: 8 done" out
expect "one of them by a filter" 0 run twins.yaml --out twins --filter "method=sgd too" --force
says "the filter finds it" "^2 computed, 0 reused"
for shard in 1/2 2/2; do
	expect "shard $shard of equal methods" 0 run twins.yaml --out shards --shard $shard
done
expect "report of shards" 0 report shards/keys
check "shards have all" "other than 6" [ "$(count_cells shards/keys)" -eq 6 ]

# A folder of an earlier version: read as it is, its cells computed anew under other ids.
rm -rf older
expect "a run" 0 run first.yaml --out older
rm -f older/keys/checksums.txt older/keys/cells/*/entries.json older/keys/cells/*/record.json older/keys/cells/*/findings.npz
for cell in older/keys/cells/*; do
	new=$(echo "${cell##*/}" | tr 0-9a-f f0-9a-e)
	sed -i '/"format"/d' "$cell/result.json"
	sed -i "s/${cell##*/}/$new/" "$cell/result.json" older/keys/plan.csv
	mv "$cell" "older/keys/cells/$new"
done
cut -d, -f1-6 older/keys/plan.csv >plan && mv plan older/keys/plan.csv
expect "report of an older folder" 0 report older/keys
check "its rows are there" "$(head -n 2 older/keys/attack.csv)" [ "$(wc -l <older/keys/attack.csv)" -eq 13 ]
expect "run in an older folder" 0 run first.yaml --out older
says "it says so" "6 records are of an earlier version"
says "it computes" "^6 cells: 0 done, 6 to compute"

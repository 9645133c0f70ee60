#!/bin/bash
# Searches: draws, successive halving and nested cross-validation. What is run is a function of the finished
# cells alone: at once, extended, resumed after a kill, in shards, with other numbers of workers.
. tests/e2e/lib.sh

cat >draws.yaml <<-END
name: draws
repeats: 2
resources: {jobs: 2, threads: 1, time_limit: 1m}
data:
  - name: moons
    generate: {kind: moons, n: 60, noise: 0.4}
    split: {test: 0.3, validation: 0.3}
    prepare: [bias]
train:
  - name: sgd
    solver: sgd
    search: {draws: 50, over: {learning_rate: {log: [1e-4, 1e-1]}, width: {whole: [2, 12]}}}
    epochs: 9
    batch: 16
    beta: 0.01
    select: validation_accuracy
END

# planned DIR: the cells of its plan. planned_values DIR: what they hold, but times and memory.
planned()
{
	tail -n +2 "$1/plan.csv" | cut -d, -f1 | sort
}

planned_values()
{
	local cell

	planned "$1" | while read -r cell; do
		echo "== $cell"
		grep -v -e '_s":' -e peak_mem_bytes -e '"date"' -e '"timing"' -e '"switches_' -e '"core_share"' -e '"load_average"' "$1/cells/$cell/result.json"
		cut -d, -f1,4- "$1/cells/$cell/trace.csv"
		cksum <"$1/cells/$cell/model.npz"
	done
}

# equal NAME A B: the plans have the same cells in the same order, with the same bits.
equal()
{
	check "$1: the cells" "$(planned "$2" | wc -l) and $(planned "$3" | wc -l) of them" \
		cmp -s <(cut -d, -f1 "$2/plan.csv") <(cut -d, -f1 "$3/plan.csv")
	check "$1: their values" "they differ" cmp -s <(planned_values "$2") <(planned_values "$3")
}

# column DIR NAME: of its summary.csv; fields in quotes are left out.
column()
{
	sed 's/"[^"]*"//g' "$1/summary.csv" |
		awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } { print $at }'
}

# --- draws: 25 and 25 more

expect "50 draws at once" 0 run draws.yaml --out at_once --set repeats=1
expect "25 of them" 0 run draws.yaml --out extended --set repeats=1 --set 'train[0].search.draws=25'
check "as many cells" "$(count_cells extended/draws)" [ "$(count_cells extended/draws)" -eq 25 ]
expect "25 more" 0 run draws.yaml --out extended --set repeats=1
says "those that are there are kept" "25 computed, 25 reused"
equal "25 and 25 are 50" at_once/draws extended/draws

# --- successive halving

sed 's/^name: draws/name: halved/; s/draws: 50/draws: 18/; s/^    epochs/    halving: {from: 1, rungs: 3}\n&/' draws.yaml >halved.yaml
expect "the spec counts at most" 0 validate halved.yaml
says "all rungs" "at most 52 cells" out # 2 (18 + 6 + 2)
expect "the plan has the first rung" 0 plan halved.yaml --out halved
says "and how many may follow" "36 cells: 0 done, 36 to compute, at most 16 more to be chosen by these" out
expect "also as JSON" 0 plan halved.yaml --out halved --json
says "with the number of all" '"most": 52' out
expect "halving" 0 run halved.yaml --out halved
folder=halved/halved
says "all rungs are counted" "52 computed, 0 reused, 0 not ok"
check "budgets are multiples of eta" "$(tail -n +2 $folder/plan.csv | grep -o 'stop.iterations=[0-9]*' | sort | uniq -c | tr -s ' \n' ' ')" \
	[ "$(tail -n +2 $folder/plan.csv | grep -o 'stop.iterations=[0-9]*' | sort | uniq -c | tr -s ' \n' ' ')" = \
	" 36 stop.iterations=1 12 stop.iterations=3 4 stop.iterations=9 " ]
says "the table says how many tried, rungs and survivors" "selected of 18 in 3 rungs (18, 6, 2) per experiment" $folder/tables/summary.md
says "and what is counted" "tuning time is that of all rungs" $folder/tables/summary.md
cost=$(paste -d' ' <(column $folder load_s) <(column $folder setup_s) <(column $folder solve_s) <(column $folder eval_s) |
	awk '{ sum += $1 + $2 + $3 + $4 } END { printf "%.3g", sum }')
check "the cost of the search is that of every cell of every rung" "$cost: $(grep '^| moons' $folder/tables/summary.md)" \
	grep -q "| *$cost *|" $folder/tables/summary.md
says "the setting is one of the last rung" "| moons *| sgd *|[^|]*|[^|]*| *9 *|" $folder/tables/summary.md

# By hand, from every setting at every budget: the mean of two repetitions is their median; ties by the id
# of the first one.
sed 's/^name: draws/name: full/; s/draws: 50/draws: 18/; /select/d; s/^    epochs/    stop: {iterations: [1, 3, 9]}\n&/' draws.yaml >full.yaml
expect "all settings at all budgets" 0 run full.yaml --out full
paste -d' ' <(column full/full stop.iterations) <(paste -d/ <(column full/full learning_rate) <(column full/full width)) \
	<(column full/full repetition) <(column full/full cell) <(column full/full validation_accuracy) >all.txt
check "there is a value of each" "$(head -2 all.txt)" [ "$(awk 'NF == 5' all.txt | wc -l)" -eq 108 ]
awk '{ print $2 }' all.txt | sort -u >alive.txt
: >survivors.txt
for budget in 1 3 9; do
	awk -v b=$budget 'NR == FNR { alive[$1]; next } $1 == b && $2 in alive' alive.txt all.txt >rung.txt
	cut -d' ' -f4 rung.txt >>survivors.txt
	awk '{ sum[$2] += $5 } $3 == 0 { id[$2] = $4 } END { for (k in sum) printf "%.9f %s %s\n", -sum[k], id[k], k }' rung.txt |
		sort -k1,1g -k2,2 | head -n $(($(wc -l <rung.txt) / 2 / 3)) | cut -d' ' -f3 >alive.txt
done
check "survivors are those found by hand" "$(diff <(sort survivors.txt) <(planned $folder) | head -4)" \
	cmp -s <(sort survivors.txt) <(planned $folder)

# What a plot or a table does not show of it is said there.
sed 's/^name: draws/name: mixed/; s/draws: 50/draws: 6/; s/repeats: 2/repeats: 6/; s/^    epochs/    halving: {from: 1, rungs: 2}\n&/' draws.yaml >mixed.yaml
cat >>mixed.yaml <<-END
  - {name: flat, solver: sgd, width: 4, epochs: 9, batch: 16, learning_rate: 0.05, beta: [1, 0.3, 0.01], select: {by: validation_accuracy, per: repetition}}
  - {name: convex, solver: admm, patterns: 5, beta: 0.01}
stop: {iterations: 10}
plots:
  - {plot: best_of_k}
  - {plot: convergence, x: iteration, y: gap}
  - {plot: convergence, x: iteration, y: gap, methods: [convex]}
tables:
  - {table: own, columns: [method, objective]}
END
sed -i '/^    epochs: 9/d' mixed.yaml
expect "a search by rungs beside a sweep" 0 run mixed.yaml --out mixed --quiet
captions=mixed/mixed/plots/captions.md
says "best_of_k names what it leaves out" "^\*\*best_of_k\*\*.*left out: 1 search by rungs" $captions
says "methods without such values are named" "^\*\*convergence\*\*.*without such values: sgd, flat" $captions
check "not those that the plot does not ask for" "$(grep convergence-2 $captions)" \
	[ "$(grep convergence-2 $captions | grep -c without)" -eq 0 ]
says "an objective of settings chosen per repetition names each program" "flat: beta [0-9.]* or beta [0-9.]*[.;]" mixed/mixed/tables/own.md

expect "nothing is left to compute" 0 run halved.yaml --out halved
says "in any rung" "0 computed, 52 reused"
expect "9 draws first" 0 run halved.yaml --out more --set 'train[0].search.draws=9'
expect "then 18" 0 run halved.yaml --out more
equal "9 and 9 are 18 at once" $folder more/halved
expect "one worker" 0 run halved.yaml --out one --jobs 1
equal "other numbers of workers" $folder one/halved

for wait in 0.05 0.2 0.4; do
	"$relubench" run halved.yaml --out killed >/dev/null 2>&1 </dev/null &
	sleep $wait
	kill -KILL $! 2>/dev/null
	wait $! 2>/dev/null
done
expect "resumed after kills" 0 run halved.yaml --out killed
equal "resumed" $folder killed/halved

expect "a shard" 0 run halved.yaml --out shards --shard 1/2
says "the next rung waits for the others" "at most 16 more to be chosen"
expect "the other shard" 0 run halved.yaml --out shards --shard 2/2
says "and says so" "run again, for the cells that are chosen by these"
expect "all of it" 0 run halved.yaml --out shards
equal "in shards" $folder shards/halved

expect "computed anew" 0 run halved.yaml --out more --force
says "each cell once" "52 computed, 0 reused"
equal "the same again" $folder more/halved

# --- nested cross-validation

sed 's/^name: draws/name: nested/; s/split: .*/split: {folds: 3, inner: 2}/; s/draws: 50/draws: 4/' draws.yaml >nested.yaml
cat >>nested.yaml <<-END
  - {name: admm, solver: admm, patterns: 4, beta: 0.1}
stop: {iterations: 20}
attack: [{attack: fgsm, norm: linf, eps: 0.1}]
END
expect "nested folds are planned" 0 plan nested.yaml --out nested
says "with what follows" "54 cells: 0 done, 54 to compute, at most 6 more to be chosen by these" out # 2 x 3 (4 x 2 + 1), 6
expect "nested folds" 0 run nested.yaml --out nested
folder=nested/nested
paste -d' ' <(column $folder method) <(column $folder repetition) <(column $folder fold) \
	<(column $folder n_train) <(column $folder n_validation) <(column $folder n_test) \
	<(column $folder width) <(column $folder cell) <(column $folder validation_accuracy) >cells.txt
check "no cell is validated and tested" "$(awk '$5 > 0 && $6 > 0' cells.txt | head -1)" [ -z "$(awk '$5 > 0 && $6 > 0' cells.txt)" ]
check "one is tested in each fold" "$(awk '$1 == "sgd" && $6 == 20' cells.txt | wc -l)" \
	[ "$(awk '$1 == "sgd" && $4 == 40 && $6 == 20 { print $2, $3 }' cells.txt | sort -u | wc -l)" -eq 6 ]
best=$(awk '$1 == "sgd" && $5 > 0 { key = $2 " " $3 " " $7; sum[key] += $9 } END { for (k in sum) print k, sum[k] }' cells.txt |
	sort -k1,1n -k2,2n -k4,4gr | awk '{ fold = $1 " " $2 } fold != last { most = $4 } { last = fold } $4 >= most - 1e-9 { print fold, $3 }')
awk '$1 == "sgd" && $6 > 0 { print $2, $3, $7 }' cells.txt | sort >tested.txt
check "its setting has the best mean over the inner folds" "$(cat tested.txt) of $best" \
	[ -z "$(grep -vxF "$best" tested.txt)" ]

# Rows by their numbers: those of inner folds are never those of the fold.
for cell in $(awk '$1 == "sgd" && $2 == 1 && $3 == 2 { print $8 }' cells.txt); do
	run_it 0 export $folder "$cell" --out "rows_$cell" || not_ok "export" "$cell"
	for part in train validation test; do
		tail -c +129 "rows_$cell/rows_$part.npy" | od -An -v -w8 -t d8 | sed "s/^ */$part /"
	done | sort -u >>rows.txt
done
sort -u rows.txt | awk '{ in_part[$1]++; parts[$2] = parts[$2] " " $1 } END { for (row in parts) print parts[row] }' | sort | uniq -c | tr -s ' ' >parts.txt
check "rows of the fold are tested alone, all others are trained on and validated" "$(cat parts.txt)" \
	[ "$(cat parts.txt)" = "$(printf ' 20 test\n 40 train validation')" ]
says "the table says how" "selected of 4 in inner folds" $folder/tables/summary.md
says "and so does its caption" "selected in each fold by their mean over inner folds of the other rows" $folder/tables/summary.md
says "pairs are of folds" "| sgd *| admm *|.*test acc %.*| *6 *|" $folder/tables/paired.md
tested=$(awk '$1 == "sgd" && $6 > 0 { print $8; exit }' cells.txt)
inner=$(awk '$1 == "sgd" && $5 > 0 { print $8; exit }' cells.txt)
expect "an inner cell is verified" 0 verify $folder "$inner"
expect "a tested one is verified" 0 verify $folder "$tested"
expect "an inner cell is repeated" 0 rerun $folder "$inner"
expect "inner folds can be told apart" 0 plan nested.yaml --out nested --filter inner_fold=2
says "by a key" "24 cells: 24 done" out

# Both at once.
sed 's/^name: nested/name: both/; s/^    epochs/    halving: {from: 2, rungs: 2, eta: 2}\n&/' nested.yaml >both.yaml
expect "halving in inner folds" 0 run both.yaml --out both
says "counts its rungs" "84 computed" # 2 x 3 (4 x 2 + 2 x 2 + 1) and 6
says "and says so" "selected of 4 in 2 rungs (4, 2) in inner folds" both/both/tables/summary.md

# --- mistakes

mistake()
{
	sed "$2" halved.yaml >bad.yaml
	expect "$1" 2 validate bad.yaml
	says "$1 has its position" "$3"
}

mistake "one rung" 's/rungs: 3/rungs: 1/' 'bad.yaml:13:31: train\[0\].halving.rungs: expected at least 2 rungs, got 1'
mistake "no budget" 's/from: 1, //' 'bad.yaml:13:14: train\[0\].halving.from: expected the budget of the first rung'
mistake "a broken budget" 's/from: 1,/from: 1.5,/' 'train\[0\].halving.from: expected a whole number of iterations'
mistake "no selection" '/select/d' 'train\[0\].halving: needs select'
mistake "a budget of its own" 's/^    epochs/    stop: {iterations: 5}\n&/' 'train\[0\].stop.iterations: expected halving or this, got both'
mistake "inner folds without folds" 's/split: .*/split: {inner: 2}/' 'data\[0\].split.inner: expected folds too'
mistake "inner folds and a validation part" 's/split: .*/split: {folds: 2, inner: 2, validation: 0.2}/' \
	'data\[0\].split.validation: expected inner or validation, got both'
mistake "one choice for all folds" 's/split: .*/split: {folds: 2, inner: 2}/; s/select: .*/select: {by: validation_accuracy, per: experiment}/' \
	'train\[0\].select: expected per: repetition'

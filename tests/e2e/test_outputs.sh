# Trainer `external` with `writes: outputs`: any method's outputs are judged, what needs a network is empty.
. "$(dirname "$0")/lib.sh"

# The outputs of the program are the first feature of each part: "outputs PART N [COUNT [TYPE]]".
cat >lib_outputs.sh <<'END'
outputs()
{
	rows=$((($(wc -c <X_$1.npy) - 128) / (3 * ${bytes:-8})))
	printf '\223NUMPY\001\000v\000%-117s\n' \
		"{'descr': '${4:-<f${bytes:-8}}', 'fortran_order': False, 'shape': (${3:-$rows},), }" >$2_$1.npy
	tail -c +129 X_$1.npy | head -c $((${bytes:-8} * ${3:-$rows})) >>$2_$1.npy
}
all()
{
	for part in train validation test; do outputs $part $1; done
}
END
cat >first.sh <<END
. $work/lib_outputs.sh
ls >$work/given
cp problem.json $work/
echo '{"ready": true}'
all 3
echo '{"iteration": 3, "outputs": "3", "objective": 2.5, "end": "converged"}'
sleep 1000
END
head="data: [{name: moons, generate: {kind: moons, n: 60, noise: 0.3}, split: {test: 0.3, validation: 0.2}, prepare: [bias]}]"
external="solver: external, command: [sh], beta: 0.1, writes: outputs"
cat >first.yaml <<END
name: first
repeats: 2
resources: {time_limit: 1m}
$head
train:
  - {name: first, $external, script: first.sh}
  - {name: convex, solver: ipm, patterns: 6, beta: 0.1}
attack: [{attack: fgsm, norm: linf, eps: 0.1}]
certify: [{certificate: crown, norm: linf, eps: 0.1}]
plots: [{plot: convergence, y: test_accuracy}, {plot: decision_boundary}]
END
expect "it runs" 0 run first.yaml --quiet
for file in X_train X_validation X_test y_train y_validation; do
	says "it is given $file" "^$file.npy$" given
done
check "the targets of the test part are nobody's" "given" [ "$(grep -c y_test given)" -eq 0 ]
says "it is told how long it may take" '"seconds": 60' problem.json
says "and what is expected" '"writes": "outputs"' problem.json

# its figures against plain sums over the exported parts
folder=results/first
cell=$(basename "$(dirname "$(ls $folder/cells/*/outputs.npz | head -n 1)")")
run_it 0 export $folder "$cell"
of() # of FIELD: of the record
{
	sed -n "s/^ *\"$1\": \([^,]*\),*$/\1/p" "$folder/cells/$cell/result.json"
}
for part in train validation test; do
	od -A n -v -w8 -t f8 -j 128 "data-$cell/y_$part.npy" >y
	od -A n -v -w8 -t f8 -j 128 "data-$cell/X_$part.npy" | head -n "$(wc -l <y)" >x
	want=$(paste x y | awk '{right += $1 * $2 > 0; sum += ($1 - $2) ^ 2 / 2} END {print right / NR, sum / NR}')
	got="$(of ${part}_accuracy) $(of ${part}_loss)"
	check "accuracy and loss of the $part part" "$got, expected $want" \
		awk "BEGIN {split(\"$got $want\", v, \" \"); exit !(v[1] != \"\" && (v[1] - v[3]) ^ 2 < 1e-10 && (v[2] - v[4]) ^ 2 < 1e-10)}"
done
for field in objective objective_network lower_bound gap neurons; do
	check "$field is empty" "$(of $field)" [ "$(of $field)" = null ]
done
says "the note says why" "outputs alone: its objective, attacks, certificates and what else needs a network are empty" \
	"$folder/cells/$cell/result.json"
says "so does the table" "first .*outputs alone: no objective, attacks, certificates |" $folder/tables/summary.md
says "and the report" "outputs alone: no objective, attacks, certificates" $folder/report.html
check "the other method has no such note" "$(grep convex $folder/tables/summary.md)" \
	[ "$(grep -c "convex.*outputs alone" $folder/tables/summary.md)" -eq 0 ]
check "attacks are of the network alone" "$(cat $folder/attack.csv)" [ "$(grep -c ",first," $folder/attack.csv)" -eq 0 ]
says "which has them" ",convex," $folder/attack.csv
check "certificates, too" "$(cat $folder/certify.csv)" [ "$(grep -c ",first," $folder/certify.csv)" -eq 0 ]
check "there is no network" "model.npz" [ ! -e "$folder/cells/$cell/model.npz" ]
says "its own objective is in the trace" ',2.5,' "$folder/cells/$cell/trace.csv"
says "its accuracy is plotted" '"*first' $folder/plots/convergence.dat
check "no boundary is drawn of it" "first" [ "$(grep -c first $folder/plots/decision_boundary.gp)" -eq 0 ]
expect "verify" 0 verify $folder "$cell"
says "computes the losses again" "^test_loss .* agrees" out
expect "predict gives the outputs" 0 predict $folder "$cell"
check "they are the first feature" "$(head -n 3 out)" [ "$(awk -F, 'NR == FNR {x[FNR] = $1; next}
	FNR > 1 && (x[FNR - 1] - $2) ^ 2 > 1e-20 {n++} END {print n + 0, FNR - 1}' x out)" = "0 18" ]
expect "attack" 2 attack $folder "$cell"
says "wants a network" 'expected a network, "first" makes none'
date=$(of date)
mv first.sh gone.sh
echo exit 1 >first.sh
sed -i 's/, script: first.sh}/, script: gone.sh}/' first.yaml
expect "a second run" 0 run first.yaml --quiet
check "nothing is computed again" "$(of date), before $date" [ "$(of date)" = "$date" ]

# limits, iterates, single precision
cat >endless.sh <<END
bytes=4
. $work/lib_outputs.sh
k=0
while true; do
	k=\$((k + 1))
	all \$k
	echo "{\"iteration\": \$k, \"outputs\": \"\$k\"}"
done
END
cat >endless.yaml <<END
name: endless
precision: single
$head
train: [{name: e, $external, script: endless.sh}]
stop: {iterations: 4, patience: 100}
END
expect "an endless program" 0 run endless.yaml --quiet
check "is looked at four times" "$(cat results/endless/cells/*/trace.csv)" \
	[ "$(cat results/endless/cells/*/trace.csv | wc -l)" -eq 5 ]
expect "verify in single precision" 0 verify results/endless "$(cells_of results/endless)"
sed 's/endless$/stalled/; s/100/2/' endless.yaml >stalled.yaml
sed -i 's/iterations: 4/iterations: 400/' stalled.yaml
expect "outputs that stay as they are" 0 run stalled.yaml --quiet
says "have stalled" '"outcome": "stalled"' "$(echo results/stalled/cells/*/result.json)"

# what is wrong with a file is one message with its name and the shape that is expected
bad() # bad NAME: a program from stdin
{
	{
		echo ". $work/lib_outputs.sh"
		cat
	} >"$1.sh"
	echo "  - {name: $1, $external, script: $1.sh}" >>bad.yaml
}
cat >bad.yaml <<END
name: bad
$head
train:
END
bad short <<'END'
all 1
outputs validation 1 7
echo '{"outputs": "1"}'
END
bad text <<'END'
all 1
outputs train 1 "" '<U2'
echo '{"outputs": "1"}'
END
bad nan <<'END'
all 1
printf '\0\0\0\0\0\0\370\177' | dd of=1_test.npy bs=1 seek=$((128 + 16)) conv=notrunc 2>/dev/null
echo '{"outputs": "1"}'
END
bad absent <<'END'
all 1
rm 1_test.npy
echo '{"outputs": "1"}'
END
bad model <<'END'
echo '{"model": "1.npz"}'
END
bad silent <<'END'
echo nothing
END
echo "  - {name: network, solver: external, command: [sh], script: short.sh, beta: 0.1}" >>bad.yaml
expect "bad programs fail" 1 run bad.yaml --quiet
reason() # reason NAME PATTERN
{
	record results/bad "$1" message >message
	says "$1: $2" "^$2" message
	check "$1 has failed" "$(record results/bad "$1" status)" [ "$(record results/bad "$1" status)" = failed ]
}
reason short '1_validation.npy: expected 12 numbers of shape (12,), one for each row of the part, got <f8 of shape (7,)'
reason text '1_train.npy: expected 30 numbers of shape (30,), one for each row of the part, got <U2'
reason nan '1_test.npy: expected 18 finite numbers of shape (18,), got -*nan in row 2'
reason absent '1_test.npy: expected 18 numbers of shape (18,): cannot open the file'
reason model 'expected .*outputs.* (`writes: outputs`) or .*ready'
reason silent 'the program ended without outputs'
reason network 'expected .*model.* (`writes: model`) or .*ready'

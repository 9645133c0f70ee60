#!/bin/bash
# One cell on several ranks: the objective and bound of one process, or one clear error where the program
# is built without MPI.
. tests/e2e/lib.sh

cat >ranks.yaml <<END
name: ranks
resources: {jobs: 1, threads: 1, ranks: 2}
data:
  - {name: teacher, generate: {kind: teacher, n: 90, d: 3}}
train:
  - {solver: admm, beta: 0.1, patterns: 4, u_update: primal, finish: none}
stop: {iterations: 30}
END

# field NAME FOLDER: a number of the record, to ten digits
field()
{
	grep -o "\"$1\": *[0-9.e+-]*" "$2"/ranks/cells/*/result.json | awk '{ printf "%.9e", $NF }'
}

"$relubench" run ranks.yaml --out two >two.log 2>&1
if grep -q "built without MPI" two.log; then
	check "ranks without MPI are an error at their line" "$(cat two.log)" \
		test "$(grep -c "^ranks.yaml:2:41: resources.ranks: this program is built without MPI" two.log)" = 1
	echo "ok ranks give what one process gives # SKIP built without MPI"
	exit 0
fi
"$relubench" run ranks.yaml --out one --set resources.ranks=1 >one.log 2>&1
for name in objective lower_bound; do
	check "$name of two ranks is that of one process" "$(field $name one) $(field $name two) $(cat two.log)" \
		test -n "$(field $name one)" -a "$(field $name one)" = "$(field $name two)"
done
check "a method that needs all rows is refused" "" \
	grep -q "resources.ranks: method \"scp\": solver: needs all rows" \
	<<<"$("$relubench" run ranks.yaml --out no --set 'train[0]={solver: scp}' 2>&1)"
two_outputs='data[0]={name: teacher, task: regression, generate: {kind: teacher, n: 90, d: 3, outputs: 2}}'
"$relubench" run ranks.yaml --out outputs --set "$two_outputs" >outputs.log 2>&1
"$relubench" run ranks.yaml --out outputs_one --set resources.ranks=1 --set "$two_outputs" >one.log 2>&1
for name in objective lower_bound; do
	check "$name of two outputs on two ranks is that of one process" "$(cat outputs.log)" \
		test -n "$(field $name outputs_one)" -a "$(field $name outputs_one)" = "$(field $name outputs)"
done
"$relubench" run ranks.yaml --out classes --set \
	'data[0]={name: arms, generate: {kind: spirals, n: 90, arms: 3}}' \
	--set 'train[0].loss=logistic' >classes.log 2>&1
check "outputs that the loss couples are refused" "$(cat classes.log)" \
	grep -q "3 outputs that the loss couples need all rows in one process" classes/ranks/cells/*/result.json

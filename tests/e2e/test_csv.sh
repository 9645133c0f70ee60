#!/bin/bash
# CSV files as pandas writes them: guesses are said before anything is computed, and in the record.
. tests/e2e/lib.sh

cat >csv.yaml <<END
name: csv
resources: {jobs: 1, threads: 1, time_limit: 1m}
data:
  - {name: frame, csv: {path: train.csv}}
train:
  - {name: scp, solver: scp, beta: 0.1, neurons: 4}
stop: {iterations: 5}
END
guess='^note: data "frame": header: the first line of the training file, 0,1,2, was taken'
printf '0,1,2\n1.5,2,0\n3,4,1\n5,7,1\n2,0,0\n' >train.csv
for verb in validate plan run; do
	expect "$verb of a header that counts" 0 $verb csv.yaml
	says "says the guess" "$guess"
done
cell=$(ls results/csv/cells)
run_it 0 show results/csv "$cell"
says "show says it too" '"note": "header: the first line' out
says "the header is no row" '"n_train": 4,' out
expect "a given header" 0 run csv.yaml --set data[0].csv.header=no \
	--set data[0].task=regression --quiet
check "is no guess" "$(cat err)" [ ! -s err ]
check "and decides" "$(cat results/csv/summary.csv)" grep -q ',ok,[a-z_]*,[^,]*,5,' \
	results/csv/summary.csv

expect "a column that is not there" 2 validate csv.yaml --set 'data[0].csv.drop=[z]'
says "is refused by validate" 'csv.drop: no column is named "z"'
says_once "once"
printf '1,2\n2,9\n' >test.csv
expect "a test file of other columns" 4 validate csv.yaml --set data[0].csv.test=test.csv
says "is refused too" 'test.csv: 2 columns, but train.csv has 3'

# markers that are numbers, categories, labels that the test file spells in another way
printf 'age,job,y\n20,cook,lo\n-999,smith,hi\n40,cook,hi\n50,,lo\n' >train.csv
printf 'y,job,age\nlo.,cook,25\nhi.,pilot,35\n' >test.csv
cat >more.yaml <<END
name: more
resources: {jobs: 1, threads: 1, time_limit: 1m}
data:
  - name: people
    csv: {path: train.csv, test: test.csv, label: y, one_hot: [job], missing: mean, missing_values: [-999]}
    classes: ["lo|lo.", "hi|hi."]
train:
  - {name: scp, solver: scp, beta: 0.1, neurons: 4}
stop: {iterations: 5}
END
expect "two files with columns in another order" 0 run more.yaml
says "that is said" '^note: data "people": columns of the test file found by their names'
check "and noted with what was filled in" "$(cat results/more/summary.csv)" grep -q \
	'a category that the training file lacks.*: 1; missing: 3 entries' results/more/summary.csv
run_it 0 predict results/more "$(ls results/more/cells)" test
check "predictions for both rows" "$(cat out)" [ "$(wc -l <out)" -eq 3 ]

#!/bin/bash
# Scores by class from the record to tables and plots, and settings chosen by them.
. "$(dirname "$0")/lib.sh"

# few roses among many tulips and asters, by a fixed congruential sequence
awk 'BEGIN {
	s = 7; print "a,b,kind"
	for (i = 0; i < 200; i++) {
		for (j = 0; j < 2; j++) { s = (s * 1103515245 + 12345) % 2147483648; u[j] = s / 2147483648 - 0.5 }
		c = i % 10 == 0 ? 0 : 1 + i % 2
		printf "%.4f,%.4f,%s\n", u[0] * 2 + (c == 0), u[1] * 2 + (c == 1), substr("rosetulipaster", c == 0 ? 1 : c == 1 ? 5 : 10, c == 0 ? 4 : 5)
	}
}' >flowers.csv
sed 's/aster/tulip/' flowers.csv >pair.csv
awk -F, 'NR == 1 { print "a,b,y" } NR > 1 { print $1 "," $2 "," $1 * $2 }' flowers.csv >real.csv
cat >classes.yaml <<'END'
name: classes
seed: 3
repeats: 2
data:
  - {name: flowers, csv: {path: flowers.csv}, split: {test: 0.3, validation: 0.3, stratified: true}, prepare: [standardize, bias]}
  - {name: pair, csv: {path: pair.csv}, split: {test: 0.3, validation: 0.3, stratified: true}, prepare: [standardize, bias]}
train:
  - {name: net, solver: adam, loss: logistic, beta: 0.1, width: 20, epochs: 40, learning_rate: [1e-6, 0.02], select: validation_balanced_accuracy}
  - {name: flat, solver: adam, data: [pair], loss: logistic, beta: 0.1, width: 20, epochs: 20, learning_rate: [0.02, 1e-6], select: {by: validation_auc, per: experiment}}
tables:
  - {table: scores, columns: [data, method, test_accuracy, majority, test_balanced_accuracy, test_macro_f1, test_auc, test_worst_recall, test_recall rose, test_recall aster]}
plots:
  - {plot: confusion}
  - {plot: confusion, part: validation, methods: [flat], settings: all}
  - {plot: sweep, x: learning_rate, y: test_macro_f1}
END
expect "scores by class" 0 run classes.yaml --quiet
# of each cell: scores from the counts of confusion.csv against those of the record
for cell in results/classes/cells/*; do
	id=$(basename "$cell")
	awk -F, 'NR > 1 && $1 == "test" { n[$2] += $4; m[$3] += $4; if ($2 == $3) right[$2] = $4 }
		END { for (c in n) { k++; r += right[c] / n[c]; f += 2 * right[c] / (n[c] + m[c]) } printf "%.10f %.10f\n", r / k, f / k }' "$cell/confusion.csv" >counted
	awk '/"test_balanced_accuracy"/ { r = $2 } /"test_macro_f1"/ { f = $2 } END { printf "%.10f %.10f\n", r, f }' "$cell/result.json" >stored
	check "$id has the scores of its counts" "$(cat counted stored)" cmp -s counted stored
	check "of all samples" "$(cat "$cell/confusion.csv")" [ "$(awk -F, 'NR > 1 { n += $4 } END { print n }' "$cell/confusion.csv")" = 200 ]
	expect "and verifies" 0 verify results/classes "$id"
	says "its decisions" "^test_confusion .*agrees" out
	check "has an area where there are two" "$id" [ "$(grep -c '"data": "pair"' "$cell/result.json")" = "$(grep -c '"test_auc"' "$cell/result.json")" ]
done
says "heads of the table" 'Test balanced accuracy (%) .*Test macro F1 (%) .*Test AUC .*Test recall of rose (%)' results/classes/tables/scores.md
check "recall of a class that the pair lacks is empty" "$(cat results/classes/tables/scores.csv)" \
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i ~ /recall aster/) at = i } $1 == "pair" && $at != "" { exit 1 }' results/classes/tables/scores.csv
for row in 'selected per repetition' 'selected per experiment'; do
	says "$row" "validation_balanced_accuracy %.*validation_auc %" results/classes/tables/sweep.md
done
check "the rate that learns is selected" "$(cat results/classes/tables/sweep.md)" \
	awk '/selected per/ && !/learning_rate=0.02/ { exit 1 }' results/classes/tables/sweep.md
says "counts in the figure" "^# decided class share count" results/classes/plots/confusion.dat
says "which samples" "Samples of the test part .*together over 2 repetitions" results/classes/plots/captions.md
says "those of another part" "Samples of the validation part" results/classes/plots/captions.md
says "the bar has a title" "share of the samples of the class in %" results/classes/plots/confusion.svg
says "names of classes" ">rose<" results/classes/plots/confusion.svg
check "test rows of both repetitions" "$(cat results/classes/plots/confusion.dat)" \
	[ "$(awk '/^# flowers/ { on = 1; n++ } /^# pair/ { on = 0 } on && NF == 4 && !/#/ { s += $4 } END { print s / n }' results/classes/plots/confusion.dat)" = 120 ]
check "sweep of a new column" "$(ls results/classes/plots)" test -s results/classes/plots/sweep.svg

sed 's/validation_auc, per: experiment/validation_auc/; s/data: \[pair\], //' classes.yaml >three.yaml
expect "an area of three classes" 2 run three.yaml --quiet --out three
says "is refused in its place" '^three.yaml:[0-9]*:[0-9]*: train\[1\].select: validation_auc is of two classes, and data set "flowers" has 3'

cat >real.yaml <<'END'
name: real
data: [{name: real, task: regression, csv: {path: real.csv}, split: {test: 0.3, validation: 0.3}, prepare: [standardize, bias]}]
train: [{solver: adam, width: 20, epochs: 40, learning_rate: [1e-6, 0.02], select: validation_rmse}]
END
expect "a regression by its error" 0 run real.yaml --quiet
check "the lowest is chosen" "$(cat results/real/tables/sweep.md)" awk '/selected per/ && !/learning_rate=0.02/ { exit 1 }' results/real/tables/sweep.md
check "no decisions" "$(ls results/real/cells/*)" [ -z "$(find results/real -name confusion.csv)" ]

# Data of three classes and of several targets: what takes one output says so before anything is computed; groups, weights
# and files of other formats.
. "$(dirname "$0")/lib.sh"

# 60 flowers: two features, a kind, kinds in columns of zeros and ones, two targets
awk 'BEGIN {
	split("rose tulip aster", kind, " ")
	print "a,b,kind,rose,tulip,aster,height,weight"
	for (i = 0; i < 60; i++) {
		k = i % 3 + 1
		print k + i * i % 7 / 10 "," 3 - k + i * i % 11 / 10 "," kind[k] "," (k == 1) "," (k == 2) "," (k == 3) "," i "," i * i
	}
}' >flowers.csv
cut -d , -f 1-3 flowers.csv >kinds.csv
{
	printf '%s\n' "@relation flowers" "@attribute a real" "@attribute 'b' NUMERIC" "@attribute kind {tulip, rose, 'aster'}" "@data"
	tail -n +2 kinds.csv
} >kinds.arff

# spec NAME DATA [KEYS]: a data set of the source, read by two methods that take one output
spec()
{
	cat >"$1.yaml" <<-END
	name: $1
	data:
	  - name: flowers
	    $2
	    ${3:-}
	    split: {test: 0.2, validation: 0.1}
	    prepare: [bias]
	train:
	  - {solver: gd_fixed_head, beta: 0.1, loss: ${loss:-squared}}
	  - {name: published, solver: admm_rbcd, beta: 0.1, patterns: 4, loss: ${loss:-squared}}
	stop: {iterations: 3}
	END
}

# refused NAME TEXT: by every verb, each method with its position, and nothing is computed
refused()
{
	local verb

	for verb in validate plan run; do
		expect "$verb of $1" 2 $verb "$1.yaml"
		says "$verb of $1 names the first method" "^$1.yaml:9:14: train\[0\].solver: \"gd_fixed_head\" takes $2"
		says "$verb of $1 names the second method" "^$1.yaml:10:31: train\[1\].solver: \"admm_rbcd\" takes $2"
		check "$verb of $1 says no more" "$(cat err)" [ "$(wc -l <err)" -eq 2 ]
	done
	check "nothing is computed of $1" "there are results" [ ! -e "results/$1" ]
}

spec three 'csv: {path: kinds.csv}'
refused three 'one output, and data set "flowers" has 3 classes: choose two, or two groups, with its classes'
spec named 'csv: {path: kinds.csv}' 'classes: [tulip, rose, aster]'
refused named 'one output, and data set "flowers" has 3 classes'
spec hot 'csv: {path: flowers.csv, drop: [kind, height, weight], targets: [rose, tulip, aster]}'
refused hot 'one output, and data set "flowers" has 3 classes'
spec targets 'csv: {path: flowers.csv, drop: [kind], targets: [height, weight]}' 'task: regression'
refused targets 'one output, and data set "flowers" has 2 targets: choose one'
spec weighted 'csv: {path: kinds.csv}' 'classes: [rose, "tulip|aster"]'
sed -i 's/    split/    class_weights: balanced\n    split/' weighted.yaml
expect "class weights" 2 validate weighted.yaml
says "those that take none say so" 'train\[1\].solver: "admm_rbcd" takes no weights of samples, and data set "flowers" has class_weights'
sed 's/balanced/{rose: -1}/' weighted.yaml >negative.yaml
expect "a weight below 0" 2 validate negative.yaml
says "has its place" '^negative.yaml:6:27: data\[0\].class_weights.rose: expected a number above 0, got "-1"'

# an output for each of two classes
spec pair 'csv: {path: kinds.csv}' 'classes: [rose, "tulip|aster"]'
sed -i 's/    split/    coding: one_hot\n    split/' pair.yaml
expect "an output for each of two classes" 2 validate pair.yaml
says "those that take one say so" 'train\[0\].solver: "gd_fixed_head" takes one output, and data set "flowers" has 2 classes with an output each: leave out its coding'
cat >coded.yaml <<END
name: coded
data:
  - &signs {name: signs, csv: {path: kinds.csv}, classes: [rose, "tulip|aster"], split: {test: 0.4, validation: 0.2}, prepare: [bias]}
  - {<<: *signs, name: both, coding: one_hot}
train:
  - {solver: ntk, beta: 0.1}
  - {solver: adam, beta: 0.1, width: 10, epochs: 30, learning_rate: 0.02, loss: logistic, select: validation_auc, data: [both]}
attack: [{attack: apgd, norm: linf, eps: 0.2, loss: targeted}]
certify: [{certificate: exact, norm: linf, eps: 0.2}]
tables: [{table: coded, columns: [data, method, test_auc, test_subset_accuracy]}]
END
expect "it runs" 0 run coded.yaml --quiet
for cell in results/coded/cells/*; do
	expect "$(basename "$cell") verifies" 0 verify results/coded "$(basename "$cell")"
done
# ridge regression on both is that on the signs: f_2 - f_1 = f
for field in test_accuracy train_accuracy test_auc train_auc test_macro_f1; do
	check "$field is that of the signs" "$(grep -h "\"$field\"" results/coded/cells/*/result.json)" \
		[ "$(grep -l '"method": "ntk"' results/coded/cells/*/result.json | xargs grep -h "\"$field\"" | sort -u | wc -l)" -eq 1 ]
done
check "subset accuracy is there for both, and not for the signs" "$(cat results/coded/tables/coded.csv)" \
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "test_subset_accuracy") at = i } NR > 1 && $2 == "ntk" { if (($1 == "both") != ($at != "")) bad = 1; n++ } END { exit bad || n != 2 || !at }' results/coded/tables/coded.csv

# two classes, from csv and from arff: the same numbers
for source in csv arff; do
	spec two_$source "$source: {path: kinds.$source}" 'classes: [rose, "tulip|aster"]'
	expect "two groups of three labels ($source)" 0 run two_$source.yaml --quiet
	expect "export ($source)" 0 export results/two_$source "$(cd results/two_$source/cells && echo * | cut -d ' ' -f 1)" -o $source
done
for file in X_train y_train X_validation y_validation X_test y_test rows_test; do
	check "$file of csv and arff" "differ" cmp csv/$file.npy arff/$file.npy
done
says "groups are classes" '"tulip|aster"' arff/data.json
check "no class numbers of two classes" "there are" [ ! -e arff/labels_train.npy ]

# a class that training lacks, and a label that is hardly a class, with the place in the spec
spec lacks 'csv: {path: kinds.csv}' 'limit: {train: 2}'
expect "a class without a training row" 4 plan lacks.yaml
says "is named with the data set" '^lacks.yaml:3:5: data\[0\]: the training part (2 rows) has no row of the class "[a-z]*": split and limit leave none'
spec heights 'csv: {path: flowers.csv, label: weight, drop: [kind]}'
expect "sixty numbers as labels" 2 validate heights.yaml
says "are no classes" '^heights.yaml:[0-9]*:[0-9]*: data\[0\].classes: 60 labels occur, .*numeric targets need task: regression'
expect "the source is listed" 0 list data
says "with its name" "^ *arff " out

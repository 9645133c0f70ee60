#!/bin/bash
# Heads on features: what is said of a radius on them, for files of features and for those that a step makes.
. tests/e2e/lib.sh

# Three clusters as a CSV file, and what is read of it as NPY files.
awk 'BEGIN { srand(3); for (i = 0; i < 60; i++) { c = i % 3
	printf "%.4f,%.4f,%.4f,%s\n", 3 * (c == 1) + rand(), 3 * (c == 2) + rand(), rand(), substr("abc", c + 1, 1) } }' >features.csv
cat >made.yaml <<END
name: made
resources: {jobs: 1, threads: 1}
data:
  - {name: file, csv: {path: features.csv}, space: features}
train:
  - {solver: adam, beta: 0.01, width: 8, epochs: 3}
END
run_it 0 run made.yaml --quiet
cell=$(awk -F , 'NR == 2 { print $1 }' results/made/plan.csv)
says "features of a CSV file are no inputs either" '"space": "features"' results/made/cells/"$cell"/result.json
expect "features as NPY files" 0 export results/made "$cell" --out given

methods='
  - {solver: adam, loss: logistic, beta: 0.01, width: 8, epochs: 3}
  - {solver: scp, loss: logistic, beta: 0.01, neurons: 12}
  - {solver: robust_restriction, loss: hinge, beta: 0.01, width: 6, norm: l2, eps: 0.1}
  - {solver: robust_admm, loss: hinge, beta: 0.01, patterns: 6, norm: l1, eps: 0.1}
  - {solver: poly_sdp, loss: hinge, beta: 0.01, radius: 0.1}
  - {solver: poly_first_order, loss: hinge, beta: 0.01, radius: 0.1}'
cat >heads.yaml <<END
name: heads
resources: {jobs: 1, threads: 1}
stop: {iterations: 20}
data:
  - name: head
    npy: {x: given/X_train.npy, y: given/labels_train.npy}
    space: features
    split: {test: 0.3}
    prepare: [standardize]
train:$methods
attack:
  - {attack: pgd, norm: l2, eps: [0.1, 0.2], steps: 5, restarts: 1}
  - {attack: fgsm, norm: linf, units: raw, eps: 0.1}
certify:
  - {certificate: interval, norm: l2, eps: 0.1}
  - {certificate: trust_region, norm: l2, eps: 0.1}
tables:
  - {table: own, columns: [method, pgd l2 0.1, fgsm linf raw 0.1, certified l2 0.1]}
plots: [{plot: robust_accuracy}, {plot: boundary_distance}, {plot: trade_off}, {plot: attacked_bars}, {plot: pareto}]
END
expect "heads of every kind" 0 run heads.yaml --quiet
out=results/heads
check "they are all there" "$(cut -d , -f 9 $out/summary.csv)" [ "$(grep -c ',ok,' $out/summary.csv)" -eq 6 ]
check "the record says what its columns are" "space" [ "$(grep -l '"space": "features"' $out/cells/*/result.json | wc -l)" -eq 6 ]
check "and what a radius is" "note" \
	[ "$(grep -l 'feature space: a radius is a distance between features, not between pixels' $out/cells/*/result.json | wc -l)" -eq 6 ]
says "rows of attacks name the space" ',pgd,l2,0.2,feature space,' $out/attack.csv
says "in the units of the file too" ',fgsm,linf,0.1,raw feature space,' $out/attack.csv
says "rows of certificates name the space" ',l2,0.1,feature space,' $out/certify.csv
sentence='Feature space: a radius on head is a distance between features, not between pixels.'
says "the main table does" 'pgd l2 feature space 0.2 %.*fgsm linf raw feature space 0.1 %.*certified l2 feature space 0.1 %' $out/tables/summary.md
for table in summary own paired; do
	says "a note under the table $table" "$sentence" $out/tables/$table.md
done
check "a column of an own table finds its rows" "$(cat $out/tables/own.csv)" awk -F , 'NR > 1 && ($4 == "" || $9 == "" || $14 == "") { exit 1 }' $out/tables/own.csv
says "robust accuracy against a radius of features" 'eps (l2, feature space)' $out/plots/robust_accuracy.gp
says "and in raw ones" 'eps (linf, raw feature space)' $out/plots/robust_accuracy.gp
says "distances are of features" 'eps (l2, feature space; test part)' $out/plots/boundary_distance.gp
says "the trade-off names the space" 'l2 feature space eps = 0.2' $out/plots/trade_off.gp
says "the bars name it" 'pgd l2 feature space, eps = 0.2' $out/plots/attacked_bars.gp
says "the front names it" 'l2 feature space, eps = 0.2' $out/plots/pareto.gp
for plot in robust_accuracy boundary_distance trade_off attacked_bars pareto; do
	says "the caption of $plot says what it is" 'radius on head' $out/plots/$plot.gp
done
cell=$(awk -F , 'NR == 2 { print $1 }' $out/plan.csv)
expect "the record is verified" 0 verify $out "$cell"

sed 's/name: heads/name: kept/; s/steps: 5,/steps: 5, keep: 2,/' heads.yaml >kept.yaml
expect "no pictures of features" 2 validate kept.yaml
says "where, and why" 'kept.yaml:[0-9]*:[0-9]*: attack\[0\].keep: keep stores samples as pictures: those of data set "head" are features'

sed 's/name: heads/name: inputs/; /space: features/d' heads.yaml >inputs.yaml
expect "the same of inputs" 0 run inputs.yaml --quiet
check "nothing is said there" "$(grep -rl 'feature space' results/inputs | head -3)" eval '! grep -rq --include=*.csv --include=*.json --include=*.gp --include=*.md "eature space" results/inputs/cells results/inputs/tables results/inputs/plots results/inputs/attack.csv'

# Features that a step makes of images.
cat >images.yaml <<END
name: images
resources: {jobs: 1, threads: 1}
data:
  - name: smooth
    generate: {kind: image_like, n: 80, test: 40, side: 8}
    prepare: [{patches: {filters: 4, patch: 3}}, standardize]
  - {name: pixels, generate: {kind: image_like, n: 80, test: 40, side: 8}, prepare: [standardize, bias]}
train:
  - {solver: scp, neurons: 12, beta: 0.01}
  - {solver: poly_first_order, loss: hinge, beta: 0.01, radius: 0.1, data: [smooth]}
attack:
  - {attack: pgd, norm: l2, eps: [0.1, 0.4], steps: 5, restarts: 1}
plots: [{plot: robust_accuracy}, {plot: pictures, weights: 4}]
END
expect "features of images" 0 run images.yaml --quiet
out=results/images
id=$(awk -F , '$2 == "smooth" && $3 == "scp" { print $1 }' $out/plan.csv)
says "as many columns as filters, sides and regions make" '"d": 32' $out/cells/"$id"/result.json
says "they are no inputs" '"space": "features"' $out/cells/"$id"/result.json
check "those of the other data set are" "space" [ "$(grep -l '"space"' $out/cells/*/result.json | wc -l)" -eq 2 ]
says "rows tell them apart" ',smooth,scp,0,pgd,l2,0.4,feature space,' $out/attack.csv
says "and those of inputs" ',pixels,scp,0,pgd,l2,0.4,prepared,' $out/attack.csv
says "a panel of each" 'eps (l2, feature space)' $out/plots/robust_accuracy.gp
says "with its own radius" 'eps (l2, prepared features)' $out/plots/robust_accuracy.gp
says "pictures are of inputs only" 'there are none of data in a feature space' $out/plots/captions.md
check "none is of features" "$(grep '^# ' $out/plots/pictures.dat)" eval '! grep -q "^# smooth" $out/plots/pictures.dat'
expect "the record is verified" 0 verify $out "$id"
expect "and computed again" 0 rerun $out "$id"
expect "and exported" 0 export $out "$id" --out made
check "with the layer" "$(unzip -l made/preparation.npz 2>/dev/null || true)" grep -q 'stage_0_patches.npy' made/preparation.npz
run_it 0 predict $out "$id"
mv out before
run_it 0 predict $out "$id" test
check "and asked again" "differs" cmp before out

# wrong NAME LINE MESSAGE: one problem, with its position.
wrong()
{
	sed "$2" images.yaml >wrong.yaml
	if run_it 2 validate wrong.yaml; then says "$1" "$3"; else not_ok "$1" "exit status"; fi
}

wrong "no raw radius of an attack" 's/steps: 5,/steps: 5, units: raw,/' \
	'wrong.yaml:[0-9]*:[0-9]*: attack\[0\].units: raw needs steps of prepare that act column by column: "patches" of data set "smooth" mixes columns'
wrong "no raw radius of a method" 's/solver: scp, neurons: 12/solver: robust_restriction, loss: hinge, norm: l2, eps: 0.1, units: raw/' \
	'wrong.yaml:[0-9]*:[0-9]*: train\[0\].units: raw needs steps of prepare that act column by column: "patches"'
wrong "no points in the units of the source" 's/steps: 5,/steps: 5, export: true,/' 'attack\[0\].export: export needs steps of prepare'
wrong "no pictures" 's/steps: 5,/steps: 5, keep: 2,/' 'attack\[0\].keep: keep stores samples as pictures: those of data set "smooth"'
wrong "a patch that is too large" 's/patch: 3/patch: 9/' \
	'wrong.yaml:[0-9]*:[0-9]*: data\[0\].prepare: patches: a patch of 9 x 9 pixels does not fit into images of 8 x 8'

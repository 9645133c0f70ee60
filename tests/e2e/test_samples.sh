#!/bin/bash
# Attacks and certificates on any part of the data, and what is known of each sample.
. "$(dirname "$0")/lib.sh"

# spec NAME KINDS [LINE]
spec()
{
	flowers 7 "$2" 120 >"$1.csv"
	cat >"$1.yaml" <<-END
	name: $1
	seed: 3
	data:
	  - {name: flowers, csv: {path: $1.csv}, split: {test: 0.4, validation: 0.2, stratified: true}, prepare: [standardize, bias]}
	train:
	  - {solver: adam, loss: logistic, beta: 0.1, width: 20, epochs: 60, learning_rate: 0.02}
	attack:
	  - {attack: pgd, norm: linf, eps: [0.1, 0.3]}
	  - {attack: strong, norm: linf, eps: [0.1]}
	  - {attack: pgd, norm: linf, eps: [0.1, 0.3], part: train}
	  - {attack: fgsm, norm: linf, eps: [0.1], part: validation}
	certify:
	  - {certificate: exact, norm: linf, eps: [0.1]}
	  - {certificate: crown, norm: linf, eps: [0.1, 0.3], part: train}
	plots: [decision_boundary, {plot: robust_accuracy, part: train}]
	tables:
	  - {table: parts, columns: [method, pgd linf 0.1, pgd linf 0.1 train, certified linf 0.3 train, worst linf 0.1 validation]}
	$3
	END
	sed -i 's/plots: \[decision_boundary/plots: [{plot: decision_boundary}/' "$1.yaml"
}

# rows PART COLUMN: the share of rows of samples.csv whose number is above 0
share()
{
	awk -F, -v part="$1" -v column="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) at = i; next }
		$1 == part { n++; good += $at > 0 } END { printf "%.9f", n ? good / n : -1 }' results/"$name"/cells/*/samples.csv
}

# of attack.csv or certify.csv FILE NAME EPS PART COLUMN
row()
{
	awk -F, -v name="$2" -v eps="$3" -v part="$4" -v column="$5" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["attack" in at ? "attack" : "certificate"] == name && $at["eps"] == eps && $at["part"] == part { printf "%.9f", $at[column] }' \
		results/"$name"/cells/*/"$1"
}

for kinds in 2 3; do
	name=kinds$kinds
	spec "$name" $kinds "samples: true"
	expect "$kinds kinds run" 0 run "$name.yaml" --quiet
	cell=$(cells_of results/"$name")
	file=results/$name/cells/$cell/samples.csv
	says "the columns are there" '^part,row,label,prediction,margin,margin pgd linf 0.1,worst linf 0.1,by linf 0.1,margin strong linf 0.1' "$file"
	says "a part is named in attack.csv" '^pgd,linf,0.1,prepared,train,' "results/$name/cells/$cell/attack.csv"
	check "each sample has a row" "$(wc -l <"$file")" [ "$(wc -l <"$file")" -eq 121 ]
	check "rows are those of the file" "$(head -3 "$file")" awk -F, \
		'NR == FNR { if (FNR > 1) kind[FNR - 2] = $3; next } FNR > 1 && kind[$2] != $3 { exit 1 }' "$name.csv" "$file"
	for part in train test; do
		for of in 'margin pgd linf 0.1' 'margin pgd linf 0.3'; do
			eps=${of##* }
			check "$part, $of as in attack.csv" "$(share $part "$of") $(row attack.csv pgd "$eps" $part robust_accuracy)" \
				[ "$(share $part "$of")" = "$(row attack.csv pgd "$eps" $part robust_accuracy)" ]
		done
	done
	check "lower bounds as in certify.csv" "$(share train 'lower crown linf 0.3')" \
		[ "$(share train 'lower crown linf 0.3')" = "$(row certify.csv crown 0.3 train certified_accuracy)" ]
	check "bounds are below what attacks found, and these below the clean margin" "$(head -2 "$file")" awk -F, \
		'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		function above(a, b) { return $at[a] != "" && $at[b] != "" && $at[a] + 0 > $at[b] + 1e-12 }
		above("lower exact linf 0.1", "worst linf 0.1") || above("lower crown linf 0.3", "margin pgd linf 0.3") ||
		above("worst linf 0.1", "margin pgd linf 0.1") || above("margin pgd linf 0.3", "margin") { exit 1 }' "$file"
	check "who found the worst point" "$(head -2 "$file")" awk -F, \
		'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $1 == "test" { n[$at["by linf 0.1"]]++ }
		$1 == "validation" && $at["margin pgd linf 0.1"] != "" { exit 1 } $1 == "validation" { fgsm += $at["by linf 0.1"] == "fgsm" }
		END { exit !(n["pgd"] + n["strong"] > 10 && fgsm > 5) }' "$file"
	expect "the record is verified" 0 verify results/"$name" "$cell"
	says "with its samples" '^samples.csv  *stored 120  *computed 120  *agrees' out
	says "and parts by name" '^pgd linf 0.3 train .*agrees' out
	says "columns of a part in a table" 'pgd linf, train 0.1' results/"$name"/tables/parts.md
	says "a figure of the training part" '^\*\*robust_accuracy\*\*.*train part' results/"$name"/plots/captions.md
done
says "regions of three classes" 'x1 x2 class' results/kinds3/plots/decision_boundary.dat
says "points by the name of their class" 'training points, tulip' results/kinds3/plots/decision_boundary.dat
check "points of all regions" "classes" [ "$(awk '/^# .*: / { on = /regions/ } on && NF == 3 && !/#/ { seen[$3] = 1 } END { for (k in seen) n++; print n + 0 }' results/kinds3/plots/decision_boundary.dat)" -eq 3 ]
says "class names stand in points.csv" '^part,x1,x2,y,class$' "results/kinds3/cells/$cell/points.csv"

# another margin, another label: the record is not what is found again
cp -r results/kinds3 changed
unchecked changed/cells/*
for change in 's/,aster,/,rose,/' 's/^\(train,[0-9]*,[a-z]*,[a-z]*,\)[^,]*/\17/'; do
	cp "$file" changed/cells/"$cell"/samples.csv
	sed -i "2$change" changed/cells/"$cell"/samples.csv
	expect "a changed sample is found" 1 verify changed "$cell"
	says "and named" '^samples.csv .*row 1: ' out
done

# an old record is completed without attacking again, and renamed attacks rename the columns
spec old 3 ""
expect "run without samples" 0 run old.yaml --quiet
check "there is no file" "samples.csv" eval '! ls results/old/cells/*/samples.csv 2>/dev/null'
cp results/old/cells/*/attack.csv before.csv
spec old 3 "samples: true"
expect "samples asked for later" 0 run old.yaml
says "are all that is made" '1 to complete (samples)' err
check "attacks stay" "attack.csv" cmp -s before.csv results/old/cells/*/attack.csv
cut -d, -f1-5,8 results/kinds3/cells/*/samples.csv >a.txt
cut -d, -f1-5,8 results/old/cells/*/samples.csv >b.txt
check "and are the same as at once" "$(diff a.txt b.txt | head -3)" cmp -s a.txt b.txt
sed -i 's/{attack: strong,/{name: AA, attack: strong,/' old.yaml
expect "renamed" 0 run old.yaml --quiet
says "the column too" ',margin AA linf 0.1,' "$(ls results/old/cells/*/samples.csv)"

sed 's/, validation: 0.2//' kinds3.yaml >none.yaml
expect "no validation part" 2 validate none.yaml
says "is said" 'attack\[3\]: needs a validation part: data set "flowers" has none, set its split.validation'
sed 's/part: train/part: all/' kinds3.yaml >none.yaml
expect "no such part" 2 validate none.yaml
says "the parts are named" 'attack\[2\].part: expected one of test, train, validation, got "all"'
printf 'samples: true\ndata: [{name: a, csv: {path: kinds2.csv, targets: [a]}, task: regression}]\ntrain: [{solver: scp}]\n' >regression.yaml
expect "a regression" 2 validate regression.yaml
says "has no margins" '^regression.yaml:1:10: samples: expected classification, got regression'

# points of an attack, as arrays in the units of the file
name=points
for seed in 3 4; do
	spec points 3 ""
	sed -i "/^tables/,/table: parts/d; s/^seed: 3/seed: $seed/; s/{attack: pgd, norm: linf, eps: \[0.1, 0.3\], part: train}/{attack: pgd, norm: l2, eps: [0.1, 0.3], units: raw, clip: [-2, 3], part: train, export: true}/" points.yaml
	expect "points are exported" 0 run points.yaml --quiet --out "$seed"
done
cell=$(cells_of 3/points)
expect "and verified" 0 verify 3/points "$cell"
says "at each radius" '^pgd l2 0.3 points  *stored 48 .*agrees' out
check "rows say the box" "$(cat 3/points/attack.csv)" \
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } NR > 1 { box[$at["attack"] " " $at["norm"] " " $at["clip_low"] " " $at["clip_high"]]++ } END { exit !(("pgd l2 -2 3" in box) && box["pgd l2 -2 3"] == 2) }' 3/points/attack.csv
says "so does the table" '\[-2, 3\]</td>' 3/points/report.html
expect "their files" 0 export 3/points "$cell" --out exported
check "stand beside the data" "$(ls exported)" [ -s exported/adversarial_pgd_l2_raw_0.3_train.npy -a -s exported/adversarial_pgd_l2_raw_0.3_train_rows.npy ]
check "as many rows as samples" "$(head -c 128 exported/adversarial_pgd_l2_raw_0.1_train.npy)" grep -q "'shape': (48, 2)" exported/adversarial_pgd_l2_raw_0.1_train.npy
unchecked 3/points/cells/*
cp 3/points/cells/"$cell"/adversarial.npz own.npz
cp 4/points/cells/*/adversarial.npz 3/points/cells/"$cell"/adversarial.npz
expect "those of another network" 1 verify 3/points "$cell"
says "are found out" '^pgd l2 0.3 points .*exported points are outside ball or box' out
if has "points lie around the rows of the file" numpy; then
	check "points lie around the rows of the file" "distances" python3 -c '
import numpy as np, sys
z = np.load("own.npz")
rows = [z[k] for k in z if k.endswith("_rows")][0].astype(int)
clean = np.genfromtxt("points.csv", delimiter=",", skip_header=1)[:, :2][rows][:, z["columns"].astype(int)]
far = [np.sqrt(((z[k] - clean) ** 2).sum(1)).max() for k in z if k.endswith("_points")]
sys.exit(not (0.09 < far[0] < 0.1 + 1e-9 and 0.25 < far[1] < 0.3 + 1e-9 and len(rows) == 48))'
fi
sed 's/prepare: \[standardize, bias\]/prepare: [{pca: {components: 1}}, bias]/' points.yaml >mixed.yaml
expect "columns that are mixed" 2 validate mixed.yaml
says "have no units of the file" 'attack\[2\].export: export needs steps of prepare that act column by column: "pca" of data set "flowers" mixes columns'

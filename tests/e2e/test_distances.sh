#!/bin/bash
# Distances to the boundary, l_1 balls and AutoAttack's standard version, from a spec to tables and plots.
. "$(dirname "$0")/lib.sh"

# the columns of results/FOLDER/attack.csv or certify.csv by name: column FOLDER FILE METHOD NAME EPS COLUMN
column()
{
	awk -F, -v method="$3" -v name="$4" -v eps="$5" -v column="$6" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["method"] == method && $at["attack" in at ? "attack" : "certificate"] == name && $at["eps"] == eps { print $at[column] }' \
		"results/$1/$2.csv"
}
# holds NAME A OPERATOR B: of two numbers
holds()
{
	check "$1" "$2 $3 $4" awk -v a="$2" -v b="$4" "BEGIN { exit !(a != \"\" && b != \"\" && a + 0 $3 b + 0) }"
}

cat >near.yaml <<'END'
name: near
seed: 2
data:
  - {name: moons, generate: {kind: moons, n: 100, test: 80, noise: 0.2}, prepare: [standardize, bias]}
train:
  - {name: adam, solver: adam, loss: logistic, beta: 0.01, width: 20, epochs: 60, learning_rate: 0.02}
attack:
  - {attack: fab, norm: l2, eps: [0.2, 3]}
  - {attack: apgd, norm: l1, eps: [0.3, 0.6], restarts: 2}
  - {name: pgd l1, attack: pgd, norm: l1, eps: [0.3, 0.6]}
  - {attack: autoattack, norm: l1, eps: [0.3, 0.6]}
certify:
  - {certificate: exact, norm: l2, eps: [0.2, 0.4, 0.8]}
  - {certificate: exact, norm: l1, eps: [0.3, 0.6]}
plots:
  - {plot: boundary_distance}
tables:
  - {table: far, columns: [method, distance fab l2 3, distance fab l2 0.2, fab l2 3]}
END
expect "distances run" 0 run near.yaml --quiet
cell=$(basename results/near/cells/*)
expect "and verify" 0 verify results/near "$cell"
for eps in 0.2 3; do
	holds "quantiles of distances are in order at $eps" "$(column near attack adam fab $eps distance_low)" '<=' "$(column near attack adam fab $eps distance_median)"
done
check "a median that no point reaches is infinite" "$(column near attack adam fab 0.2 distance_median)" \
	[ "$(column near attack adam fab 0.2 distance_median)" = inf ]
holds "one that points reach is not" "$(column near attack adam fab 3 distance_median)" '<' 3
check "attacks of other kinds have none" "$(column near attack adam apgd 0.3 distance_median)" \
	[ -z "$(column near attack adam apgd 0.3 distance_median)" ]
# in two dimensions fab finds the boundary: what it leaves at 0.2 is what the exact certificate proves
holds "fab meets the exact certificate" "$(column near attack adam fab 0.2 robust_accuracy)" == "$(column near certify adam exact 0.2 certified_accuracy)"
for eps in 0.3 0.6; do
	for attack in apgd 'pgd l1' autoattack; do
		holds "certified is not above $attack in l1 balls of $eps" \
			"$(awk -F, -v eps=$eps 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } $at["norm"] == "l1" && $at["eps"] == eps { print $at["certified_accuracy"] }' results/near/certify.csv)" \
			'<=' "$(column near attack adam "$attack" $eps robust_accuracy)"
	done
done
holds "l1 balls break points" "$(column near attack adam autoattack 0.6 robust_accuracy)" '<' "$(column near attack adam autoattack 0.6 accuracy)"
check "the curve has a step for each distance" "$(wc -l <results/near/plots/boundary_distance.dat)" \
	[ "$(sed -n '/at least/,/^$/p' results/near/plots/boundary_distance.dat | wc -l)" -gt 60 ]
check "a table has the median distance" "$(cat results/near/tables/far.csv)" \
	[ "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $at["distance fab l2 3"] " " $at["distance fab l2 0.2"] }' results/near/tables/far.csv)" = \
	"$(column near attack adam fab 3 distance_median) inf" ]
says "and says what it is" 'distance fab l2 3: how far the nearest point found across the boundary is' results/near/tables/far.md
sed 's/distance fab/distance apgd/' near.yaml >wrong.yaml
expect "a distance that is not looked for" 2 validate wrong.yaml
says "is refused with names near it" 'got "distance apgd l2 3"; names near it: distance fab l2 3'
says "the caption says whose distances these are" 'fab looks for the nearest one and counts at its own distance' results/near/plots/captions.md
says "so does the table" 'how far the one found is, the median over points' results/near/report.html
says "which has it" '10-90 % of points' results/near/report.html
says "and the data dictionary of the folder" '^attack.csv,distance_median,float64,units' results/near/columns.csv

# an attack that is added keeps what there is
cp results/near/attack.csv before.csv
sed -i 's/^certify:/  - {attack: fgsm, norm: linf, eps: 0.1}\n&/' near.yaml
expect "one more attack" 0 run near.yaml --quiet
check "leaves the others as they are" "$(diff before.csv results/near/attack.csv)" \
	[ "$(grep -v fgsm results/near/attack.csv)" = "$(cat before.csv)" ]

# without such an attack nothing is new
sed '/attack: fab/d; /^tables/,$d; s/name: near/name: far/' near.yaml >far.yaml
expect "no search for the nearest point" 0 run far.yaml --quiet
check "no columns of distances" "$(head -1 results/far/attack.csv)" [ -z "$(head -1 results/far/attack.csv | grep distance)" ]
check "nor in the table" "10-90 %" [ -z "$(grep -o 'of points</th>' results/far/report.html)" ]

# three classes
sed 's/name: near/name: three/; s/generate: {kind: moons, n: 100, test: 80, noise: 0.2}/csv: {path: three.csv}, split: {test: 0.4, stratified: true}/; s/moons/three/' near.yaml >three.yaml
awk 'BEGIN { s = 5; print "a,b,kind"
	for (i = 0; i < 150; i++) { for (j = 0; j < 2; j++) { s = (s * 1103515245 + 12345) % 2147483648; u[j] = s / 2147483648 - 0.5 }
		c = i % 3; printf "%.4f,%.4f,%s\n", u[0] * 1.4 + (c == 0), u[1] * 1.4 + (c == 1), "class" c } }' >three.csv
expect "three classes" 0 run three.yaml --quiet
expect "verify" 0 verify results/three "$(basename results/three/cells/*)"
holds "their distances are found" "$(column three attack adam fab 3 distance_median)" '<' 3
holds "fab is not above what is proven" "$(column three certify adam exact 0.2 certified_accuracy)" '<=' "$(column three attack adam fab 0.2 robust_accuracy)"

sed '/^certify/,$d; s/adam, solver: adam, /linear, solver: linear_robust, norm: l1, eps: 0.1, /; s/width.*}/}/; s/, }/}/' near.yaml >linear.yaml
expect "a smoothed dual norm that there is none of" 2 validate linear.yaml
says "is refused in its place" '^linear.yaml:[0-9]*:[0-9]*: train\[0\].norm: expected one of linf, l2, got "l1"'

#!/bin/bash
# Polynomial networks from a spec to the report: trained by all their methods, attacked, certified, verified,
# read back, and resumed.
. "$(dirname "$0")/lib.sh"

cat >poly.yaml <<'END'
name: poly
seed: 4
data:
  - {name: moons, generate: {kind: moons, n: 80, test: 60, noise: 0.2}, prepare: [standardize]}
train:
  - {name: sdp, solver: poly_sdp, loss: hinge, beta: 0.1, radius: [0, 0.3]}
  - {name: average, solver: poly_sdp, loss: hinge, average: true, beta: 0.1/80, radius: 0.3}
  - {name: squared, solver: poly_sdp, loss: squared, beta: 0.1}
  - {name: splitting, solver: poly_sdp, loss: squared, beta: 0.1, method: splitting}
  - {name: first order, solver: poly_first_order, loss: hinge, beta: 0.1, radius: 0.3, batch: 40, epochs: 300}
  - {name: penalty, solver: poly_penalty, loss: hinge, beta: 0.1, radius: 0.3, epochs: 100}
stop: {iterations: 2000, gap: 1e-7}
attack:
  - {attack: fgsm, norm: linf, eps: 0.2}
  - {attack: fgsm, norm: l2, eps: [0.2, 0.3]}
  - {attack: pgd, norm: l2, eps: [0.2, 0.3]}
  - {attack: apgd, norm: l2, eps: [0.2, 0.3]}
certify:
  - {certificate: trust_region, norm: l2, eps: [0.2, 0.3]}
  - {certificate: trust_region, norm: linf, eps: 0.2}
plots:
  - {plot: sweep, x: radius, y: boundary_distance}
  - {plot: boundary_distance}
END
expect "polynomial networks run" 0 run poly.yaml --quiet
for cell in results/poly/cells/*; do
	expect "$(basename "$cell") verifies" 0 verify results/poly "$(basename "$cell")"
	expect "and predicts" 0 predict results/poly "$(basename "$cell")"
done

# plain FILE: without quoted texts, which may hold commas
plain()
{
	sed 's/"[^"]*"//g' "$1"
}
# result METHOD RADIUS COLUMN: a number of summary.csv
result()
{
	plain results/poly/summary.csv | awk -F, -v method="$1" -v radius="$2" -v column="$3" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$at["method"] == method && (radius == "" || $at["radius"] == radius) { print $at[column] }'
}
# holds NAME A OPERATOR B: of two numbers
holds()
{
	check "$1" "$2 $3 $4" awk -v a="$2" -v b="$4" "BEGIN { exit !(a != \"\" && b != \"\" && a + 0 $3 b + 0) }"
}
bound=$(result sdp 0.3 lower_bound)
holds "the program is solved" "$(result sdp 0.3 gap)" '<' 1e-6
for method in "first order" penalty; do
	holds "$method is not below the bound" "$(result "$method" "" objective)" '>=' "$bound"
done
holds "the value rises with the radius" "$(result sdp 0 objective)" '<' "$(result sdp 0.3 objective)"
holds "the mean over samples is the sum with its own beta" \
	"$(awk -v a="$(result average "" objective)" -v b="$(result sdp 0.3 objective)" 'BEGIN { d = 80 * a / b - 1; print d < 0 ? -d : d }')" '<' 1e-5
holds "splitting has the optimum of interior points" \
	"$(awk -v a="$(result squared "" objective)" -v b="$(result splitting "" objective)" 'BEGIN { d = a / b - 1; print d < 0 ? -d : d }')" '<' 1e-5
holds "robust training moves the boundary away" "$(result sdp 0.3 boundary_distance)" '>' "$(result sdp 0 boundary_distance)"

# certified accuracies are exact in l_2 balls: no attack is below, and the strong ones meet them
check "certificates are exact, attacks within" "$(cat results/poly/certify.csv)" awk -F, '
	FNR == 1 { delete at; for (i = 1; i <= NF; i++) at[$i] = i; next }
	{ name = "attack" in at ? $at["attack"] : $at["certificate"]; share = "attack" in at ? $at["robust_accuracy"] : $at["certified_accuracy"]
	  of = $at["cell"] " " $at["norm"] " " $at["eps"]; value[of, name] = share + 0; if ("certificate" in at) seen[of] = 1 }
	END { for (k in seen) { n++; v = value[k, "trust_region"]; l2 = k ~ / l2 /
		if (v > value[k, "fgsm"] + 1e-9 || l2 && (v > value[k, "pgd"] + 1e-9 || v < value[k, "apgd"] - 1e-9)) exit 1 } exit n != 21 }' \
	results/poly/attack.csv results/poly/certify.csv
check "nothing is undecided in l_2 balls" "$(grep ,l2, results/poly/certify.csv)" \
	[ "$(awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } $at["norm"] == "l2" { sum += $at["undecided"] } END { print sum + 0 }' results/poly/certify.csv)" = 0 ]
holds "records say which l_inf balls the radius holds" "$(result sdp 0.3 linf_radius)" '==' "$(awk 'BEGIN { printf "%.17g", 0.3 / sqrt(2) }')"
says "the boundary moves with the radius in the plot" '^0.3 ' results/poly/plots/sweep.dat
says "the plot has its exact distances" 'trust_region' results/poly/plots/captions.md
# what a figure is of: sum or mean, the radius, norm and units of attacks, the kind of the model
row()
{
	grep "^| moons | $1 " results/poly/tables/summary.md
}
check "a sum is called one" "$(row 'sdp .*|    0.3')" eval 'row "sdp .*|    0.3" | grep -q "sum over samples, beta 0.1, worst case, against l2 0.3"'
check "and a mean" "$(row average)" eval 'row average | grep -q "mean over samples, beta 0.00125, worst case, against l2 0.3"'
check "the kind of the network" "$(row squared)" eval 'row squared | grep -q "beta 0.1, polynomial network"'
sed 's/<[^>]*>/ /g' results/poly/report.html >page.txt
says "an attack has its norm and units" 'moons  *sdp  *radius=0.3  *pgd  *l2  *prepared  *0.2 ' page.txt
says "so has another" 'moons  *sdp  *radius=0.3  *fgsm  *linf  *prepared  *0.2 ' page.txt
says "a certificate, too" 'moons  *sdp  *radius=0.3  *trust_region  *test  *l2  *prepared ' page.txt

# resumed: what is there stays, the rest is computed again
cp results/poly/summary.csv before.csv
rm -r results/poly/cells/"$(basename "$(grep -l poly_sdp results/poly/cells/*/result.json | head -1 | xargs dirname)")"
expect "resumed" 0 run poly.yaml --quiet
numbers() { plain "$1" | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } { print $at["method"], $at["radius"], $at["objective"], $at["test_accuracy"] }'; }
check "with the same numbers" "$(numbers results/poly/summary.csv)" [ "$(numbers results/poly/summary.csv)" = "$(numbers before.csv)" ]

# three classes, each against all others
awk 'BEGIN { s = 5; print "a,b,kind"
	for (i = 0; i < 90; i++) { for (j = 0; j < 2; j++) { s = (s * 1103515245 + 12345) % 2147483648; u[j] = s / 2147483648 - 0.5 }
		c = i % 3; printf "%.4f,%.4f,%s\n", u[0] * 1.4 + (c == 0), u[1] * 1.4 + (c == 1), "class" c } }' >three.csv
sed 's/name: poly/name: three/; s/generate: {kind: moons, n: 80, test: 60, noise: 0.2}/csv: {path: three.csv}, split: {test: 0.3, stratified: true}/; s/moons/three/; /average/d' poly.yaml >three.yaml
expect "three classes" 0 run three.yaml --quiet
for cell in results/three/cells/*; do
	expect "$(basename "$cell") verifies" 0 verify results/three "$(basename "$cell")"
done
plain results/three/summary.csv >three.csv
check "their distances are known" "$(cat three.csv)" awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
	!($at["boundary_distance"] > 0) { exit 1 }' three.csv

# what no program is
refused()
{
	sed "$2" poly.yaml >wrong.yaml
	expect "$1" 2 validate wrong.yaml
	says "is refused in its place" "$3"
}
refused "splitting with a radius" 's/radius: \[0, 0.3\]/radius: 0.3, method: splitting/' 'the squared loss and no radius for the method splitting'
refused "columns that are not attacked" 's/radius: \[0, 0.3\]/radius: 0.3, not_attacked: [0]/' 'not_attacked'
sed 's/\[standardize\]/[standardize, bias]/; s/name: poly/name: bias/' poly.yaml >bias.yaml
expect "a radius with a bias" 2 validate bias.yaml
says "is refused at its place" 'bias.yaml:6:[0-9]*: train\[0\].radius: the balls are over all columns, of which one is a bias'
check "once for each entry" "$(cat out err)" [ "$(cat out err | grep -c 'of which one is a bias')" -eq 4 ]
refused "another norm" 's/radius: \[0, 0.3\]/radius: 0.3, norm: linf/' 'train\[0\].norm: expected l2'
refused "an activation of two numbers" 's/radius: \[0, 0.3\]/activation: [0, 1]/' 'train\[0\].activation: expected three numbers'


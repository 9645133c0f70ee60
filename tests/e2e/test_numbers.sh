#!/bin/bash
# Numbers that verbs print, computed again by awk from what others of them print.
. tests/e2e/lib.sh

cat >numbers.yaml <<'END'
name: numbers
seed: 7
repeats: 2
data:
  - name: moons
    generate: {kind: moons, n: 60, noise: 0.3}
    split: {test: 0.4}
  - name: teacher
    generate: {kind: teacher, n: 60, d: 3, noise: 0.2}
    task: regression
    split: {test: 0.4}
train:
  - {solver: adam, width: 6, epochs: 20, loss: squared}
END
expect "run" 0 run --quiet numbers.yaml

# column CELL NAME: of summary.csv.
column()
{
	awk -F , -v cell="$1" -v name="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
		$1 == cell { print $at }' results/numbers/summary.csv
}

# same A B: two numbers, but for rounding in the last digits printed.
same()
{
	awk -v a="$1" -v b="$2" 'BEGIN {
		d = a - b
		exit !(a != "" && b != "" && d <= 1e-9 && d >= -1e-9)
	}'
}

cells=$(awk -F , 'NR > 1 { print $1 }' results/numbers/plan.csv)
[ "$(echo "$cells" | wc -w)" -eq 4 ] || not_ok "four cells" "$cells"
for cell in $cells; do
	run_it 0 predict results/numbers "$cell" test
	case $(column "$cell" data) in
	moons)
		accuracy=$(awk -F , 'NR > 1 { n++; right += $3 == $4 } END { print right / n }' out)
		signs=$(awk -F , 'NR > 1 && ($2 > 0) != ($3 == "1")' out)
		check "the accuracy is the share of right predictions" "$accuracy" \
			awk -v a="$accuracy" -v b="$(column "$cell" test_accuracy)" \
			'BEGIN { exit !(a - b < 1e-5 && b - a < 1e-5) }'
		check "predictions are the class on the side of the output" "$signs" [ -z "$signs" ]
		;;
	teacher)
		awk -F , 'NR > 1 { n++; y[n] = $4; square += ($2 - $4) ^ 2; mean += $4 }
			END {
				for (i = 1; i <= n; i++)
					spread += (y[i] - mean / n) ^ 2
				printf "%.12g %.12g\n", sqrt(square / n), 1 - square / spread
			}' out >errors
		read -r rmse r2 <errors
		check "the RMSE is that of the predictions" "$rmse" \
			same "$rmse" "$(column "$cell" test_rmse)"
		check "R2 is that of the predictions" "$r2" same "$r2" "$(column "$cell" test_r2)"
		;;
	esac
	time=$(awk -v a="$(column "$cell" setup_s)" -v b="$(column "$cell" solve_s)" \
		'BEGIN { print a + b }')
	last=$(tail -n 1 "results/numbers/cells/$cell/trace.csv" | cut -d , -f 2)
	check "the trace ends at the time of setup and solve" "$time $last" \
		awk -v a="$time" -v b="$last" 'BEGIN { exit !(a - b < 1e-6 && b - a < 1e-6) }'
done

# (n + 1) / (psi xi) - 1 and (2 / xi) (n + 1 - log psi)
run_it 0 bounds --n 100 --psi 0.1 --xi 0.05 --json
awk -F '[:,]' '/markov|tail|"P/ { v[$1] = $2 }
	END {
		for (name in v)
			print name, v[name]
		first = 101 / (0.1 * 0.05) - 1
		second = 2 / 0.05 * (101 - log(0.1))
		printf "want %.15g %.15g\n", first, second
	}' out >found
number()
{
	sed -n "s/.*\"$1\"  *//p" found
}
check "bounds: markov" "$(cat found)" same "$(number markov)" 20199
check "bounds: tail" "$(cat found)" same "$(number tail)" "$(sed -n 's/^want .* //p' found)"
check "bounds: the lower one, rounded up" "$(cat found)" same "$(number P)" 4133
check "bounds: binomial" "$(cat found)" same "$(number P_binomial)" 2275
run_it 0 bounds --n 100 --psi 0.1 --xi 0.05
says "bounds: which one, and the confidence" "the second one" out
says "bounds: confidence" "confidence 0.9\." out
says "bounds: the binomial condition" "^P >= 2275 by the binomial condition" out
says "bounds: what it needs" "Campi, Garatti 2008" out

# A record taken away: one is missing, and those that are done are counted by what they are.
rm -r "results/numbers/cells/$(echo "$cells" | head -n 1)"
run_it 0 status results/numbers --json
says "status: done" '"done": 3' out
says "status: missing" '"missing": 1' out
says "status: ok" '"ok": 3' out

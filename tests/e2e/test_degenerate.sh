#!/bin/bash
# The convex methods on data that is degenerate, scaled badly or tiny: a certified optimum, the same
# for all methods of one program, or an outcome that claims no more than the certificate says.
. tests/e2e/lib.sh

# rows NAME N D LABEL: a CSV file of N rows of D features x[1] to x[D], uniform in (-1, 1), each
# changed by the awk statements in CHANGE (i: row from 0; r(): uniform in (-1, 1)); LABEL: expression.
rows()
{
	awk -v n="$2" -v d="$3" '
	function r() { return 2 * rand() - 1 }
	BEGIN {
		srand(5)
		for (i = 0; i < n; i++) {
			for (j = 1; j <= d; j++)
				x[j] = r()
			noise = 0.3 * r()
			'"${CHANGE:-}"'
			for (j = 1; j <= d; j++)
				printf "%.17g,", x[j]
			print '"$4"'
		}
	}' >"$1.csv"
	unset CHANGE
}

# entry NAME [MORE]: an entry of `data`.
entry()
{
	echo "  - {name: $1, csv: {path: $1.csv}${2:-}}"
}

class='(x[1] + noise > 0)'
sets='plain signs constant duplicate zero_column zero_rows deficient wide two line'
rows plain 30 4 "$class"
rows signs 30 4 "2 * $class - 1"
CHANGE='x[2] = 3' rows constant 30 4 "$class"
CHANGE='x[2] = x[1]' rows duplicate 30 4 "$class"
CHANGE='x[2] = 0' rows zero_column 30 4 "$class"
CHANGE='if (i % 7 == 3) for (j in x) x[j] = 0' rows zero_rows 30 4 "$class"
CHANGE='x[3] = x[1] - x[2]; x[4] = x[1] / 2 + x[2]' rows deficient 30 4 "$class"
rows wide 6 12 'i % 2'
rows two 2 2 'i'
rows line 30 1 "$class"
wild='large small mixed targets'
CHANGE='for (j in x) x[j] *= 1e6' rows large 30 4 'i % 3 == 1'
CHANGE='for (j in x) x[j] *= 1e-6' rows small 30 4 'i % 2'
CHANGE='x[1] *= 1e6; x[2] *= 1e-6' rows mixed 30 4 'i % 3 == 1'
rows targets 30 4 '1e6 * (x[1] + (x[2] > 0 ? x[2] : 0))'

{
	cat <<-END
	name: degenerate
	resources: {jobs: 2, threads: 1, time_limit: 1m}
	train:
	  - {solver: admm, patterns: 20, beta: 0.1}
	  - {solver: ipm, patterns: 20, beta: 0.1}
	  - {solver: scp, neurons: 20, beta: 0.1}
	stop: {iterations: 3000, gap: 1e-3}
	data:
	END
	for set in $sets large small mixed; do
		entry "$set" ", split: {validation: 0}"
	done
	entry targets ", task: regression"
} >degenerate.yaml

# cells CONDITION [SET]...: rows of the summary, of these sets, that fulfil the condition of awk over
# data, method, status, outcome, note (texts), objective, lower, gap, patterns (numbers; "": none).
cells()
{
	local condition=$1

	shift
	awk -F, -v sets=" $* " '
	NR == 1 { for (c = 1; c <= NF; c++) at[$c] = c; next }
	{
		note = $0
		while (match($0, /"[^"]*"/)) # texts with commas
			$0 = substr($0, 1, RSTART - 1) "text" substr($0, RSTART + RLENGTH)
		data = $at["data"]; method = $at["method"]; status = $at["status"]
		outcome = $at["outcome"]; objective = $at["objective"]
		lower = $at["lower_bound"]; gap = $at["gap"]; patterns = $at["patterns"]
		size = objective > 1 ? objective : 1
		if (index(sets, " " data " ") && ('"$condition"'))
			print data, method, status, outcome, "objective", objective, "gap", gap,
				"lower", lower
	}' results/degenerate/summary.csv
}

# none NAME CONDITION SET...: no cell of these sets fulfils the condition.
none()
{
	local name=$1 found

	shift
	found=$(cells "$@")
	check "$name" "$found" [ -z "$found" ]
}

# interval SET METHOD: "lower upper", what the certificate says of the optimum.
interval()
{
	cells "method == \"$2\"" "$1" | awk '{ print $10, $6 }'
}

# agree SET METHOD SET METHOD: the optimum of one program lies in the intervals of both.
agree()
{
	echo "$(interval "$1" "$2") $(interval "$3" "$4")" |
		awk '{ exit !(NF == 4 && $1 <= $4 + 1e-9 && $3 <= $2 + 1e-9) }'
}

# shellcheck disable=SC2086 # lists of names
{
expect "fourteen data sets, three methods" 0 run degenerate.yaml
check "a record of each" "$(wc -l <results/degenerate/summary.csv)" \
	[ "$(cells 1 $sets $wild | wc -l)" -eq 42 ]
none "every cell is fine" 'status != "ok"' $sets $wild
none "every objective is finite" '!(objective - objective == 0 && objective != "")' $sets $wild
none "no bound lies above the objective of a feasible point" \
	'method != "admm" && !(lower <= objective + 1e-9 * size)' $sets $wild
none "converged is certified" 'outcome == "converged" && !(gap <= 1e-3)' $sets $wild
none "the interior point methods certify an optimum of degenerate data" \
	'method != "admm" && !(gap <= 1e-3)' $sets
none "so does ADMM" 'method == "admm" && !(gap <= 1e-2)' $sets
for set in $sets; do
	check "admm and ipm agree on $set" "$(cells 1 "$set")" agree "$set" admm "$set" ipm
done
check "labels 0, 1 and -1, 1 are the same" "$(cells 1 plain signs)" agree plain ipm signs ipm
none "where no neuron pays, all find the zero network" \
	'!(objective == 15 && gap <= 1e-3)' small
none "features of 1e6 are no obstacle to ipm" 'method == "ipm" && !(gap <= 1e-3)' large
none "nor are targets of 1e6" 'method != "admm" && !(gap <= 1e-3)' targets
}

check "a line has two patterns" "$(cells 1 line)" \
	[ "$(cells 'method != "scp" && patterns == 2' line | wc -l)" -eq 2 ]
check "the record notes that more were asked for" "$(cat results/degenerate/summary.csv)" \
	[ "$(cells 'note ~ /2 patterns found, 20 asked for/' line | wc -l)" -eq 2 ]

printf '\000\000\010\003\000\000\000\006\000\000\000\001\000\000\000\002' >six.images
printf '\001\002\003\004\005\006\007\010\011\012\013\014' >>six.images
printf '\000\000\010\001\000\000\000\006\000\001\002\003\004\002' >six.labels
cat >groups.yaml <<END
name: groups
data:
  - {name: six, idx: {images: six.images, labels: six.labels}, classes: ["0|2", "1|3"]}
train:
  - {name: admm, solver: admm, patterns: 2}
stop: {iterations: 5}
END
expect "groups of labels of images" 0 run groups.yaml
check "leave out the others" "$(record results/groups admm n_train)" \
	[ "$(record results/groups admm n_train)" = 5 ]
check "and are two classes" "$(record results/groups admm majority)" \
	[ "$(record results/groups admm majority)" = 0.59999999999999998 ]

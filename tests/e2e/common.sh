# What the end-to-end scripts share: a folder of their own, small specs, "ok" and "not ok" lines.
# shellcheck shell=bash
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
relubench=$here/${BUILD:-build}/relubench
[ -z "${RELUBENCH:-}" ] || relubench=$(realpath "$RELUBENCH")
work=$(mktemp -d)
failed=0
trap 'rm -rf "$work"; exit $((failed > 0))' EXIT
cd "$work" || exit 1

# check NAME COMMAND...: one line; the command's exit status decides.
check() {
	local name=$1

	shift
	if "$@"; then
		echo "ok $name"
	else
		echo "not ok $name"
		failed=$((failed + 1))
	fi
}

equal() {
	[ "$1" = "$2" ] || {
		echo "# expected \"$1\", got \"$2\""
		return 1
	}
}

contains() { # FILE TEXT
	grep -qF -- "$2" "$1" || {
		echo "# no \"$2\" in $1:"
		sed 's/^/# /' "$1"
		return 1
	}
}

# spec EPOCHS: six cells of about EPOCHS / 2000 s. Nothing stops a trainer early.
spec() {
	cat >tiny.yaml <<EOF
name: tiny
seed: 7
repeats: 3
resources: {jobs: 2, threads: 1}
data:
  - name: blobs
    generate: {kind: xor_clusters, n: 200, d: 2}
    split: {test: 0.3}
    prepare: [bias]
train:
  - name: sgd
    solver: sgd
    width: 64
    epochs: $1
    batch: 8
    learning_rate: [0.0001, 0.0002]
    beta: 0.01
stop: {iterations: $1, patience: 0}
EOF
}

# Names of the finished cells, one per line.
cells() {
	[ ! -d results/tiny/cells ] || ls results/tiny/cells
}

planned() {
	tail -n +2 results/tiny/plan.csv | cut -d, -f1 | sort
}

statuses() { # how many finished cells have this status
	grep -lF "\"status\": \"$1\"" results/tiny/cells/*/result.json 2>/dev/null | wc -l
}

# Wait up to 20 s for a condition.
until_true() {
	for _ in $(seq 400); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}

# Workers of process $1 that have started computing.
workers() {
	for pid in $(cat "/proc/$1/task/$1/children" 2>/dev/null); do
		! grep -qs relubench-worke "/proc/$pid/comm" || echo "$pid"
	done
}

has_worker() {
	[ -n "$(workers "$1")" ]
}

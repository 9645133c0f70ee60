# The number of workers changes nothing in the records.
. "$(dirname "$0")/common.sh"

numbers() { # of a results folder, without times and memory
	for file in "$1"/tiny/cells/*/result.json; do
		grep -vE '"(cell|[a-z]+_s|peak_mem_bytes)"' "$file"
	done | sha256sum
}

spec 20
"$relubench" run tiny.yaml --jobs 1 --threads 1 --out one --quiet >out 2>err
check "one worker" equal 0 $?
"$relubench" run tiny.yaml --jobs 3 --threads 1 --out three --quiet >out 2>err
check "three workers" equal 0 $?
check "the same cells" equal "$(ls one/tiny/cells)" "$(ls three/tiny/cells)"
check "the same numbers" equal "$(numbers one)" "$(numbers three)"

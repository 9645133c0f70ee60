#!/bin/bash
# The number of workers changes nothing in the records.
. tests/e2e/lib.sh

tiny_spec tiny 3
expect "one worker" 0 run tiny.yaml --jobs 1 --threads 1 --out one --quiet
expect "three workers" 0 run tiny.yaml --jobs 3 --threads 1 --out three --quiet
check "the same cells" "$(count_cells one/tiny) and $(count_cells three/tiny)" \
	[ "$(cells_of one/tiny)" = "$(cells_of three/tiny)" ]
same "the same values" one/tiny three/tiny

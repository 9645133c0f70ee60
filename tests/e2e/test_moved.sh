#!/bin/bash
# Results that move: to another place, with their data elsewhere; checksums decide which files are the same.
. tests/e2e/lib.sh

# A CSV file of two classes in the plane, and a file of patterns for its 24 training rows.
mkdir -p home/data/set results_elsewhere
awk 'BEGIN { srand(3); for (i = 0; i < 36; i++) printf "%.3f,%.3f,%d\n", rand() + i % 2, rand(), i % 2 }' \
	>home/data/set/points.csv
# shellcheck disable=SC2046 # numbers
npy home/patterns.npy 24 1 $(yes 1 | head -n 24)
cat >home/moved.yaml <<-END
name: moved
seed: 3
resources: {jobs: 1, threads: 1}
data:
  - {name: points.csv, csv: {path: data/set/points.csv}, split: {test: 12}}
train:
  - {name: admm, solver: admm, patterns: {file: patterns.npy}, beta: 0.1}
stop: {iterations: 20}
attack:
  - {attack: fgsm, norm: linf, eps: [0, 0.1]}
END
cd home || exit 1
expect "run" 0 run moved.yaml --quiet
id=$(cells_of results/moved)
says "the record has the length and checksum of each file" \
	"^data/set/points.csv,$(wc -c <data/set/points.csv),$(sha256sum data/set/points.csv | cut -d' ' -f1)" \
	"results/moved/cells/$id/inputs.csv"
says "of the method too" "^patterns.npy,.*,$(sha256sum patterns.npy | cut -d' ' -f1)" \
	"results/moved/cells/$id/inputs.csv"
cd ..

# Everything that reads data again, from another folder: `does NAME STATUS ARGUMENT...` for each verb.
does()
{
	local name=$1 status=$2 verb

	shift 2
	for verb in verify rerun attack predict; do
		expect "$verb $name" "$status" "$verb" moved/moved "$id" "$@"
	done
}

cp -r home/results moved
does "where the data still lie where they were" 0

# The place of the run is gone, and the data lie elsewhere.
mkdir -p elsewhere/some/depth
mv home gone
does "without its data" 4
says "names the file" "points.csv: no file points.csv here"
says "and the way out" "--data DIR"
cp -r gone/data/set elsewhere/
cp gone/patterns.npy elsewhere/some/depth/
does "with --data" 0 --data elsewhere
expect "rerun is the same" 0 rerun moved/moved "$id" --data=elsewhere
says "bit for bit" "^$id: identical" out
RELUBENCH_DATA=$work/elsewhere expect "RELUBENCH_DATA is searched without --data" 0 rerun moved/moved "$id"
mv elsewhere/set/points.csv elsewhere/some/depth/
does "with the data anywhere below" 0 --data elsewhere
expect "--data that is no folder" 4 verify moved/moved "$id" --data moved.yaml
says "says so" "^--data: moved.yaml: No such file"

# A changed file is no match, wherever it lies; a right one deeper down is found behind a wrong one.
sed 's/^0/1/' elsewhere/some/depth/points.csv >elsewhere/points.csv
does "passes over a changed copy" 0 --data elsewhere
rm elsewhere/some/depth/points.csv
does "with changed data" 4 --data elsewhere
says "names what was expected" "expected the SHA-256 $(sha256sum gone/data/set/points.csv | cut -d' ' -f1)"
says "what was found" "found $(sha256sum elsewhere/points.csv | cut -d' ' -f1) in .*elsewhere/points.csv"
says_once "in one message"

# A record of an earlier version has no such list: the checksum in data.csv decides, over all files of the data.
cp -r moved moved_now
rm -f "moved/moved/cells/$id/record.json" "moved/moved/cells/$id/inputs.csv"
sed -i '/^ *"format":/d' "moved/moved/cells/$id/result.json" "moved/moved/cells/$id/cell.json"
does "of an earlier version, with changed data" 4 --data elsewhere
says "names what was expected" \
	"are not those of this record: expected the SHA-256 $(sha256sum gone/data/set/points.csv | cut -d' ' -f1)"
cp gone/data/set/points.csv elsewhere/points.csv
does "of an earlier version" 0 --data elsewhere
rm elsewhere/points.csv
does "of an earlier version, without its data" 4 --data elsewhere
says "names the file" "points.csv: no file points.csv in .*elsewhere"
rm -rf moved && mv moved_now moved
mv gone home
sed -i 's/^0/1/' home/data/set/points.csv
does "with data changed where they were" 4
says "is no difference of the record" "expected the SHA-256"

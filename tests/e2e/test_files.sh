#!/bin/bash
# Data files that are something else, or more than planning may take: one clear error, at once.
. tests/e2e/lib.sh

cat >files.yaml <<END
name: files
resources: {jobs: 1, threads: 1, time_limit: 1m}
data:
  - {name: set, csv: {path: data.csv, header: no}}
train:
  - {name: scp, solver: scp, beta: 0.1, neurons: 4}
stop: {iterations: 5}
END

# refused NAME STATUS PATTERN [ARGUMENT...]: `run` ends soon, and its only message matches.
refused()
{
	local name=$1 expected=$2 pattern=$3 status=0

	shift 3
	timeout 30 "$relubench" run files.yaml --quiet "$@" >out 2>err </dev/null || status=$?
	check "$name: exit status" "$status" [ "$status" -eq "$expected" ]
	says "$name" "$pattern"
}

mkfifo data.csv
refused "a pipe" 4 'data.csv: .*this is a pipe'
rm data.csv
refused "a device" 4 '/dev/zero: .*this is a device' --set data[0].csv.path=/dev/zero
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n' >data.csv
refused "a Git LFS pointer" 4 'this is a Git LFS pointer'
printf '<!DOCTYPE html>\n<html></html>\n' >data.csv
refused "an HTML page" 4 'this is an HTML page'
printf '1,2,0\n2,1,1\n3,4,0\n0,1,1\n' | gzip | gzip >data.csv
refused "gzip in gzip" 4 'packed twice'

# 40 MB of rows in 40 KB
head -c 4000000 /dev/zero | sed 's/\x00/1,2,3,0\n/g' | gzip -9 >data.csv
refused "a file that unpacks to more than memory_limit" 4 'more memory than the .* MiB' \
	--set resources.memory_limit=60MB

printf '1,2,0\r\n2,1,1\r\n3,4,0\r\n0,1,1\r\n' >data.csv
{ printf '\357\273\277' && sed 's/$/\r/' files.yaml; } >marked.yaml
expect "a spec with a byte order mark and CRLF" 0 run marked.yaml --quiet
printf '\357\273\2771 1:1 2:2\n-1 1:2\n1 1:3\n-1 2:1\n' >data.svm
cat >svm.yaml <<END
name: svm
data:
  - {name: set, libsvm: {path: data.svm}}
train:
  - {name: scp, solver: scp, beta: 0.1, neurons: 4}
stop: {iterations: 5}
END
expect "a LIBSVM file with a byte order mark" 0 run svm.yaml --quiet

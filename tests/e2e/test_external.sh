# Trainer `external`: what a program is given, how its networks are judged, how it ends.
. "$(dirname "$0")/lib.sh"

mkdir tmp
export TMPDIR=$work/tmp

# program NAME: a shell script from stdin.
program()
{
	cat >"$1"
	chmod +x "$1"
}

spec()
{
	cat >"$1.yaml"
	expect "$1 runs" "$2" run "$1.yaml" --quiet
}

head="data: [{name: moons, generate: {kind: moons, n: 60, noise: 0.1}, split: {test: 0.3, validation: 0.2}, prepare: [bias]}]"

# a network of ours comes back from a program as it was
spec teacher 0 <<END
name: teacher
$head
train: [{solver: adam, width: 6, epochs: 30, beta: 0.1}]
END
model=$(echo "$work"/results/teacher/cells/*/model.npz)
program copy.sh <<END
ls >$work/given
cp problem.json $work/
echo 'a line that is no JSON'
echo '{"ready": true}'
cp $model 1.npz
echo '{"iteration": 7, "model": "1.npz", "objective": 3.5}'
cp $model 2.npz
echo '{"iteration": 9, "model": "2.npz", "end": "converged"}'
sleep 1000
END
spec copy 0 <<END
name: copy
$head
train:
  - {solver: external, command: [sh], script: copy.sh, beta: 0.1, loss: squared, options: {width: 6, kind: fast, deep: true}}
attack: [{attack: fgsm, norm: linf, eps: 0.1}]
END
check "the objective is the harness's" "differs" [ \
	"$(record results/copy external objective_network)" = "$(record results/teacher adam objective_network)" ]
check "so is the accuracy" "differs" [ \
	"$(record results/copy external test_accuracy)" = "$(record results/teacher adam test_accuracy)" ]
check "it ended as it said" "$(record results/copy external outcome)" [ \
	"$(record results/copy external outcome)" = converged ]
check "two iterates were evaluated" "$(wc -l <"$(echo results/copy/cells/*/trace.csv)") lines" [ \
	"$(wc -l <"$(echo results/copy/cells/*/trace.csv)")" -eq 3 ]
says "its own objective is beside it" ',3.5,' "$(echo results/copy/cells/*/trace.csv)"
says "the network is attacked" fgsm results/copy/attack.csv
for file in X_train.npy y_train.npy X_validation.npy y_validation.npy problem.json; do
	says "it is given $file" "^$file\$" given
done
says "no test part" 'X_train.npy' given
check "the test part is not" "given" [ "$(grep -c test given)" -eq 0 ]
says "options keep their types" '"width": 6' problem.json
says "a text stays one" '"kind": "fast"' problem.json
says "so does true" '"deep": true' problem.json
check "nothing of it runs on" "$(pgrep -f "$work/copy.sh")" [ -z "$(pgrep -f "$work/copy.sh")" ]

# the clock is that of the time in which the program could run
program slow.sh <<END
echo '{"ready": true}'
sleep 0.3
cp $model 1.npz
echo '{"iteration": 1, "model": "1.npz", "end": "iteration_limit"}'
END
spec slow 0 <<END
name: slow
$head
train: [{solver: external, command: [sh], script: slow.sh, beta: 0.1}]
END
check "its time is counted" "$(record results/slow external solve_s)" \
	awk "BEGIN {exit !($(record results/slow external solve_s) > 0.25)}"

# endless programs are ended by stopping rules and limits
program endless.sh <<END
k=0
while true; do
	k=\$((k + 1))
	cp $model \$k.npz
	echo "{\"iteration\": \$k, \"model\": \"\$k.npz\"}"
done
END
spec endless 0 <<END
name: endless
$head
train: [{solver: external, command: [sh], script: endless.sh, beta: 0.1}]
stop: {iterations: 5}
END
check "the iteration limit ends it" "$(record results/endless external iterations)" [ \
	"$(record results/endless external iterations)" = 5 ]
check "nothing endless runs on" "$(pgrep -f "$work/endless.sh")" [ -z "$(pgrep -f "$work/endless.sh")" ]

# bad programs fail with one reason, and the others go on
program wide.sh <<END
cp $model 1.npz
echo '{"model": "1.npz"}'
END
spec bad 1 <<END
name: bad
$head
train:
  - {name: absent, solver: external, command: [no-such-program], beta: 0.1}
  - {name: status, solver: external, command: [sh, -c, exit 3], beta: 0.1}
  - {name: killed, solver: external, command: [sh, -c, 'kill -9 \$\$'], beta: 0.1}
  - {name: silent, solver: external, command: ["true"], beta: 0.1}
  - {name: junk, solver: external, command: [sh, -c, 'echo "{junk"'], beta: 0.1}
  - {name: nothing, solver: external, command: [sh, -c, 'echo "{\"a\": 1}"'], beta: 0.1}
  - {name: missing, solver: external, command: [sh, -c, 'echo "{\"model\": \"x.npz\"}"'], beta: 0.1}
  - {name: wide, solver: external, command: [sh], script: wide.sh, width: 2, beta: 0.1}
  - {name: good, solver: sgd, width: 4, epochs: 2, beta: 0.1}
END
reason()
{
	record results/bad "$1" message >message
	says "$1: $2" "$2" message
	check "$1 has failed" "$(record results/bad "$1" status)" [ "$(record results/bad "$1" status)" = failed ]
}
reason absent "cannot start no-such-program: No such file or directory"
reason status "the program ended with exit status 3"
reason killed "the program was ended by signal 9"
reason silent "the program ended without a model"
reason junk "the program wrote no JSON"
reason nothing 'expected .*model.* or .*ready'
reason missing "x.npz: cannot open the file"
reason wide "6 neurons, .width. allows 2"
check "the others go on" "$(record results/bad good status)" [ "$(record results/bad good status)" = ok ]
left=$(find "$TMPDIR" -mindepth 1 -type d)
check "no folders are left" "$left" [ -z "$left" ]

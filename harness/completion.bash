# bash completion for relubench; verbs, options and kinds are asked of the program itself.

_relubench_words() # first word of each indented line of its output; of an option the long form
{
	"$@" 2>/dev/null | sed -n 's/^  \(-[a-z], \)\{0,1\}\([a-z-][a-z0-9_-]*\).*/\2/p'
}

_relubench()
{
	local program=${COMP_WORDS[0]} verb=${COMP_WORDS[1]} word=${COMP_WORDS[COMP_CWORD]}

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_relubench_words "$program" --help) --help --version" -- "$word")
	elif [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_relubench_words "$program" "$verb" --help)" -- "$word")
	elif [ "$verb" = help ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_relubench_words "$program" --help)" -- "$word")
	elif [ "$verb" = list ]; then
		mapfile -t COMPREPLY < <(compgen -W "$("$program" list 2>/dev/null | grep -v '^ ')" -- "$word")
	elif [ "$verb" = describe ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_relubench_words "$program" list)" -- "$word")
	else
		compopt -o default # files
	fi
}

complete -F _relubench relubench

#!/bin/sh
# Download public data sets: get-data.sh [SET...]
#
# SET is the first folder of a path in experiments/get-data.list (mnist, libsvm, ...); without one, all
# of them. Files go to $RELUBENCH_DATA, or to data/ in the repository. Files that are there are kept; an
# interrupted download goes on where it stopped. MIRROR: a URL that has all files under the same paths.
# Debian packages that hold a set spare the download: files of $DATASETS, by default /usr/share/datasets, are linked
# (apt-get install dataset-fashion-mnist has all of Fashion-MNIST under the MIT licence, compressed anew, so that
# checksums are the package's). GET_DATA_LIST: another list. Exit status: 0 all there, 2 usage, 4 no network or a damaged file.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
list=${GET_DATA_LIST:-$here/get-data.list}
data=${RELUBENCH_DATA:-$here/../data}
packaged=${DATASETS:-/usr/share/datasets}

stop() { # STATUS MESSAGE
	echo "get-data: $2" >&2
	exit "$1"
}

sum_of() {
	sha256sum <"$1" | cut -d ' ' -f 1
}

# Is the file what the list says? A difference that may be the publisher's is only said.
fits() { # FILE SUM CHECK NAME
	[ "$2" != - ] || return 0
	[ "$(sum_of "$1")" != "$2" ] || return 0
	[ "$3" = known ] || return 1
	echo "get-data: $4 differs from the copy that the experiments were written with" >&2
}

fetch() { # URL FILE
	status=0
	message=$(curl -fsSL -C - --retry 3 --connect-timeout 20 -o "$2" "$1" 2>&1) || status=$?
	[ "$status" -ne 0 ] || return 0
	reason=$(printf '%s\n' "$message" | tail -n 1)
	stop 4 "cannot download $1: ${reason:-curl failed with status $status}"
}

get() { # SUM CHECK NAME URL
	file=$data/$3
	part=$file.part
	[ ! -e "$file" ] || return 0
	mkdir -p "$(dirname "$file")"
	echo "$3"
	if [ -r "$packaged/$3" ]; then
		ln -s "$packaged/$3" "$file"
		return 0
	fi
	resumed=0
	[ ! -s "$part" ] || resumed=1
	# a part may be whole already: asking for the rest of it would be an error
	if [ "$resumed" = 0 ] || [ "$1" = - ] || [ "$(sum_of "$part")" != "$1" ]; then
		fetch "$4" "$part"
	fi
	if [ "$resumed" = 1 ] && [ "$1" != - ] && [ "$(sum_of "$part")" != "$1" ]; then
		rm -f "$part" # the part was of something else
		fetch "$4" "$part"
	fi
	if ! fits "$part" "$1" "$2" "$3"; then
		rm -f "$part"
		stop 4 "$4 is not the file that was expected: its SHA-256 is not $1"
	fi
	if [ "$2" = unpack ]; then
		tar -xzf "$part" --strip-components=1 -C "$(dirname "$file")"
	fi
	mv "$part" "$file"
}

lines() {
	sed -e '/^#/d' -e '/^ *$/d' "$list"
}

command -v curl >/dev/null || stop 4 "curl is needed: make deps, or install the package curl"
[ -r "$list" ] || stop 2 "no list $list"
sets=$(lines | cut -d ' ' -f 3 | cut -d / -f 1 | sort -u | tr '\n' ' ')
for name in "$@"; do
	case " $sets" in
	*" $name "*) ;;
	*) stop 2 "no set \"$name\"; there are: $sets" ;;
	esac
done

lines | while read -r sum check name url; do
	set=${name%%/*}
	case " ${*:-$set} " in
	*" $set "*) ;;
	*) continue ;;
	esac
	[ -z "${MIRROR:-}" ] || url=$MIRROR/$name
	get "$sum" "$check" "$name" "$url" </dev/null
done

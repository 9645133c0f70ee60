#!/bin/bash
# Writes that fail in a whole run: one clear message, nothing lost, and the next run completes the work.
# (Every single write: tests/fault/test_write.c.)
. tests/e2e/lib.sh

tiny_spec tiny 1
expect "undisturbed run" 0 run tiny.yaml --out whole

# No file may grow beyond k KiB: from the very first one to the report.
bad=0
for k in 0 1 2 4 8 16 32 64 128; do
	(ulimit -f $k && exec "$relubench" run tiny.yaml --quiet --out limit) 2>&1 >/dev/null |
		cat >err # a file would be limited as well
	status=${PIPESTATUS[0]}
	[ $status -eq 0 ] && break
	[ $status -eq 4 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q -i "file too large" err ||
		{ bad=1; echo "# limit $k KiB: exit status $status"; sed 's/^/#   /' err; }
	for cell in limit/tiny/cells/*; do
		[ -e "$cell" ] || continue
		grep -q '"status": "ok"' "$cell/result.json" || { bad=1; echo "# partial record $cell"; }
	done
done
check "each failing write is one message and exit status 4" "see above" [ $bad -eq 0 ]
expect "completed afterwards" 0 run tiny.yaml --out limit
same "same values" whole/tiny limit/tiny

# A file system that fills up.
mkdir disk
if mount -t tmpfs -o size=64k none disk 2>/dev/null; then
	trap 'umount "$work/disk"; rm -rf "$work"' EXIT
	expect "a full disk" 4 run tiny.yaml --out disk
	says "is said" "No space left on device"
	check "what is there is whole" "$(statuses_of disk/tiny)" grep -qx '\([0-9]* ok\)*' \
		<<<"$(statuses_of disk/tiny)"
	mount -o remount,size=4m disk
	expect "with room it goes on" 0 run tiny.yaml --out disk
	same "same values on it" whole/tiny disk/tiny
else
	ok "a full disk # SKIP mounting is not allowed"
fi

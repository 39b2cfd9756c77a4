#!/bin/sh
# Begins as root to give almost everything away: whither runs as an ordinary user whose one ambient capability is CAP_NET_RAW.
# Where the container has not got it (--cap-drop=all), or begins as another user, whither runs without, by ordinary sockets.
set -eu

: "${WHITHER_UID:=10001}"

[ "$(id -u)" = 0 ] || exec whither "$@"

# The capabilities that may be had here at all; CAP_NET_RAW is number 13 (capabilities(7)).
bounding=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
if [ $((0x$bounding >> 13 & 1)) = 1 ]; then
	capabilities=-all,+net_raw
else
	capabilities=-all
fi

# The folder of a volume that was made by the engine is root's.
if [ -n "${STATE_DIRECTORY:-}" ] && [ -d "$STATE_DIRECTORY" ] && [ "$(stat -c %u "$STATE_DIRECTORY")" = 0 ]; then
	chown "$WHITHER_UID:$WHITHER_UID" "$STATE_DIRECTORY" 2>/dev/null || true
fi

export HOME=/nonexistent
exec setpriv --reuid="$WHITHER_UID" --regid="$WHITHER_UID" --clear-groups \
	--bounding-set="$capabilities" --inh-caps="$capabilities" --ambient-caps="$capabilities" \
	--no-new-privs -- whither "$@"

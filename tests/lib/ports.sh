# shellcheck shell=bash
# Free TCP ports on the loopback.  Source this file.
#
#   port_is_free PORT
#   free_port          prints one
#
# Chosen at random below the range from which the kernel takes ports for outgoing connections
# (32768 and up), so that none of those can take it before the server does, and runs side by side
# hardly ever choose the same.

port_is_free() {
	! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {
	local port tries=100

	while [ $((tries -= 1)) -ge 0 ]; do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
		if port_is_free "$port"; then
			echo "$port"
			return
		fi
	done
	echo "no free port found" >&2
	return 1
}

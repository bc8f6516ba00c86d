#!/bin/bash
# Proves common/banned.h: each function it names, used in any way, fails the build with both compilers;
# so do variable length arrays and alloca in disguise; and the headers we use still compile behind it.
# shellcheck source=tests/lint/lib.sh
. "$(dirname "$0")/lib.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

names() {
	sed -n 's/^.*[ *]\([a-z]*\)(\(char\|const\|struct\|size_t\).*);$/\1/p' common/banned.h
}

# libpq's headers have a folder of their own; the flag is one word.
libpq=$(pkg-config --cflags-only-I libpq | tr -d ' ')

# compile COMPILER FILE: as the build does, but with no warning that is an error by -Werror alone.
compile() {
	"$1" -std=c11 -D_DEFAULT_SOURCE -Werror=vla -Werror=alloca -include common/banned.h \
		-I. "$libpq" -c "$2" -o "$tmp/out.o" 2>"$tmp/messages"
}

expect_refusal() {
	local compiler

	for compiler in gcc clang-14; do
		if compile "$compiler" "$tmp/$1.c"; then
			echo "$compiler accepts $1"
		elif ! grep -qE 'is unavailable: banned|\[-Werror[=,-].*(vla|alloca)' "$tmp/messages"; then
			echo "$compiler refuses $1 for another reason: $(head -n 1 "$tmp/messages")"
		fi
	done
}

# Taking the address is a use as well, and needs no knowledge of the parameters.
refusals() {
	local name

	for name in $(names); do
		cat >"$tmp/$name.c" <<-EOF
			typedef void (*function)(void);
			function use(void);
			function use(void) { return (function)$name; }
		EOF
		expect_refusal "$name"
	done
	echo 'int use(int n); int use(int n) { char a[n]; return sizeof a > 1; }' >"$tmp/vla.c"
	expect_refusal vla
	echo 'void *use(int n); void *use(int n) { return __builtin_alloca(n); }' >"$tmp/alloca.c"
	expect_refusal alloca
}

# All that the style guide bans must be in the header.
omissions() {
	local name

	for name in strcpy strcat sprintf strtok gmtime localtime atoi alloca gets; do
		names | grep -qx "$name" || echo "$name is not in common/banned.h"
	done
}

headers_still_work() {
	local compiler

	cat >"$tmp/headers.c" <<-EOF
		#include <alloca.h>
		#include <curl/curl.h>
		#include <ev.h>
		#include <ini.h>
		#include <json-c/json.h>
		#include <libpq-fe.h>
		#include <libwebsockets.h>
		#include <openssl/ssl.h>
		#include <openssl/x509v3.h>
		#include <string.h>
		#include <time.h>
		extern char *strcpy(char *restrict, const char *restrict);
		int use(const char *text);
		int use(const char *text) { return (int)strlen(text); }
	EOF
	for compiler in gcc clang-14; do
		compile "$compiler" "$tmp/headers.c" || head -n 3 "$tmp/messages"
	done
}

{ refusals; omissions; } | verdict banned-functions
headers_still_work | verdict banned-functions-spare-headers

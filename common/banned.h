/*
 * banned.h - functions that invite mistakes are compile errors.
 *
 * The build puts this file in front of every source file (-include).  Each banned function is
 * declared once more with the attribute `unavailable`, which both GCC 12 and Clang 14 turn into an
 * error wherever our code calls it or takes its address, warnings switched on or not.  A poisoned or
 * redefined name would also break every later header that merely declares the function; a second
 * declaration does not.  tests/lint/banned.sh proves each line.
 *
 * Variable length arrays and __builtin_alloca() are refused by -Werror=vla and -Werror=alloca.
 */
#ifndef V2G_COMMON_BANNED_H
#define V2G_COMMON_BANNED_H

/* Repeating a declaration is the point here, so it needs no warning. */
#pragma GCC system_header

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Some C libraries wrap these in macros, which would hide the declarations below. */
#undef alloca
#undef sprintf
#undef strcat
#undef strcpy
#undef strncat
#undef strncpy
#undef vsprintf

#define V2G_BANNED(instead) __attribute__((unavailable("banned: " instead)))

/* Writing without knowing the size of the target, or without a certain terminator. */
V2G_BANNED("use snprintf or struct buf") char *strcpy(char *restrict, const char *restrict);
V2G_BANNED("use snprintf or struct buf") char *strcat(char *restrict, const char *restrict);
V2G_BANNED("use snprintf or memcpy")
char *strncpy(char *restrict, const char *restrict, size_t);
V2G_BANNED("use snprintf or struct buf")
char *strncat(char *restrict, const char *restrict, size_t);
V2G_BANNED("use snprintf") int sprintf(char *restrict, const char *restrict, ...);
V2G_BANNED("use vsnprintf")
int vsprintf(char *restrict, const char *restrict, __builtin_va_list);
V2G_BANNED("use fgets or getline") char *gets(char *);
V2G_BANNED("use struct buf or the arena") void *alloca(size_t);

/* State hidden in the library. */
V2G_BANNED("use slices") char *strtok(char *restrict, const char *restrict);
V2G_BANNED("use gmtime_r or clock.h") struct tm *gmtime(const time_t *);
V2G_BANNED("use gmtime_r: time is UTC") struct tm *localtime(const time_t *);
V2G_BANNED("use clock_format") char *ctime(const time_t *);
V2G_BANNED("use clock_format") char *asctime(const struct tm *);

/* Numbers without a verdict. */
V2G_BANNED("use slice_to_int64") int atoi(const char *);
V2G_BANNED("use slice_to_int64") long atol(const char *);
V2G_BANNED("use slice_to_int64") long long atoll(const char *);
V2G_BANNED("use strtod and check its end") double atof(const char *);

#undef V2G_BANNED

#endif

/*
 * pg_options.h - the parameters of a connection as libpq takes them, keyword by keyword.  Internal to pg.c.
 *
 * Here names of hosts become addresses, because libpq would look them up on each connect and block the loop.
 */
#ifndef V2G_CSMS_PG_OPTIONS_H
#define V2G_CSMS_PG_OPTIONS_H

#define PG_OPTIONS_MAX 64 /* libpq 15 knows about forty */

/* Zeroed: none.  Both arrays end with NULL. */
struct pg_options {
	char *keywords[PG_OPTIONS_MAX], *values[PG_OPTIONS_MAX];
};

void pg_options_free(struct pg_options *o);
/* Adds or replaces. */
void pg_options_set(struct pg_options *o, const char *keyword, const char *value);
/* Adds unless it is there. */
void pg_options_default(struct pg_options *o, const char *keyword, const char *value);
/* NULL when absent. */
const char *pg_options_get(const struct pg_options *o, const char *keyword);
/* A run-time parameter of the server; the last one of a name counts. */
void pg_options_add_parameter(struct pg_options *o, const char *name, const char *value);
/* Blocking: resolves "host", a list perhaps, to "hostaddr".  A name with several addresses stands once for each. */
void pg_options_resolve(struct pg_options *o);

#endif

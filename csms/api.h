/*
 * api.h - the operator's HTTP door: a table of routes onto SQL functions (DESIGN D8).
 *
 * Served on listen.http, in HTTP/1.1 (http.h); each request is parsed here, authorised by its bearer token and role,
 * run on the query pool, and answered when the row is back.  What has effects outside the database (a
 * command to a station) has a handler in C, which also ends in a row.
 */
#ifndef V2G_CSMS_API_H
#define V2G_CSMS_API_H

#include "csms/node.h"

struct lws_context_creation_info;

/* Makes this vhost (listen.http) the API's, whatever its protocols were; to be called just before it is created.
 * Its user pointer must be the node. */
void api_vhost(struct lws_context_creation_info *info);

/* The query pool's statements: those of statements.h, then one per route. */
const struct pg_statement *api_statements(int *count_out);

/* NOTIFY v2g_command_done: requests that wait for this command are answered.  .ptr == NULL: any may be done, because
 * the connection that tells us was lost. */
void api_command_done(struct node *node, struct slice command_id);

#endif

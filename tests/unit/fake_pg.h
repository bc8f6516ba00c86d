/*
 * fake_pg.h - stands in for csms/pg.c: a server in memory that does what a test says.
 *
 * Statement 0 inserts its first parameter as a row; the rows of a batch become visible at its sync.  Statement 1
 * takes raw messages.  Nothing happens until fake_serve() is called, so a test sees each moment.
 */
#ifndef V2G_TESTS_UNIT_FAKE_PG_H
#define V2G_TESTS_UNIT_FAKE_PG_H

#include "csms/pg.h"

#define FAKE_SENT_MAX 4096
#define FAKE_TEXT_MAX 2048

enum fake_statement { FAKE_INSERT, FAKE_LOG, FAKE_STATEMENT_COUNT };

extern const struct pg_statement fake_statements[FAKE_STATEMENT_COUNT];

struct fake {
	const struct pg_events *events;
	void *ctx;
	bool up;
	int sent_count; /* statements of the batch */
	struct {
		int statement;
		char text[64]; /* the first parameter */
	} sent[FAKE_SENT_MAX];
	char frames[FAKE_TEXT_MAX]; /* the last parameter of the last FAKE_LOG */
	bool synced;

	/* What goes wrong.  A text that begins with "bad" is always refused, with this sqlstate. */
	const char *sqlstate;
	const char *also_bad; /* NULL, or a text that is refused besides */
	int fail_once; /* so many batches fail with 40P01 at their first statement */
	bool refuse_log;
	bool refuse_commit; /* of a batch with a text that begins with "late" */
	int fail_send; /* the n-th pg_send() from now finds the connection broken; 0: none */

	int rows_count; /* committed */
	char rows[FAKE_SENT_MAX][64];
	int logs; /* committed FAKE_LOG */
	int batches; /* served, refused ones included */
	int largest; /* statements in a batch */
	int results_alive;
};

extern struct fake fake;

void fake_reset(void);
void fake_up(void);
/* Results still owed are unknown; `committed`: the server had done the batch all the same. */
void fake_down(bool committed);
/* Answers the batch that is in flight, if there is one; true when there was. */
bool fake_serve(void);
/* Answers the first n statements, and no sync. */
void fake_serve_some(int n);

#endif

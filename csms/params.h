/*
 * params.h - builds the text parameters of a statement on the stack, in order.
 *
 *     struct params p = { 0 };
 *     params_int(&p, station->id);
 *     params_time(&p, now);
 *     store_submit(store, STMT_X, &p.pg, done, ctx);
 */
#ifndef V2G_CSMS_PARAMS_H
#define V2G_CSMS_PARAMS_H

#include "common/clock.h"
#include "csms/pg.h"

#include <inttypes.h>
#include <stdio.h>

struct params {
	struct pg_params pg;
	char scratch[PG_PARAMS_MAX][CLOCK_TEXT_MAX]; /* numbers and times */
};

static inline void
params_text(struct params *p, struct slice value)
{
	p->pg.values[p->pg.count++] = value;
}

static inline void
params_null(struct params *p)
{
	params_text(p, (struct slice){ NULL, 0 });
}

static inline void
params_int(struct params *p, int64_t value)
{
	char *text = p->scratch[p->pg.count];

	params_text(
	    p, slice_from(text, (size_t)snprintf(text, CLOCK_TEXT_MAX, "%" PRId64, value)));
}

static inline void
params_time(struct params *p, int64_t at)
{
	char *text = p->scratch[p->pg.count];

	params_text(p, slice_from(text, clock_format(at, 6, text)));
}

#endif

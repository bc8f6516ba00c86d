/* Block B, provisioning: the boot. */
#include "csms/actions.h"

#include "common/log.h"
#include "csms/commands.h"

/*
 * The heartbeat interval of this station: up to a tenth below the setting, by its id, so that a fleet that boots
 * together does not beat together.
 */
static int64_t
heartbeat_seconds(const struct session *s)
{
	int64_t interval = s->owner->settings.ocpp.heartbeat_interval / SECOND_US;
	uint64_t scattered = (uint64_t)s->station->id * UINT64_C(0x9E3779B97F4A7C15) >> 32;

	interval -= (int64_t)(scattered % 1000) * interval / 10000;
	return interval < 1 ? 1 : interval;
}

void
block_boot_notification(struct session *s, struct params *p)
{
	params_int(p, heartbeat_seconds(s));
}

/* Columns: answer, status.  The answer leaves right after. */
void
block_boot_committed(struct session *s, const struct pg_result *r)
{
	s->boot = registration_parse(pg_text(r, 0, 1));
	s->station->boot_status = s->boot;
	s->triggered = 0;
	log_info("STATION_BOOTED", LOG_STR("station", s->station->name),
	    LOG_SLICE("status", pg_text(r, 0, 1)));
	commands_after(s, s->owner->settings.ocpp.settle_time);
}

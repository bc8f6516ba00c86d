#include "tests/sim/reservations.h"

#include "common/clock.h"
#include "tests/sim/call.h"
#include "tests/sim/evse.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/station.h"

bool
reservations_allow(const struct evse *evse, const char *token)
{
	return evse->reservation.id < 0 ||
	       slice_equal_nocase(slice_cstr(evse->reservation.token), slice_cstr(token));
}

int32_t
reservations_use(struct evse *evse)
{
	int32_t id = evse->reservation.id;

	evse->reservation.id = -1;
	return id;
}

static void
end(struct evse *evse, enum ocpp_reservation_update_status status)
{
	struct ocpp_reservation_status_update_request request = {
		.reservation_id = evse->reservation.id,
		.reservation_update_status = status,
	};

	evse->reservation.id = -1;
	call_send(evse->station, OCPP_ACTION_RESERVATION_STATUS_UPDATE, &request, NULL, 0);
	fleet_truth(evse->station, "reservation-ended", "\"evse\":%d,\"id\":%d", evse->id,
	    request.reservation_id);
	evse_report(evse);
}

static void
look_for_expired(struct station *st, intptr_t unused)
{
	int64_t now = clock_wall();

	(void)unused;
	for (unsigned i = 0; i < st->evse_count; i++) {
		struct evse *evse = &st->evses[i];

		if (evse->reservation.id >= 0 && evse->reservation.expires_at <= now)
			end(evse, OCPP_RESERVATION_UPDATE_STATUS_EXPIRED);
	}
}

static void
look_later(struct evse *evse)
{
	double seconds = (double)(evse->reservation.expires_at - clock_wall()) / 1e6;

	station_after(evse->station, seconds > 0 ? seconds : 0, look_for_expired, 0);
}

void
reservations_make(struct evse *evse, int32_t id, struct slice token, int64_t expires_at)
{
	evse->reservation.id = id;
	evse->reservation.expires_at = expires_at;
	message_keep(evse->reservation.token, sizeof(evse->reservation.token), token);
	fleet_truth(evse->station, "reserved", "\"evse\":%d,\"id\":%d", evse->id, id);
	look_later(evse);
	evse_report(evse);
}

bool
reservations_cancel(struct station *st, int32_t id)
{
	for (unsigned i = 0; i < st->evse_count; i++)
		if (st->evses[i].reservation.id == id && id >= 0) {
			st->evses[i].reservation.id = -1;
			evse_report(&st->evses[i]);
			return true;
		}
	return false;
}

void
reservations_remove(struct evse *evse)
{
	if (evse->reservation.id >= 0)
		end(evse, OCPP_RESERVATION_UPDATE_STATUS_REMOVED);
}

void
reservations_restore(struct station *st)
{
	for (unsigned i = 0; i < st->evse_count; i++)
		if (st->evses[i].reservation.id >= 0)
			look_later(&st->evses[i]);
}

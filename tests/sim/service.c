#include "tests/sim/service.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "tests/sim/call.h"
#include "tests/sim/certificates.h"
#include "tests/sim/commands.h"
#include "tests/sim/fleet.h"
#include "tests/sim/message.h"
#include "tests/sim/station.h"
#include "tests/sim/variables.h"

#define STEP_SECONDS 2.0
/* How often is looked whether the last transaction has ended. */
#define BUSY_SECONDS 1.0

struct firmware {
	int32_t request;
	enum ocpp_firmware_status status; /* last told; ABSENT: no update yet */
	bool under_way;
	bool is_signed;
	const char *fails; /* one of the words of the URL; NULL: all goes well */
	int64_t install_at; /* wall time; 0: at once */
};

struct publishing {
	int32_t request;
	enum ocpp_publish_firmware_status status; /* last told */
	bool under_way;
	const char *fails;
	char checksum[33];
};

struct service {
	int32_t generation; /* of the firmware's timers: a cancelled update must not go on */
	struct firmware firmware;
	struct publishing publishing;
	int32_t log_request;
	bool log_under_way, log_fails;
};

static struct service *
service_of(struct station *st)
{
	if (st->service == NULL)
		st->service = calloc(1, sizeof(*st->service));
	if (st->service == NULL)
		abort();
	return st->service;
}

void
service_free(struct station *st)
{
	free(st->service);
	st->service = NULL;
}

static const char *
find_failure(struct slice url)
{
	static const char *const words[] = { "fail-download", "fail-signature", "fail-install",
		"fail-upload", "fail-checksum" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (message_contains(url, words[i]))
			return words[i];
	return NULL;
}

static bool
fails_with(const char *fails, const char *word)
{
	return fails != NULL && strcmp(fails, word) == 0;
}

static void
send_security_event(struct station *st, const char *type)
{
	struct ocpp_security_event_notification_request request = {
		.type = slice_cstr(type),
		.timestamp = message_now(),
	};

	call_send(st, OCPP_ACTION_SECURITY_EVENT_NOTIFICATION, &request, NULL, 0);
}

/* ---- firmware (L01, L02) ---- */

static void
send_firmware_status(struct station *st, enum ocpp_firmware_status status)
{
	struct ocpp_firmware_status_notification_request request = { .status = status };

	if (status != OCPP_FIRMWARE_STATUS_IDLE) {
		request.request_id = service_of(st)->firmware.request;
		request.has = OCPP_FIRMWARE_STATUS_NOTIFICATION_REQUEST_HAS_REQUEST_ID;
	}
	call_send_asked(st, OCPP_ACTION_FIRMWARE_STATUS_NOTIFICATION, &request);
}

void
service_tell_firmware(struct station *st)
{
	const struct firmware *firmware = &service_of(st)->firmware;

	/* L01.FR.25, .26 */
	send_firmware_status(
	    st, firmware->under_way ? firmware->status : OCPP_FIRMWARE_STATUS_IDLE);
}

static void firmware_step(struct station *st, intptr_t generation);

static void
next_firmware_step(struct station *st, double seconds)
{
	station_after(st, seconds, firmware_step, service_of(st)->generation);
}

static void
enter(struct station *st, enum ocpp_firmware_status status)
{
	service_of(st)->firmware.status = status;
	send_firmware_status(st, status);
	next_firmware_step(st, station_scaled(st, STEP_SECONDS));
}

static void
fail(struct station *st, enum ocpp_firmware_status status)
{
	struct firmware *firmware = &service_of(st)->firmware;

	firmware->status = status;
	firmware->under_way = false;
	send_firmware_status(st, status);
}

/* L01.FR.06: not while anybody charges. */
static void
install_when_possible(struct station *st)
{
	struct firmware *firmware = &service_of(st)->firmware;
	bool later = firmware->install_at > clock_wall();

	if (!later && !station_is_charging(st)) {
		enter(st, OCPP_FIRMWARE_STATUS_INSTALLING);
		return;
	}
	if (firmware->status != OCPP_FIRMWARE_STATUS_INSTALL_SCHEDULED) {
		firmware->status = OCPP_FIRMWARE_STATUS_INSTALL_SCHEDULED;
		send_firmware_status(st, firmware->status);
	}
	next_firmware_step(st, BUSY_SECONDS);
}

static void
downloaded(struct station *st)
{
	const struct firmware *firmware = &service_of(st)->firmware;

	if (!firmware->is_signed) {
		install_when_possible(st);
	} else if (fails_with(firmware->fails, "fail-signature")) {
		send_security_event(st, "InvalidFirmwareSignature");
		fail(st, OCPP_FIRMWARE_STATUS_INVALID_SIGNATURE);
	} else {
		enter(st, OCPP_FIRMWARE_STATUS_SIGNATURE_VERIFIED);
	}
}

static void
installing(struct station *st)
{
	struct firmware *firmware = &service_of(st)->firmware;

	if (fails_with(firmware->fails, "fail-install")) {
		fail(st, OCPP_FIRMWARE_STATUS_INSTALLATION_FAILED);
		return;
	}
	firmware->status = OCPP_FIRMWARE_STATUS_INSTALL_REBOOTING;
	send_firmware_status(st, firmware->status);
	commands_reset_soon(st, OCPP_BOOT_REASON_FIRMWARE_UPDATE);
}

/* The status just told has lasted long enough: what comes then. */
static void
firmware_step(struct station *st, intptr_t generation)
{
	const struct firmware *firmware = &st->service->firmware;

	if (generation != st->service->generation || !firmware->under_way)
		return;
	switch ((int)firmware->status) {
	case OCPP_FIRMWARE_STATUS_ABSENT:
	case OCPP_FIRMWARE_STATUS_DOWNLOAD_SCHEDULED:
		enter(st, OCPP_FIRMWARE_STATUS_DOWNLOADING);
		break;
	case OCPP_FIRMWARE_STATUS_DOWNLOADING:
		if (fails_with(firmware->fails, "fail-download"))
			fail(st, OCPP_FIRMWARE_STATUS_DOWNLOAD_FAILED);
		else
			enter(st, OCPP_FIRMWARE_STATUS_DOWNLOADED);
		break;
	case OCPP_FIRMWARE_STATUS_DOWNLOADED: downloaded(st); break;
	case OCPP_FIRMWARE_STATUS_SIGNATURE_VERIFIED:
	case OCPP_FIRMWARE_STATUS_INSTALL_SCHEDULED: install_when_possible(st); break;
	case OCPP_FIRMWARE_STATUS_INSTALLING: installing(st); break;
	default: break;
	}
}

void
service_booted(struct station *st)
{
	struct firmware *firmware;
	char version[32];

	if (st->service == NULL)
		return;
	/* These do not survive a reboot. */
	st->service->log_under_way = false;
	st->service->publishing = (struct publishing){ 0 };
	firmware = &st->service->firmware;
	if (!firmware->under_way)
		return;
	if (firmware->status != OCPP_FIRMWARE_STATUS_INSTALL_REBOOTING) {
		/* Another reboot came between: it starts again. */
		firmware->status = OCPP_FIRMWARE_STATUS_ABSENT;
		next_firmware_step(st, 0);
		return;
	}
	firmware->status = OCPP_FIRMWARE_STATUS_INSTALLED;
	firmware->under_way = false;
	snprintf(version, sizeof(version), "1.0.0-%d", firmware->request);
	variables_set(st, VARIABLE_FIRMWARE_VERSION, slice_cstr(version));
	send_firmware_status(st, firmware->status);
	send_security_event(st, "FirmwareUpdated");
}

void
command_update_firmware(struct station *st, const void *request, void *response)
{
	const struct ocpp_update_firmware_request *in = request;
	struct ocpp_update_firmware_response *out = response;
	const struct ocpp_firmware *what = in->firmware;
	struct service *service = service_of(st);
	bool cancels = service->firmware.under_way;
	double wait = (double)(what->retrieve_date_time.at - clock_wall()) / 1e6;

	if (what->signing_certificate.ptr != NULL &&
	    !certificates_is_certificate(what->signing_certificate)) {
		out->status = OCPP_UPDATE_FIRMWARE_STATUS_INVALID_CERTIFICATE;
		send_security_event(st, "InvalidFirmwareSigningCertificate");
		return;
	}
	service->generation++;
	service->firmware = (struct firmware){
		.request = in->request_id,
		.under_way = true,
		.is_signed = what->signature.ptr != NULL,
		.fails = find_failure(what->location),
		.install_at = what->install_date_time.at,
	};
	out->status = cancels ? OCPP_UPDATE_FIRMWARE_STATUS_ACCEPTED_CANCELED
			      : OCPP_UPDATE_FIRMWARE_STATUS_ACCEPTED;
	if (wait > 0) {
		service->firmware.status = OCPP_FIRMWARE_STATUS_DOWNLOAD_SCHEDULED;
		send_firmware_status(st, service->firmware.status);
	}
	next_firmware_step(st, wait > 0 ? wait : 0);
}

/* ---- firmware for others (L03, L04): what a local controller does ---- */

static void
send_publishing_status(struct station *st, enum ocpp_publish_firmware_status status)
{
	const struct publishing *publishing = &service_of(st)->publishing;
	struct slice location = SLICE("http://localhost/firmware.bin");
	struct ocpp_publish_firmware_status_notification_request request = {
		.status = status,
		.request_id = publishing->request,
		.has = OCPP_PUBLISH_FIRMWARE_STATUS_NOTIFICATION_REQUEST_HAS_REQUEST_ID,
	};

	if (status == OCPP_PUBLISH_FIRMWARE_STATUS_IDLE)
		request.has = 0;
	if (status == OCPP_PUBLISH_FIRMWARE_STATUS_PUBLISHED) {
		request.location.items = &location;
		request.location.count = 1;
	}
	call_send_asked(st, OCPP_ACTION_PUBLISH_FIRMWARE_STATUS_NOTIFICATION, &request);
}

void
service_tell_publishing(struct station *st)
{
	const struct publishing *publishing = &service_of(st)->publishing;

	send_publishing_status(
	    st, publishing->under_way ? publishing->status : OCPP_PUBLISH_FIRMWARE_STATUS_IDLE);
}

static enum ocpp_publish_firmware_status
after_download(const struct publishing *publishing)
{
	return fails_with(publishing->fails, "fail-download")
		   ? OCPP_PUBLISH_FIRMWARE_STATUS_DOWNLOAD_FAILED
		   : OCPP_PUBLISH_FIRMWARE_STATUS_DOWNLOADED;
}

static enum ocpp_publish_firmware_status
after_check(const struct publishing *publishing)
{
	return fails_with(publishing->fails, "fail-checksum")
		   ? OCPP_PUBLISH_FIRMWARE_STATUS_INVALID_CHECKSUM
		   : OCPP_PUBLISH_FIRMWARE_STATUS_CHECKSUM_VERIFIED;
}

static void
publishing_step(struct station *st, intptr_t request_id)
{
	struct publishing *publishing = &st->service->publishing;

	if (request_id != publishing->request || !publishing->under_way)
		return;
	switch ((int)publishing->status) {
	case OCPP_PUBLISH_FIRMWARE_STATUS_ABSENT:
		publishing->status = OCPP_PUBLISH_FIRMWARE_STATUS_DOWNLOADING;
		break;
	case OCPP_PUBLISH_FIRMWARE_STATUS_DOWNLOADING:
		publishing->status = after_download(publishing);
		break;
	case OCPP_PUBLISH_FIRMWARE_STATUS_DOWNLOADED:
		publishing->status = after_check(publishing);
		break;
	case OCPP_PUBLISH_FIRMWARE_STATUS_CHECKSUM_VERIFIED:
		publishing->status = OCPP_PUBLISH_FIRMWARE_STATUS_PUBLISHED;
		break;
	default: publishing->under_way = false; return;
	}
	send_publishing_status(st, publishing->status);
	station_after(st, station_scaled(st, STEP_SECONDS), publishing_step, request_id);
}

void
command_publish_firmware(struct station *st, const void *request, void *response)
{
	const struct ocpp_publish_firmware_request *in = request;
	struct ocpp_publish_firmware_response *out = response;
	struct service *service = service_of(st);

	if (service->publishing.under_way) {
		out->status = OCPP_GENERIC_STATUS_REJECTED;
		return;
	}
	service->publishing = (struct publishing){
		.request = in->request_id,
		.under_way = true,
		.fails = find_failure(in->location),
	};
	message_keep(
	    service->publishing.checksum, sizeof(service->publishing.checksum), in->checksum);
	out->status = OCPP_GENERIC_STATUS_ACCEPTED;
	station_after(st, 0, publishing_step, in->request_id);
}

void
command_unpublish_firmware(struct station *st, const void *request, void *response)
{
	const struct ocpp_unpublish_firmware_request *in = request;
	struct ocpp_unpublish_firmware_response *out = response;
	struct publishing *publishing = &service_of(st)->publishing;

	if (!slice_equal(in->checksum, slice_cstr(publishing->checksum)) ||
	    publishing->checksum[0] == '\0') {
		out->status = OCPP_UNPUBLISH_FIRMWARE_STATUS_NO_FIRMWARE;
		return;
	}
	if (publishing->under_way &&
	    publishing->status != OCPP_PUBLISH_FIRMWARE_STATUS_PUBLISHED) {
		out->status = OCPP_UNPUBLISH_FIRMWARE_STATUS_DOWNLOAD_ONGOING;
		return;
	}
	*publishing = (struct publishing){ 0 };
	out->status = OCPP_UNPUBLISH_FIRMWARE_STATUS_UNPUBLISHED;
}

/* ---- log (N01) ---- */

static void
send_log_status(struct station *st, enum ocpp_upload_log_status status, int32_t request_id)
{
	struct ocpp_log_status_notification_request request = {
		.status = status,
		.request_id = request_id,
		.has = OCPP_LOG_STATUS_NOTIFICATION_REQUEST_HAS_REQUEST_ID,
	};

	if (status == OCPP_UPLOAD_LOG_STATUS_IDLE)
		request.has = 0;
	call_send_asked(st, OCPP_ACTION_LOG_STATUS_NOTIFICATION, &request);
}

void
service_tell_log(struct station *st)
{
	const struct service *service = service_of(st);

	send_log_status(st,
	    service->log_under_way ? OCPP_UPLOAD_LOG_STATUS_UPLOADING
				   : OCPP_UPLOAD_LOG_STATUS_IDLE,
	    service->log_request);
}

static void
uploaded(struct station *st, intptr_t request_id)
{
	struct service *service = st->service;

	if (!service->log_under_way || request_id != service->log_request)
		return;
	service->log_under_way = false;
	send_log_status(st,
	    service->log_fails ? OCPP_UPLOAD_LOG_STATUS_UPLOAD_FAILURE
			       : OCPP_UPLOAD_LOG_STATUS_UPLOADED,
	    service->log_request);
}

void
command_get_log(struct station *st, const void *request, void *response)
{
	const struct ocpp_get_log_request *in = request;
	struct ocpp_get_log_response *out = response;
	struct service *service = service_of(st);
	char *name = command_alloc(st, 96);

	out->status = OCPP_LOG_STATUS_ACCEPTED;
	if (service->log_under_way) {
		out->status = OCPP_LOG_STATUS_ACCEPTED_CANCELED;
		send_log_status(
		    st, OCPP_UPLOAD_LOG_STATUS_ACCEPTED_CANCELED, service->log_request);
	}
	snprintf(name, 96, "%s-%d.log", st->name, in->request_id);
	out->filename = slice_cstr(name);
	service->log_request = in->request_id;
	service->log_under_way = true;
	service->log_fails = fails_with(find_failure(in->log->remote_location), "fail-upload");
	send_log_status(st, OCPP_UPLOAD_LOG_STATUS_UPLOADING, in->request_id);
	station_after(st, station_scaled(st, STEP_SECONDS), uploaded, in->request_id);
}

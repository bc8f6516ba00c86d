/*
 * service.h - work that takes a station some time: firmware update, firmware for others, log upload.
 *
 * Nothing is really fetched or sent.  Each takes a few simulated seconds and tells its progress.  A URL that
 * contains one of these words fails at that point, so that failures can be asked for: fail-download,
 * fail-signature, fail-install, fail-upload, fail-checksum.
 */
#ifndef V2G_TESTS_SIM_SERVICE_H
#define V2G_TESTS_SIM_SERVICE_H

struct station;

/* The boot was accepted: an update that needed it is finished. */
void service_booted(struct station *st);
void service_free(struct station *st);

/* The status now, for TriggerMessage. */
void service_tell_firmware(struct station *st);
void service_tell_publishing(struct station *st);
void service_tell_log(struct station *st);

#endif

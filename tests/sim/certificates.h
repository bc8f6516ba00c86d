/*
 * certificates.h - keys and certificates of a station (blocks A and M): requests to have one signed, and the
 * authorities that the central system installs.
 *
 * A certificate that was signed goes to `ID.renewed.pem` and `ID.renewed.key` in the folder of --cert-dir, and
 * is used from the next connection on, also by later runs.
 */
#ifndef V2G_TESTS_SIM_CERTIFICATES_H
#define V2G_TESTS_SIM_CERTIFICATES_H

#include "ocpp/ocpp_types.h"

struct station;

void certificates_free(struct station *st);
/* Makes a key and sends SignCertificate; `use` ABSENT: for both uses. */
bool certificates_sign(struct station *st, enum ocpp_certificate_signing_use use);
/* Whether the text is a certificate in PEM form. */
bool certificates_is_certificate(struct slice pem);

#endif

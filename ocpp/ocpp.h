/*
 * ocpp.h - OCPP as data: what the generated tables describe and what the one decoder and the one
 * encoder do with it.  Pure: text in, structs out (and back); no I/O, no clock, no globals.
 *
 * The messages themselves are in ocpp_types.h, generated from catalogue.txt.  A generated struct has
 * a leading `uint64_t has` (bit n: the n-th field of the type was present, or is to be written) and
 * one member per field:
 *
 *     string, identifier   struct slice          escapes resolved; borrowed from the text or the arena
 *     date-time            struct ocpp_time      microseconds, and the text as received
 *     integer              int32_t
 *     decimal              struct ocpp_decimal   exact
 *     boolean              bool
 *     enumeration          enum ocpp_<name>      0 is <NAME>_ABSENT
 *     data type            struct ocpp_<name> *  NULL when absent
 *     array of T           struct { T *items; size_t count; }
 *     any, customData      struct slice          the JSON text as received, verified
 *
 * Fields of the JSON schema that have a default keep it when absent (their `has` bit stays 0).
 */
#ifndef V2G_OCPP_OCPP_H
#define V2G_OCPP_OCPP_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/slice.h"

#include <stdint.h>

/* Versions are bits, so that a catalogue row can name several. */
enum ocpp_version {
	OCPP_2_0_1 = 1 << 0,
	OCPP_2_1 = 1 << 1,
};

/* RPC error codes of part 4, 4.3.  The names on the wire come from ocpp_error_name(). */
enum ocpp_error {
	OCPP_OK,
	OCPP_FORMAT_VIOLATION,
	OCPP_GENERIC_ERROR,
	OCPP_INTERNAL_ERROR,
	OCPP_MESSAGE_TYPE_NOT_SUPPORTED,
	OCPP_NOT_IMPLEMENTED,
	OCPP_NOT_SUPPORTED,
	OCPP_OCCURRENCE_CONSTRAINT_VIOLATION,
	OCPP_PROPERTY_CONSTRAINT_VIOLATION,
	OCPP_PROTOCOL_ERROR,
	OCPP_RPC_FRAMEWORK_ERROR,
	OCPP_SECURITY_ERROR,
	OCPP_TYPE_CONSTRAINT_VIOLATION,
};

const char *ocpp_error_name(enum ocpp_error code);

/* Why a text was refused.  `path` is a JSON path such as "$.meterValue[0].sampledValue[2].value". */
struct ocpp_fault {
	enum ocpp_error code;
	char path[128]; /* cut on the left with "..." when longer */
	char detail[128]; /* one sentence that names the limit */
};

struct ocpp_time {
	int64_t at; /* microseconds since 1970 UTC */
	struct slice text; /* as received; encoding writes it if .ptr != NULL, else `at` */
};

/*
 * units * 10^-scale, exactly.  Numbers of more than 18 significant digits or outside 10^-18 .. 10^18 are
 * refused on decoding.  Encoding writes text if .ptr != NULL, else the value.
 */
struct ocpp_decimal {
	int64_t units;
	int scale; /* 0 to 18 */
	struct slice text;
};

/* ---- descriptors (the generated tables; see ocpp_types.h) ---- */

enum ocpp_kind {
	OCPP_KIND_STRING,
	OCPP_KIND_DATE_TIME,
	OCPP_KIND_INTEGER,
	OCPP_KIND_DECIMAL,
	OCPP_KIND_BOOLEAN,
	OCPP_KIND_ENUM,
	OCPP_KIND_OBJECT,
	OCPP_KIND_ANY,
	OCPP_KIND_CUSTOM_DATA,
};

struct ocpp_enum {
	const char *name; /* "ReasonEnumType" */
	const struct slice *values; /* [0] belongs to enum value 1 */
	const uint8_t *versions; /* per value */
	uint16_t count;
};

struct ocpp_field {
	struct slice name;
	enum ocpp_kind kind;
	uint8_t versions; /* set of enum ocpp_version */
	uint8_t required; /* set of versions in which it is required */
	uint8_t bit; /* in the struct's `has` */
	bool is_array;
	uint16_t offset; /* of the member in the struct */
	uint16_t min_items, max_items; /* arrays; max_items 0: no limit */
	uint32_t max_length; /* strings, in characters; 0: no limit */
	bool has_minimum, has_maximum;
	int32_t minimum, maximum; /* integers and decimals */
	const struct ocpp_enum *enumeration; /* OCPP_KIND_ENUM */
	const struct ocpp_type *type; /* OCPP_KIND_OBJECT */
	struct slice fallback; /* the schema's default as text; .ptr == NULL: none */
	int32_t fallback_value; /* the same as enumeration value, integer or boolean */
};

struct ocpp_type {
	const char *name; /* "TransactionEventRequest", "MeterValueType" */
	const struct ocpp_field *fields;
	uint16_t count;
	uint16_t size; /* of the generated struct */
	bool open; /* takes members that it does not name (CustomDataType) */
};

enum ocpp_direction { OCPP_FROM_STATION = 1, OCPP_FROM_CSMS = 2, OCPP_FROM_BOTH = 3 };

struct ocpp_message {
	struct slice action; /* "TransactionEvent" */
	enum ocpp_direction direction; /* of the request */
	uint8_t versions;
	char block; /* functional block, 'A'..'P' */
	const struct ocpp_type *request, *response; /* response NULL: never answered */
};

/* ---- tables: enum ocpp_action (ocpp_types.h) indexes ocpp_messages[] ---- */

extern const struct ocpp_message ocpp_messages[];
extern const size_t ocpp_message_count;
extern const struct ocpp_type *const ocpp_all_types[];
extern const size_t ocpp_all_type_count;
extern const struct ocpp_enum *const ocpp_all_enums[];
extern const size_t ocpp_all_enum_count;

/* The index of the message in ocpp_messages[], or -1 when the version has no such action. Case-sensitive. */
int ocpp_find_action(enum ocpp_version version, struct slice action);
/* The text of an enumeration value (1..count). */
struct slice ocpp_enum_text(const struct ocpp_enum *e, int value);
/* Size of one item of an array field. */
size_t ocpp_item_size(const struct ocpp_field *field);

/* ---- decode, encode ---- */

/*
 * Decodes a payload strictly.  Strings borrow from `text` where they can, so it must outlive the
 * result; everything else is in the arena.  On success true and *object_out points to the struct of `type`.
 * On failure false and *fault_out says why; unknown members, duplicates and every constraint count.
 */
bool ocpp_decode(const struct ocpp_type *type, enum ocpp_version version, struct slice text,
    struct arena *arena, void **object_out, struct ocpp_fault *fault_out);

/* Appends the object as JSON.  The object is ours: a missing required field is an assertion, not a fault. */
void ocpp_encode(const struct ocpp_type *type, enum ocpp_version version, const void *object,
    struct buf *out);

#endif

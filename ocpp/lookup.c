#include "ocpp/ocpp.h"

#include <assert.h>

const char *
ocpp_error_name(enum ocpp_error code)
{
	switch (code) {
	case OCPP_OK: return "";
	case OCPP_FORMAT_VIOLATION: return "FormatViolation";
	case OCPP_GENERIC_ERROR: return "GenericError";
	case OCPP_INTERNAL_ERROR: return "InternalError";
	case OCPP_MESSAGE_TYPE_NOT_SUPPORTED: return "MessageTypeNotSupported";
	case OCPP_NOT_IMPLEMENTED: return "NotImplemented";
	case OCPP_NOT_SUPPORTED: return "NotSupported";
	case OCPP_OCCURRENCE_CONSTRAINT_VIOLATION: return "OccurrenceConstraintViolation";
	case OCPP_PROPERTY_CONSTRAINT_VIOLATION: return "PropertyConstraintViolation";
	case OCPP_PROTOCOL_ERROR: return "ProtocolError";
	case OCPP_RPC_FRAMEWORK_ERROR: return "RpcFrameworkError";
	case OCPP_SECURITY_ERROR: return "SecurityError";
	case OCPP_TYPE_CONSTRAINT_VIOLATION: return "TypeConstraintViolation";
	}
	return "GenericError";
}

int
ocpp_find_action(enum ocpp_version version, struct slice action)
{
	for (size_t i = 0; i < ocpp_message_count; i++) {
		if (slice_equal(ocpp_messages[i].action, action))
			return (ocpp_messages[i].versions & version) != 0 ? (int)i : -1;
	}
	return -1;
}

struct slice
ocpp_enum_text(const struct ocpp_enum *e, int value)
{
	assert(value >= 1 && value <= e->count);
	return e->values[value - 1];
}

size_t
ocpp_item_size(const struct ocpp_field *field)
{
	switch (field->kind) {
	case OCPP_KIND_STRING:
	case OCPP_KIND_ANY:
	case OCPP_KIND_CUSTOM_DATA: return sizeof(struct slice);
	case OCPP_KIND_DATE_TIME: return sizeof(struct ocpp_time);
	case OCPP_KIND_INTEGER: return sizeof(int32_t);
	case OCPP_KIND_DECIMAL: return sizeof(struct ocpp_decimal);
	case OCPP_KIND_BOOLEAN: return sizeof(bool);
	case OCPP_KIND_ENUM: return sizeof(int);
	case OCPP_KIND_OBJECT: return field->type->size;
	}
	return 0;
}

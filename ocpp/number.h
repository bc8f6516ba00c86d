/*
 * number.h - JSON numbers as exact decimals.  Private to ocpp/.
 */
#ifndef V2G_OCPP_NUMBER_H
#define V2G_OCPP_NUMBER_H

#include "ocpp/ocpp.h"

/* `text` must be a JSON number.  Whether its value is integral, of any size: true for 1.0 and 1e2. */
bool ocpp_number_is_integer(struct slice text);
/*
 * The exact value, in lowest terms (units is no multiple of ten unless scale is 0), and the text.
 * False beyond 18 significant digits or outside 10^-18 .. 10^18.
 */
bool ocpp_decimal_parse(struct slice text, struct ocpp_decimal *value_out);
/* Less than, equal to or greater than zero, as `value` is to `bound`. */
int ocpp_decimal_compare(const struct ocpp_decimal *value, int32_t bound);
/* The shortest text of units and scale; ignores value->text. */
void ocpp_decimal_write(struct buf *out, const struct ocpp_decimal *value);

#endif

#include "csms/statements.h"

#define STATEMENT_ROW(name, sql, params) { #name, sql, params },

const struct pg_statement store_statements[STORE_STATEMENT_COUNT] = { STORE_STATEMENTS(
    STATEMENT_ROW) };

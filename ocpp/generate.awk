# generate.awk - turns catalogue.txt (whose head explains it) into C.
#
#     awk -v emit=types  -f generate.awk catalogue.txt > ocpp_types.h
#     awk -v emit=tables -f generate.awk catalogue.txt > ocpp_tables.c
#     awk -v emit=dict   -f generate.awk catalogue.txt > ocpp.dict      (for libFuzzer)
#
# Portable awk; the order of all output is that of the catalogue.

function die(text) {
	print FILENAME ":" FNR ": " text > "/dev/stderr"
	failed = 1
	exit 1
}

# "SOCLimitReached" -> "soc_limit_reached", "L1-N" -> "l1_n".  15118 is a word of its own.
function snake(name,    out, i, c, before, after) {
	gsub(/15118/, "_15118_", name)
	gsub(/[^A-Za-z0-9]/, "_", name)
	for (i = 1; i <= length(name); i++) {
		c = substr(name, i, 1)
		before = substr(name, i - 1, i > 1)
		after = substr(name, i + 1, 1)
		if (c ~ /[A-Z]/ && (before ~ /[a-z]/ || (before ~ /[A-Z0-9]/ && after ~ /[a-z]/)))
			out = out "_"
		out = out c
	}
	gsub(/__+/, "_", out)
	gsub(/^_|_$/, "", out)
	return tolower(out)
}

# C name of a type or enumeration, without the suffix of the catalogue.  C has one name space for
# both, so an enumeration keeps "enum" where a type has its stem (IdTokenType, IdTokenEnumType).
function c_name(name,    stem) {
	if (name in c_names)
		return c_names[name]
	stem = name
	if (name in is_enum) {
		sub(/EnumType$/, "", stem)
		if ((stem "Type") in is_type)
			stem = stem "Enum"
	} else {
		sub(/Type$/, "", stem)
	}
	return c_names[name] = "ocpp_" snake(stem)
}

function versions_of(word) {
	if (word == "")
		return "OCPP_2_0_1 | OCPP_2_1"
	gsub(/,/, " | OCPP_", word)
	gsub(/\./, "_", word)
	return "OCPP_" word
}

function is_versions(word) {
	return word ~ /^2\.[01.]+(,2\.[01.]+)*$/
}

function open_type(name) {
	if (name in is_type)
		die("type " name " stands twice")
	is_type[name] = 1
	types[++type_count] = name
	current = name
	if (name != "CustomDataType") {
		$0 = "\tcustomData CustomDataType"
		add_field()
	}
}

# One field row into the field_* arrays, indexed [type, n].
function add_field(    n, i, word, key) {
	n = ++field_count[current]
	key = current SUBSEP n
	field_name[key] = $1
	field_where[key] = FILENAME ":" FNR
	if (!((current, $1) in field_bit))
		field_bit[current, $1] = bits[current]++
	word = $2
	if (match(word, /\[[0-9]+\.\.[0-9*]+\]$/)) {
		field_items[key] = substr(word, RSTART + 1, RLENGTH - 2)
		word = substr(word, 1, RSTART - 1)
	}
	if (match(word, /^string\([0-9]+\)$/)) {
		field_length[key] = substr(word, 8, length(word) - 8)
		word = "string"
	}
	field_type[key] = word
	for (i = 3; i <= NF; i++) {
		if ($i == "required")
			field_required[key] = 1
		else if ($i == "default")
			field_default[key] = $(++i)
		else if ($i ~ /^(-?[0-9]+|\*)\.\.(-?[0-9]+|\*)$/)
			field_range[key] = $i
		else if (is_versions($i))
			field_versions[key] = $i
		else
			die("what is \"" $i "\"?")
	}
}

function add_values(    i, versions, n) {
	if (is_versions($1)) {
		versions = $1
		$1 = ""
		$0 = $0
	}
	for (i = 1; i <= NF; i++) {
		n = ++value_count[current]
		value_text[current, n] = $i
		value_versions[current, n] = versions
	}
}

BEGIN {
	scalar_c["string"] = "struct slice"; scalar_kind["string"] = "STRING"
	scalar_c["dateTime"] = "struct ocpp_time"; scalar_kind["dateTime"] = "DATE_TIME"
	scalar_c["integer"] = "int32_t"; scalar_kind["integer"] = "INTEGER"
	scalar_c["decimal"] = "struct ocpp_decimal"; scalar_kind["decimal"] = "DECIMAL"
	scalar_c["boolean"] = "bool"; scalar_kind["boolean"] = "BOOLEAN"
	scalar_c["any"] = "struct slice"; scalar_kind["any"] = "ANY"
	scalar_c["CustomDataType"] = "struct slice"; scalar_kind["CustomDataType"] = "CUSTOM_DATA"
}

{ sub(/#.*/, "") }
NF == 0 { next }
/^message / {
	if ($3 != "from" || $4 !~ /^(station|csms|both)$/ || $5 != "block" || $6 !~ /^[A-Z]$/)
		die("message NAME from station|csms|both block LETTER")
	messages[++message_count] = message = $2
	direction[message] = $4
	block[message] = $6
	message_versions[message] = $7
	next
}
/^request$/ { open_type(message "Request"); next }
/^response$/ { has_response[message] = 1; open_type(message "Response"); next }
/^type / { is_open[$2] = $3 == "open"; open_type($2); next }
/^enum / { enums[++enum_count] = current = $2; is_enum[$2] = 1; next }
/^[ \t]/ && current in is_enum { add_values(); next }
/^[ \t]/ && current != "" { add_field(); next }
{ die("not understood") }

END {
	if (failed)
		exit 1
	if (emit == "types")
		emit_types()
	else if (emit == "tables")
		emit_tables()
	else
		emit_dict()
}

# ---- ocpp_types.h ----

function emit_types(    i) {
	print "/* Generated from catalogue.txt by generate.awk.  Do not edit. */"
	print "#ifndef V2G_OCPP_TYPES_H\n#define V2G_OCPP_TYPES_H\n\n#include \"ocpp/ocpp.h\"\n"
	print "enum ocpp_action {"
	for (i = 1; i <= message_count; i++)
		print "\tOCPP_ACTION_" toupper(snake(messages[i])) ","
	print "};\n#define OCPP_ACTION_COUNT " message_count "\n"
	for (i = 1; i <= enum_count; i++)
		emit_enum(enums[i])
	for (i = 1; i <= type_count; i++)
		emit_struct(types[i])
	for (i = 1; i <= enum_count; i++)
		print "extern const struct ocpp_enum " enum_symbol(enums[i]) ";"
	print ""
	for (i = 1; i <= type_count; i++)
		print "extern const struct ocpp_type " type_symbol(types[i]) ";"
	print "\n#endif"
}

function emit_enum(name,    n, prefix) {
	prefix = toupper(c_name(name))
	print "enum " c_name(name) " {\n\t" prefix "_ABSENT,"
	for (n = 1; n <= value_count[name]; n++)
		print "\t" value_symbol(name, value_text[name, n]) ","
	print "};\n"
}

function emit_struct(name,    n, key, seen) {
	print "struct " c_name(name) " {\n\tuint64_t has;"
	for (n = 1; n <= field_count[name]; n++) {
		key = name SUBSEP n
		if (!(field_name[key] in seen))
			print "\t" member(key) ";"
		seen[field_name[key]] = 1
	}
	print "};"
	for (n = 1; n <= field_count[name]; n++) {
		key = name SUBSEP n
		if (seen[field_name[key]]++ == 1)
			print "#define " has_symbol(name, field_name[key]) \
			    " (UINT64_C(1) << " field_bit[name, field_name[key]] ")"
	}
	print ""
}

function member(key,    type, c) {
	type = field_type[key]
	if (type in scalar_c)
		c = scalar_c[type] " "
	else if (type in is_enum)
		c = "enum " c_name(type) " "
	else if (type in is_type)
		c = "struct " c_name(type) (key in field_items ? " " : " *")
	else {
		print field_where[key] ": no such type: " type > "/dev/stderr"
		exit 1
	}
	if (key in field_items)
		return "struct {\n\t\t" c "*items;\n\t\tsize_t count;\n\t} " member_name(key)
	return c member_name(key)
}

function member_name(key) {
	return snake(field_name[key])
}

function has_symbol(type, field) {
	return toupper(c_name(type)) "_HAS_" toupper(snake(field))
}

function value_symbol(name, value) {
	return toupper(c_name(name)) "_" toupper(snake(value))
}

function type_symbol(name) {
	return "ocpp_type_" substr(c_name(name), 6)
}

function enum_symbol(name) {
	return "ocpp_enum_" substr(c_name(name), 6)
}

# ---- ocpp_tables.c ----

function emit_tables(    i) {
	print "/* Generated from catalogue.txt by generate.awk.  Do not edit. */"
	print "#include \"ocpp/ocpp_types.h\"\n"
	for (i = 1; i <= enum_count; i++)
		emit_enum_table(enums[i])
	for (i = 1; i <= type_count; i++)
		emit_type_table(types[i])
	emit_message_table()
	print "const struct ocpp_type *const ocpp_all_types[] = {"
	for (i = 1; i <= type_count; i++)
		print "\t&" type_symbol(types[i]) ","
	print "};\nconst size_t ocpp_all_type_count = " type_count ";\n"
	print "const struct ocpp_enum *const ocpp_all_enums[] = {"
	for (i = 1; i <= enum_count; i++)
		print "\t&" enum_symbol(enums[i]) ","
	print "};\nconst size_t ocpp_all_enum_count = " enum_count ";"
}

function emit_enum_table(name,    n, stem) {
	stem = substr(enum_symbol(name), 6)
	print "static const struct slice values_" stem "[] = {"
	for (n = 1; n <= value_count[name]; n++)
		print "\t" slice_literal(value_text[name, n]) ","
	print "};\nstatic const uint8_t versions_" stem "[] = {"
	for (n = 1; n <= value_count[name]; n++)
		print "\t" versions_of(value_versions[name, n]) ","
	print "};\nconst struct ocpp_enum " enum_symbol(name) " = {\n\t.name = \"" name "\","
	print "\t.values = values_" stem ",\n\t.versions = versions_" stem ","
	print "\t.count = " value_count[name] ",\n};\n"
}

function emit_type_table(name,    n) {
	print "static const struct ocpp_field fields_" c_name(name) "[] = {"
	for (n = 1; n <= field_count[name]; n++)
		emit_field(name, name SUBSEP n)
	print "};\nconst struct ocpp_type " type_symbol(name) " = {\n\t.name = \"" name "\","
	print "\t.fields = fields_" c_name(name) ",\n\t.count = " field_count[name] ","
	print "\t.size = sizeof(struct " c_name(name) "),"
	print "\t.open = " (is_open[name] ? "true" : "false") ",\n};\n"
}

function emit_field(name, key,    type, part) {
	type = field_type[key]
	print "\t{\n\t\t.name = " slice_literal(field_name[key]) ","
	print "\t\t.versions = " versions_of(field_versions[key]) ","
	if (field_required[key])
		print "\t\t.required = " versions_of(field_versions[key]) ","
	print "\t\t.bit = " field_bit[name, field_name[key]] ","
	print "\t\t.offset = offsetof(struct " c_name(name) ", " member_name(key) "),"
	if (type in scalar_kind)
		print "\t\t.kind = OCPP_KIND_" scalar_kind[type] ","
	else if (type in is_enum)
		print "\t\t.kind = OCPP_KIND_ENUM,\n\t\t.enumeration = &" enum_symbol(type) ","
	else
		print "\t\t.kind = OCPP_KIND_OBJECT,\n\t\t.type = &" type_symbol(type) ","
	if (key in field_length)
		print "\t\t.max_length = " field_length[key] ","
	if (key in field_items) {
		split(field_items[key], part, /\.\./)
		print "\t\t.is_array = true,\n\t\t.min_items = " part[1] ","
		if (part[2] != "*")
			print "\t\t.max_items = " part[2] ","
	}
	if (key in field_range) {
		split(field_range[key], part, /\.\./)
		if (part[1] != "*")
			print "\t\t.has_minimum = true,\n\t\t.minimum = " part[1] ","
		if (part[2] != "*")
			print "\t\t.has_maximum = true,\n\t\t.maximum = " part[2] ","
	}
	if (key in field_default)
		emit_default(type, field_default[key])
	print "\t},"
}

function emit_default(type, value) {
	print "\t\t.fallback = " slice_literal(value) ","
	if (type in is_enum)
		print "\t\t.fallback_value = " value_symbol(type, value) ","
	else if (type == "integer")
		print "\t\t.fallback_value = " value ","
	else if (type == "boolean")
		print "\t\t.fallback_value = " (value == "true") ","
}

# A constant initialiser; the macro SLICE is a compound literal, which -Wpedantic refuses in tables.
function slice_literal(text) {
	return "{ \"" text "\", " length(text) " }"
}

function emit_message_table(    i, name) {
	print "const struct ocpp_message ocpp_messages[] = {"
	for (i = 1; i <= message_count; i++) {
		name = messages[i]
		print "\t{\n\t\t.action = " slice_literal(name) ","
		print "\t\t.direction = OCPP_FROM_" toupper(direction[name]) ","
		print "\t\t.versions = " versions_of(message_versions[name]) ","
		print "\t\t.block = '" block[name] "',"
		print "\t\t.request = &" type_symbol(name "Request") ","
		if (has_response[name])
			print "\t\t.response = &" type_symbol(name "Response") ","
		print "\t},"
	}
	print "};\nconst size_t ocpp_message_count = " message_count ";\n"
}

# ---- fuzz dictionary ----

function emit_dict(    i, n, seen, text) {
	for (i = 1; i <= message_count; i++)
		emit_word(messages[i], seen)
	for (i = 1; i <= type_count; i++)
		for (n = 1; n <= field_count[types[i]]; n++)
			emit_word(field_name[types[i], n], seen)
	for (i = 1; i <= enum_count; i++)
		for (n = 1; n <= value_count[enums[i]]; n++)
			emit_word(value_text[enums[i], n], seen)
}

function emit_word(text, seen) {
	if (!(text in seen))
		print "\"\\\"" text "\\\"\""
	seen[text] = 1
}

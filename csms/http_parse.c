#include "csms/http_parse.h"

static const struct {
	const char *name;
	enum http_method method;
} methods[] = {
	{ "GET", HTTP_GET },
	{ "HEAD", HTTP_HEAD },
	{ "POST", HTTP_POST },
	{ "PUT", HTTP_PUT },
	{ "PATCH", HTTP_PATCH },
	{ "DELETE", HTTP_DELETE },
};

#define METHODS (sizeof(methods) / sizeof(methods[0]))

/* The headers that mean something here.  Each may come once. */
enum header {
	HEADER_HOST,
	HEADER_CONTENT_LENGTH,
	HEADER_TRANSFER_ENCODING,
	HEADER_CONNECTION,
	HEADER_EXPECT,
	HEADER_AUTHORIZATION,
	HEADER_CONTENT_TYPE,
	HEADER_IDEMPOTENCY_KEY,
	HEADER_COUNT,
};

static const char *const header_names[HEADER_COUNT] = {
	"Host",
	"Content-Length",
	"Transfer-Encoding",
	"Connection",
	"Expect",
	"Authorization",
	"Content-Type",
	"Idempotency-Key",
};

const char *
http_method_name(enum http_method method)
{
	for (size_t i = 0; i < METHODS; i++)
		if (methods[i].method == method)
			return methods[i].name;
	return "OTHER";
}

static bool
refuse(struct http_fault *fault, int status, const char *code, const char *message)
{
	*fault = (struct http_fault){ status, code, message };
	return false;
}

static bool
bad_request(struct http_fault *fault, const char *message)
{
	return refuse(fault, 400, "BadRequest", message);
}

/* RFC 9110, 5.6.2: the characters of methods and header names. */
static bool
is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') ||
			(c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL)))
			return false;
	}
	return s.len > 0;
}

/* Text without control characters; bytes from 0x80 are let through. */
static bool
is_printable(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static struct slice
trim(struct slice s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t')) {
		s.ptr++;
		s.len--;
	}
	while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Cuts the text up to `c` off the front of *rest; the whole of it when there is no `c`. */
static struct slice
cut(struct slice *rest, char c)
{
	const char *at = rest->len == 0 ? NULL : memchr(rest->ptr, c, rest->len);
	struct slice first = *rest;

	if (at == NULL) {
		*rest = slice_from(rest->ptr + rest->len, 0);
		return first;
	}
	first.len = (size_t)(at - rest->ptr);
	*rest = slice_from(at + 1, rest->len - first.len - 1);
	return first;
}

/* The next line, without its end.  A bare LF ends a line too (RFC 9112, 2.2). */
static struct slice
cut_line(struct slice *rest)
{
	struct slice line = cut(rest, '\n');

	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Bytes up to and including the blank line that ends the head; 0: it has not come yet. */
static size_t
head_length(struct slice bytes)
{
	for (size_t i = 0; i + 1 < bytes.len; i++) {
		if (bytes.ptr[i] != '\n')
			continue;
		if (bytes.ptr[i + 1] == '\n')
			return i + 2;
		if (bytes.ptr[i + 1] == '\r' && i + 2 < bytes.len && bytes.ptr[i + 2] == '\n')
			return i + 3;
	}
	return 0;
}

/* RFC 9112, 3.2.2: a server must take the absolute form; its authority counts for nothing here. */
static struct slice
without_authority(struct slice target)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < 2; i++) {
		struct slice scheme = slice_cstr(schemes[i]);
		size_t len = scheme.len;

		if (target.len < len ||
		    !slice_equal_nocase(slice_from(target.ptr, len), scheme))
			continue;
		while (len < target.len && target.ptr[len] != '/')
			len++;
		return slice_from(target.ptr + len, target.len - len);
	}
	return target;
}

static bool
parse_target(struct slice target, struct http_head *head, struct http_fault *fault)
{
	target = without_authority(target);
	if (target.len == 0 || target.ptr[0] != '/')
		return bad_request(fault, "The request target must be a path.");
	for (size_t i = 0; i < target.len; i++)
		if (target.ptr[i] == '#' || (unsigned char)target.ptr[i] >= 0x80)
			return bad_request(fault,
			    "The request target holds a character that must be escaped.");
	head->path = cut(&target, '?');
	head->query = target;
	return true;
}

static bool
parse_request_line(struct slice line, struct http_head *head, struct http_fault *fault)
{
	struct slice method = cut(&line, ' ');
	struct slice target = cut(&line, ' ');

	if (!is_token(method) || target.len == 0 || !is_printable(target) ||
	    memchr(target.ptr, '\t', target.len) != NULL)
		return bad_request(fault, "The request line is malformed.");
	head->method = HTTP_OTHER;
	for (size_t i = 0; i < METHODS; i++)
		if (slice_equal(method, slice_cstr(methods[i].name)))
			head->method = methods[i].method;
	if (slice_equal(line, SLICE("HTTP/1.1")))
		head->keep_alive = true;
	else if (slice_equal(line, SLICE("HTTP/1.0")))
		head->keep_alive = false;
	else
		return refuse(fault, 505, "HttpVersionNotSupported",
		    "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
	return parse_target(target, head, fault);
}

/* Remembers the value of a header that means something. */
static bool
parse_header(struct slice line, struct slice values[HEADER_COUNT], struct http_fault *fault)
{
	struct slice value = line;
	struct slice name = cut(&value, ':');

	/* A folded line begins with a blank, which no token holds. */
	if (name.len == line.len || !is_token(name) || !is_printable(value))
		return bad_request(fault, "A header line is malformed.");
	value = trim(value);
	for (int i = 0; i < HEADER_COUNT; i++) {
		if (!slice_equal_nocase(name, slice_cstr(header_names[i])))
			continue;
		if (values[i].ptr != NULL)
			return bad_request(fault, "A header that may come once came twice.");
		values[i] = value;
	}
	return true;
}

static bool
list_has(struct slice list, struct slice word)
{
	while (list.len > 0)
		if (slice_equal_nocase(trim(cut(&list, ',')), word))
			return true;
	return false;
}

/* The headers that decide where the request ends and what happens to the connection. */
static bool
apply_headers(const struct slice values[HEADER_COUNT], bool is_1_1, struct http_head *head,
    struct http_fault *fault)
{
	struct slice length = values[HEADER_CONTENT_LENGTH];
	long long number = 0;

	if (is_1_1 && values[HEADER_HOST].ptr == NULL)
		return bad_request(fault, "HTTP/1.1 needs a Host header.");
	if (values[HEADER_TRANSFER_ENCODING].ptr != NULL)
		return refuse(fault, 411, "LengthRequired",
		    "Send the body with Content-Length; Transfer-Encoding is not taken.");
	/* slice_to_int64() would take a sign. */
	if (length.ptr != NULL &&
	    (length.len == 0 || length.ptr[0] < '0' || length.ptr[0] > '9' ||
		!slice_to_int64(length, 0, INT64_MAX, &number)))
		return bad_request(fault, "Content-Length is not a number.");
	head->content_length = number;
	if (values[HEADER_EXPECT].ptr != NULL) {
		if (!slice_equal_nocase(values[HEADER_EXPECT], SLICE("100-continue")))
			return refuse(fault, 417, "ExpectationFailed",
			    "Only 100-continue can be expected.");
		head->expect_continue = is_1_1;
	}
	if (values[HEADER_CONNECTION].ptr != NULL) {
		if (list_has(values[HEADER_CONNECTION], SLICE("close")))
			head->keep_alive = false;
		else if (list_has(values[HEADER_CONNECTION], SLICE("keep-alive")))
			head->keep_alive = true;
	}
	head->authorization = values[HEADER_AUTHORIZATION];
	head->content_type = values[HEADER_CONTENT_TYPE];
	head->idempotency_key = values[HEADER_IDEMPOTENCY_KEY];
	return true;
}

static bool
parse_lines(struct slice lines, struct http_head *head, struct http_fault *fault)
{
	struct slice values[HEADER_COUNT] = { { NULL, 0 } };
	int count = 0;
	bool is_1_1;

	if (!parse_request_line(cut_line(&lines), head, fault))
		return false;
	is_1_1 = head->keep_alive;
	for (struct slice line = cut_line(&lines); line.len > 0; line = cut_line(&lines)) {
		if (++count > HTTP_HEADERS_MAX)
			return refuse(fault, 431, "HeadTooLarge", "Too many header lines.");
		if (!parse_header(line, values, fault))
			return false;
	}
	return apply_headers(values, is_1_1, head, fault);
}

int64_t
http_parse_head(struct slice bytes, struct http_head *head_out, struct http_fault *fault_out)
{
	struct http_head head = { .method = HTTP_OTHER };
	size_t blank = 0, len;

	/* RFC 9112, 2.2: blank lines before a request are skipped. */
	while (blank < bytes.len && (bytes.ptr[blank] == '\r' || bytes.ptr[blank] == '\n'))
		blank++;
	bytes = slice_from(bytes.ptr + blank, bytes.len - blank);
	len = head_length(bytes);
	if (len > HTTP_HEAD_MAX || (len == 0 && bytes.len > HTTP_HEAD_MAX) ||
	    blank > HTTP_HEAD_MAX) {
		refuse(
		    fault_out, 431, "HeadTooLarge", "Request line and headers are too long.");
		return -1;
	}
	if (len == 0)
		return 0;
	if (!parse_lines(slice_from(bytes.ptr, len), &head, fault_out))
		return -1;
	*head_out = head;
	return (int64_t)(blank + len);
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Undoes percent-encoding.  False for what no identifier or parameter of ours can hold. */
static bool
decode(struct slice text, bool plus_is_blank, struct arena *arena, struct slice *out)
{
	char *to = arena_text(arena, text.len + 1);
	size_t len = 0;

	if (to == NULL)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '%') {
			if (text.len - i < 3 || hex_digit(text.ptr[i + 1]) < 0 ||
			    hex_digit(text.ptr[i + 2]) < 0)
				return false;
			c = (char)(hex_digit(text.ptr[i + 1]) * 16 +
				   hex_digit(text.ptr[i + 2]));
			i += 2;
		} else if (c == '+' && plus_is_blank) {
			c = ' ';
		}
		to[len++] = c;
	}
	*out = slice_from(to, len);
	return is_printable(*out) && slice_is_utf8(*out);
}

int
http_split_path(
    struct slice path, struct arena *arena, struct slice segments_out[HTTP_SEGMENTS_MAX])
{
	int count = 0;

	if (path.len == 0 || path.ptr[0] != '/')
		return -1;
	path = slice_from(path.ptr + 1, path.len - 1);
	if (path.len == 0)
		return 0;
	for (bool more = true; more;) {
		struct slice raw, segment;

		more = memchr(path.ptr, '/', path.len) != NULL;
		raw = cut(&path, '/');
		if (count == HTTP_SEGMENTS_MAX || raw.len == 0 ||
		    !decode(raw, false, arena, &segment))
			return -1;
		if (slice_equal(segment, SLICE(".")) || slice_equal(segment, SLICE("..")))
			return -1;
		segments_out[count++] = segment;
	}
	return count;
}

int
http_split_query(
    struct slice query, struct arena *arena, struct http_param params_out[HTTP_QUERY_MAX])
{
	int count = 0;

	while (query.len > 0) {
		struct slice value = cut(&query, '&');
		struct slice name = cut(&value, '=');
		struct http_param *param = &params_out[count];

		if (count == HTTP_QUERY_MAX || name.len == 0 ||
		    !decode(name, true, arena, &param->name) ||
		    !decode(value, true, arena, &param->value))
			return -1;
		for (int i = 0; i < count; i++)
			if (slice_equal(params_out[i].name, param->name))
				return -1;
		count++;
	}
	return count;
}

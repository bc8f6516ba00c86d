#include "csms/pg_options.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/buf.h"
#include "common/log.h"

#define LIST_MAX    (64U << 10)
#define HOST_MAX    256
#define ADDRESS_MAX 64

static char *
copy(const char *text)
{
	char *out = strdup(text);

	if (out == NULL)
		abort();
	return out;
}

static int
find(const struct pg_options *o, const char *keyword)
{
	int i = 0;

	while (o->keywords[i] != NULL && strcmp(o->keywords[i], keyword) != 0)
		i++;
	return i;
}

void
pg_options_free(struct pg_options *o)
{
	for (int i = 0; o->keywords[i] != NULL; i++) {
		free(o->keywords[i]);
		free(o->values[i]);
	}
	*o = (struct pg_options){ { NULL }, { NULL } };
}

void
pg_options_set(struct pg_options *o, const char *keyword, const char *value)
{
	int i = find(o, keyword);
	char *text = copy(value);

	if (i + 1 >= PG_OPTIONS_MAX)
		abort(); /* more than libpq has */
	if (o->keywords[i] == NULL)
		o->keywords[i] = copy(keyword);
	free(o->values[i]);
	o->values[i] = text;
}

void
pg_options_default(struct pg_options *o, const char *keyword, const char *value)
{
	if (pg_options_get(o, keyword) == NULL)
		pg_options_set(o, keyword, value);
}

const char *
pg_options_get(const struct pg_options *o, const char *keyword)
{
	return o->values[find(o, keyword)];
}

void
pg_options_add_parameter(struct pg_options *o, const char *name, const char *value)
{
	const char *old = pg_options_get(o, "options");
	struct buf text;

	buf_init(&text, LIST_MAX);
	buf_printf(
	    &text, "%s%s-c %s=%s", old != NULL ? old : "", old != NULL ? " " : "", name, value);
	buf_append_char(&text, '\0');
	if (!buf_failed(&text))
		pg_options_set(o, "options", text.ptr);
	buf_free(&text);
}

/* ---- hosts ---- */

/* The three lists libpq walks in step. */
struct hosts {
	struct buf hosts, addresses, ports;
	int count;
};

/* Entry `index` of a list; a list of one stands for all, as in libpq. */
static struct slice
list_item(const char *list, int index)
{
	const char *end;

	if (strchr(list, ',') == NULL)
		return slice_cstr(list);
	while (index-- > 0 && list != NULL) {
		list = strchr(list, ',');
		list = list != NULL ? list + 1 : NULL;
	}
	if (list == NULL)
		return slice_cstr("");
	end = strchr(list, ',');
	return slice_from(list, end != NULL ? (size_t)(end - list) : strlen(list));
}

static void
add_host(struct hosts *h, struct slice host, const char *address, struct slice port)
{
	const char *comma = h->count++ > 0 ? "," : "";

	buf_printf(&h->hosts, "%s%.*s", comma, SLICE_ARGS(host));
	buf_printf(&h->addresses, "%s%s", comma, address);
	buf_printf(&h->ports, "%s%.*s", comma, SLICE_ARGS(port));
}

static void
resolve_host(struct hosts *h, struct slice host, struct slice port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	char name[HOST_MAX], address[ADDRESS_MAX];
	size_t len = host.len < sizeof(name) ? host.len
					     : sizeof(name) - 1; /* no name in DNS is longer */
	int error;

	memcpy(name, host.ptr, len);
	name[len] = '\0';
	error = getaddrinfo(name, NULL, &hints, &found);
	if (error != 0) {
		/* libpq will try again on each connect, and block meanwhile. */
		log_warn("DATABASE_HOST_UNKNOWN", LOG_STR("host", name),
		    LOG_STR("error", gai_strerror(error)));
		add_host(h, host, "", port);
		return;
	}
	for (const struct addrinfo *a = found; a != NULL; a = a->ai_next)
		if (getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof(address), NULL, 0,
			NI_NUMERICHOST) == 0)
			add_host(h, host, address, port);
	freeaddrinfo(found);
}

static void
resolve_list(struct hosts *h, const char *list, const char *ports)
{
	int count = 1;

	for (const char *c = list; *c != '\0'; c++)
		count += *c == ',';
	for (int i = 0; i < count; i++) {
		struct slice host = list_item(list, i), port = list_item(ports, i);

		/* A socket's folder, or libpq's default. */
		if (host.len == 0 || host.ptr[0] == '/' || host.ptr[0] == '@')
			add_host(h, host, "", port);
		else
			resolve_host(h, host, port);
	}
}

void
pg_options_resolve(struct pg_options *o)
{
	const char *host = pg_options_get(o, "host"), *ports = pg_options_get(o, "port");
	struct hosts h = { .count = 0 };

	/* As libpq would, had it been left to it. */
	if (host == NULL)
		host = getenv("PGHOST");
	if (ports == NULL)
		ports = getenv("PGPORT");
	if (host == NULL || *host == '\0' || pg_options_get(o, "hostaddr") != NULL)
		return;
	buf_init(&h.hosts, LIST_MAX);
	buf_init(&h.addresses, LIST_MAX);
	buf_init(&h.ports, LIST_MAX);
	resolve_list(&h, host, ports != NULL ? ports : "");
	buf_append_char(&h.hosts, '\0');
	buf_append_char(&h.addresses, '\0');
	buf_append_char(&h.ports, '\0');
	if (!buf_failed(&h.hosts) && !buf_failed(&h.addresses) && !buf_failed(&h.ports)) {
		pg_options_set(o, "host", h.hosts.ptr);
		pg_options_set(o, "hostaddr", h.addresses.ptr);
		pg_options_set(o, "port", h.ports.ptr);
	}
	buf_free(&h.hosts);
	buf_free(&h.addresses);
	buf_free(&h.ports);
}

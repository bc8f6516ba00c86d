#include "csms/server.h"

#include "common/clock.h"
#include "common/log.h"
#include "csms/api.h"
#include "csms/gate.h"
#include "csms/metrics.h"
#include "csms/tls.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <sys/resource.h>

#define HEADER_MAX    1024
#define NAME_MAX_TEXT 128

/* A message on its way out; the bytes start LWS_PRE after the struct. */
struct outbound {
	struct list node;
	size_t len;
};

/* One accepted socket, from the first byte to the last. */
struct socket {
	struct list node; /* server->arriving, until the handshake is over */
	struct lws *wsi;
	struct session *session; /* NULL before the handshake was accepted */
	struct address *address; /* NULL once the handshake is over */
	int64_t since_mono;
	char peer[64];
};

/* How many sockets of one address are in their handshake. */
struct address {
	char text[64];
	int64_t count;
};

struct server {
	struct node *node;
	struct list arriving; /* oldest first */
	struct map addresses;
	int64_t arriving_count;
};

static struct server server;

/* ---- outbox ---- */

static unsigned char *
outbound_bytes(struct outbound *out)
{
	return (unsigned char *)(out + 1) + LWS_PRE;
}

void
server_queue(struct session *s, struct slice frame)
{
	struct outbound *out = malloc(sizeof(*out) + LWS_PRE + frame.len);

	if (out == NULL)
		abort();
	out->node.next = out->node.prev = NULL;
	out->len = frame.len;
	memcpy(outbound_bytes(out), frame.ptr, frame.len);
	list_append(&s->outbox, &out->node);
	s->outbox_bytes += frame.len;
	s->owner->unsent_total += (int64_t)frame.len;
	metrics.unsent_bytes = s->owner->unsent_total;
	server_want_write(s);
}

static void
outbound_free(struct session *s, struct outbound *out)
{
	s->outbox_bytes -= out->len;
	s->owner->unsent_total -= (int64_t)out->len;
	metrics.unsent_bytes = s->owner->unsent_total;
	free(out);
}

void
server_drop_outbox(struct session *s)
{
	struct list *node;

	while ((node = list_pop(&s->outbox)) != NULL)
		outbound_free(s, list_entry(node, struct outbound, node));
}

void
server_want_write(struct session *s)
{
	if (s->wsi != NULL)
		lws_callback_on_writable(s->wsi);
}

void
server_pause(struct session *s, bool pause)
{
	if (s->wsi != NULL)
		lws_rx_flow_control(s->wsi, pause ? 0 : 1);
}

void
server_kill(struct session *s)
{
	if (s->wsi != NULL)
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

static bool
write_frame(struct session *s)
{
	struct outbound *out = list_entry(s->outbox.next, struct outbound, node);
	bool sent =
	    lws_write(s->wsi, outbound_bytes(out), out->len, LWS_WRITE_TEXT) >= (int)out->len;

	metrics.frames_sent++;
	metrics.bytes_sent += out->len;
	list_remove(&out->node);
	outbound_free(s, out);
	return sent;
}

/* Not an empty one: libwebsockets does not tell of a pong without payload, and silence would be all we hear. */
static bool
write_ping(struct session *s)
{
	unsigned char ping[LWS_PRE + 1];

	ping[LWS_PRE] = 'p';
	s->ping_wanted = false;
	return lws_write(s->wsi, ping + LWS_PRE, 1, LWS_WRITE_PING) >= 0;
}

/* One write per callback is what libwebsockets allows. */
bool
session_writable(struct session *s)
{
	bool fine = true;

	if (!list_empty(&s->outbox))
		fine = write_frame(s);
	else if (s->state == SESSION_CLOSING)
		return false;
	else if (s->ping_wanted)
		fine = write_ping(s);
	if (!list_empty(&s->outbox) || s->state == SESSION_CLOSING || s->ping_wanted)
		lws_callback_on_writable(s->wsi);
	return fine;
}

/* ---- sockets before their handshake ---- */

static bool
count_address(struct socket *k)
{
	struct address *a = map_get(&server.addresses, slice_cstr(k->peer));

	if (a == NULL) {
		a = calloc(1, sizeof(*a));
		if (a == NULL)
			abort();
		memcpy(a->text, k->peer, sizeof(a->text));
		map_put(&server.addresses, slice_cstr(a->text), a);
	}
	a->count++;
	k->address = a;
	return a->count <= server.node->settings.ocpp.max_handshakes_per_address;
}

static void
handshake_over(struct socket *k)
{
	struct address *a = k->address;

	if (a == NULL)
		return;
	k->address = NULL;
	list_remove(&k->node);
	server.arriving_count--;
	if (--a->count == 0) {
		map_remove(&server.addresses, slice_cstr(a->text));
		free(a);
	}
}

/* False: too many; drop it. */
static bool
arrive(struct lws *wsi)
{
	struct socket *k = calloc(1, sizeof(*k));
	const struct settings *settings = &server.node->settings;
	bool welcome;

	if (k == NULL)
		abort();
	k->wsi = wsi;
	k->since_mono = clock_mono();
	lws_get_peer_simple(wsi, k->peer, sizeof(k->peer));
	lws_set_opaque_user_data(wsi, k);
	list_append(&server.arriving, &k->node);
	server.arriving_count++;
	metrics.sockets++;
	welcome = count_address(k) && server.arriving_count <= settings->ocpp.max_handshakes &&
		  metrics.sockets <= settings->ocpp.max_connections;
	if (!welcome)
		metrics.sockets_refused++;
	return welcome;
}

static void
depart(struct lws *wsi)
{
	struct socket *k = lws_get_opaque_user_data(wsi);

	if (k == NULL)
		return;
	lws_set_opaque_user_data(wsi, NULL);
	handshake_over(k);
	if (k->session != NULL)
		session_gone(k->session);
	metrics.sockets--;
	free(k);
}

/* ---- handshake ---- */

static struct slice
header(struct lws *wsi, enum lws_token_indexes token, char out[HEADER_MAX])
{
	int len = lws_hdr_copy(wsi, out, HEADER_MAX, token);

	return slice_from(out, len > 0 ? (size_t)len : 0);
}

/* libwebsockets reads '+' in a path as a blank, which no identity holds: so a blank was a '+'. */
static struct slice
path_of(struct lws *wsi, char out[HEADER_MAX])
{
	struct slice path = header(wsi, WSI_TOKEN_GET_URI, out);

	for (size_t i = 0; i < path.len; i++)
		if (out[i] == ' ')
			out[i] = '+';
	return path;
}

static void
decide(struct lws *wsi, const struct socket *k, struct gate_verdict *verdict,
    struct session_peer *peer, char path[HEADER_MAX])
{
	char protocols[HEADER_MAX], authorization[HEADER_MAX];
	char common_name[NAME_MAX_TEXT] = "", organisation[NAME_MAX_TEXT] = "";
	struct gate_request request = {
		.path = path_of(wsi, path),
		.protocols = header(wsi, WSI_TOKEN_PROTOCOL, protocols),
		.authorization = header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, authorization),
		.address = slice_cstr(k->peer),
		.tls = lws_is_ssl(wsi),
	};

	if (request.tls)
		request.certificate = tls_peer_names(lws_get_ssl(wsi), common_name,
		    sizeof(common_name), organisation, sizeof(organisation));
	request.common_name = slice_cstr(common_name);
	request.organisation = slice_cstr(organisation);
	gate_decide(server.node, &request, verdict);
	memcpy(peer->address, k->peer, sizeof(peer->address));
	peer->security_profile = verdict->security_profile;
	memcpy(peer->certificate, common_name, sizeof(peer->certificate));
}

static const char *
status_text(int status)
{
	switch (status) {
	case 400: return "Bad Request";
	case 401: return "Unauthorized";
	case 403: return "Forbidden";
	case 404: return "Not Found";
	case 426: return "Upgrade Required";
	case 429: return "Too Many Requests";
	default: return "Service Unavailable";
	}
}

/* Our own bytes: lws's status page claims HTTP/1.0 and carries a body nobody reads. */
static void
answer_status(struct lws *wsi, int status)
{
	unsigned char bytes[LWS_PRE + 256];
	int len = snprintf((char *)bytes + LWS_PRE, sizeof(bytes) - LWS_PRE,
	    "HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n%s%s\r\n", status,
	    status_text(status),
	    status == 401 ? "WWW-Authenticate: Basic realm=\"OCPP\", charset=\"UTF-8\"\r\n"
			  : "",
	    status == 503 || status == 429 ? "Retry-After: 30\r\n" : "");

	lws_write(wsi, bytes + LWS_PRE, (size_t)len, LWS_WRITE_HTTP_HEADERS);
}

/* Non-zero refuses: the answer has been written. */
static int
confirm_upgrade(struct lws *wsi, const char *kind)
{
	struct socket *k = lws_get_opaque_user_data(wsi);
	struct gate_verdict verdict;
	struct session_peer peer;
	char path[HEADER_MAX];

	if (k == NULL || strcasecmp(kind, "websocket") != 0)
		return -1;
	decide(wsi, k, &verdict, &peer, path);
	if (verdict.status != 0) {
		log_warn("HANDSHAKE_REFUSED", LOG_SLICE("station", verdict.identity),
		    LOG_STR("address", k->peer), LOG_INT("status", verdict.status),
		    LOG_STR("reason", verdict.reason));
		answer_status(wsi, verdict.status);
		return 1;
	}
	k->session = session_new(server.node, verdict.station, &peer);
	return 0;
}

/* ---- libwebsockets ---- */

static struct session *
session_of(struct lws *wsi)
{
	struct socket *k = lws_get_opaque_user_data(wsi);

	return k == NULL ? NULL : k->session;
}

/* Returns what the callback returns: -1 closes, with the reason told before (123 bytes at most, RFC 6455 5.5). */
static int
close_now(struct session *s)
{
	unsigned char reason[124];
	int len = snprintf((char *)reason, sizeof(reason), "%s",
	    s->close_reason != NULL ? s->close_reason : "");

	lws_close_reason(s->wsi, (enum lws_close_status)s->close_code, reason, (size_t)len);
	return -1;
}

static int
received(struct lws *wsi, const char *bytes, size_t len)
{
	struct session *s = session_of(wsi);
	bool final = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;

	if (s == NULL)
		return -1;
	if (!session_receive(s, slice_from(bytes, len), final, lws_frame_is_binary(wsi)))
		return close_now(s);
	return 0;
}

static int
extension_refused(struct lws *wsi)
{
	struct session *s = session_of(wsi);

	return s == NULL || !s->owner->settings.ocpp.compression || !s->station->compression;
}

static int
http_request(struct lws *wsi)
{
	answer_status(wsi, 426); /* nothing but WebSockets here */
	return -1;
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct session *s;

	switch (reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
		return tls_configure(user, &server.node->settings) ? 0 : 1;
	case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION:
		return len == 1 ? 0 : 1; /* `len` is OpenSSL's own verdict */
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED: return arrive(wsi) ? 0 : -1;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return confirm_upgrade(wsi, in);
	case LWS_CALLBACK_HTTP: return http_request(wsi);
	case LWS_CALLBACK_CONFIRM_EXTENSION_OKAY: return extension_refused(wsi);
	case LWS_CALLBACK_ESTABLISHED:
		s = session_of(wsi);
		if (s == NULL)
			return -1;
		handshake_over(lws_get_opaque_user_data(wsi));
		session_established(s, wsi);
		return 0;
	case LWS_CALLBACK_RECEIVE: return received(wsi, in, len);
	case LWS_CALLBACK_RECEIVE_PONG:
		s = session_of(wsi);
		if (s != NULL)
			session_alive(s);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		s = session_of(wsi);
		return s == NULL ? -1 : session_writable(s) ? 0 : close_now(s);
	case LWS_CALLBACK_WSI_DESTROY: depart(wsi); return 0;
	default: return 0; /* of lws's hundred reasons these are ours */
	}
}

/* Every name here can be asked for by a client, so there is only the one. */
static const struct lws_protocols protocols[] = {
	{ .name = "ocpp2.0.1", .callback = on_event, .rx_buffer_size = 4096 },
	{ .name = NULL },
};

static const struct lws_extension extensions[] = {
	{ "permessage-deflate", lws_extension_callback_pm_deflate,
	    "permessage-deflate; client_no_context_takeover; server_no_context_takeover; "
	    "client_max_window_bits" },
	{ NULL, NULL, NULL },
};

/* Pings and silence are ours (session_tick): lws's own timer would hang up on a quiet station. */
static const lws_retry_bo_t no_validity_check = {
	.secs_since_valid_ping = 65000,
	.secs_since_valid_hangup = 65535,
};

static void
log_lws(int level, const char *line)
{
	size_t len = strlen(line);

	log_event(level <= LLL_WARN ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "LWS",
	    LOG_SLICE(
		"text", slice_from(line, len > 0 && line[len - 1] == '\n' ? len - 1 : len)));
}

/* "ADDRESS:PORT", "[v6]:PORT"; the address is cut out into `address`. */
static bool
split_listen(const char *text, char address[64], int *port_out)
{
	const char *colon = strrchr(text, ':');
	struct slice host;
	long long port;

	if (colon == NULL || !slice_to_int64(slice_cstr(colon + 1), 1, 65535, &port))
		return false;
	host = slice_from(text, (size_t)(colon - text));
	if (host.len > 2 && *host.ptr == '[' && host.ptr[host.len - 1] == ']')
		host = slice_from(host.ptr + 1, host.len - 2);
	if (host.len == 0 || host.len >= 64)
		return false;
	memcpy(address, host.ptr, host.len);
	address[host.len] = '\0';
	*port_out = (int)port;
	return true;
}

static void
use_tls(struct lws_context_creation_info *info, const struct settings *settings)
{
	bool ecdsa = settings->tls.ecdsa_certificate != NULL;

	info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	info->ssl_cert_filepath =
	    ecdsa ? settings->tls.ecdsa_certificate : settings->tls.rsa_certificate;
	info->ssl_private_key_filepath =
	    ecdsa ? settings->tls.ecdsa_key : settings->tls.rsa_key;
	info->ssl_cipher_list = TLS_SUITES;
	info->alpn = "http/1.1"; /* WebSockets over HTTP/2 are no OCPP */
}

static int
listen_on(struct node *node, const char *where, bool tls, bool api)
{
	struct lws_context_creation_info info = { 0 };
	const struct settings *settings = &node->settings;
	char address[64];

	if (where == NULL || *where == '\0')
		return 0;
	if (!split_listen(where, address, &info.port)) {
		log_error("LISTEN_INVALID", LOG_STR("listen", where),
		    LOG_STR("expected", "ADDRESS:PORT"));
		return -1;
	}
	info.iface = address;
	info.vhost_name = api ? "api" : tls ? "ocpp-tls" : "ocpp";
	info.protocols = protocols;
	info.extensions = extensions;
	info.retry_and_idle_policy = &no_validity_check;
	info.timeout_secs_ah_idle = (int)(settings->ocpp.handshake_timeout / SECOND_US);
	info.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
	if (strchr(address, ':') == NULL)
		info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	if (tls)
		use_tls(&info, settings);
	if (tls && !api && settings->tls.client_ca != NULL) {
		info.ssl_ca_filepath = settings->tls.client_ca;
		info.options |=
		    LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT |
		    LWS_SERVER_OPTION_PEER_CERT_NOT_REQUIRED; /* profile 2 has none */
	}
	info.user = node;
	if (api)
		api_vhost(&info);
	if (lws_create_vhost(node->lws, &info) == NULL) {
		log_error("LISTEN_FAILED", LOG_STR("listen", where));
		return -1;
	}
	log_info("LISTENING", LOG_STR("listen", where), LOG_STR("for", info.vhost_name));
	return 0;
}

/* lws sizes a table by the limit; more descriptors than we serve are memory for nothing. */
static void
bound_descriptors(const struct node *node)
{
	struct rlimit limit;
	rlim_t wanted = (rlim_t)node->settings.ocpp.max_connections + 2048;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > wanted
			     ? wanted
			     : limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int
server_start(struct node *node)
{
	struct lws_context_creation_info info = { 0 };
	const struct settings *settings = &node->settings;
	void *loops[1] = { node->loop.ev };

	server.node = node;
	list_init(&server.arriving);
	bound_descriptors(node);
	lws_set_log_level(LLL_ERR | LLL_WARN, log_lws);
	info.options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
		       LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
		       LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	info.foreign_loops = loops;
	info.timeout_secs = (unsigned int)(settings->ocpp.handshake_timeout / SECOND_US);
	info.pcontext = &node->lws;
	node->lws = lws_create_context(&info);
	if (node->lws == NULL) {
		log_error(
		    "LISTEN_FAILED", LOG_STR("error", "libwebsockets could not be started"));
		return -1;
	}
	return listen_on(node, settings->listen.plain, false, false) |
	       listen_on(node, settings->listen.tls, true, false) |
	       listen_on(node, settings->listen.http, settings->listen.http_tls, true);
}

void
server_stop(struct node *node)
{
	if (node->lws == NULL)
		return;
	lws_context_destroy(node->lws);
	node->lws = NULL;
}

void
server_tick(struct node *node, int64_t now_mono)
{
	list_foreach_safe (at, next, &server.arriving) {
		struct socket *k = list_entry(at, struct socket, node);

		if (now_mono - k->since_mono < node->settings.ocpp.handshake_timeout)
			break;
		metrics.sockets_refused++;
		list_remove(
		    &k->node); /* so that it is told once; the count goes with the address */
		lws_set_timeout(k->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
	}
}

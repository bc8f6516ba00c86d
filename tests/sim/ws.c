#include "tests/sim/ws.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ev.h>
#include <libwebsockets.h>
#include <openssl/x509v3.h>

#include "common/banned.h"

#define SUBPROTOCOL "ocpp2.0.1"

/* The largest message a station takes; what a CSMS sends is far below. */
enum { MESSAGE_MAX = 1 << 20 };
/* Received per callback; each connection has a buffer of this size. */
enum { RX_BUFFER = 1024 };
/* Descriptors that are not stations': loop, files, standard streams, libraries. */
enum { OTHER_DESCRIPTORS = 64 };
enum { NEVER = 0xffff };

struct ws_client {
	struct lws_context *context;
	struct ev_loop *loop;
	struct lws_vhost *vhost;
	struct lws_context_creation_info info; /* vhosts are made from it */
	lws_retry_bo_t keep_alive;
	const struct lws_extension *extensions;
	const char *certificates;
	bool tls;
	int port;
	char host[256]; /* as in the URL: Host header, certificate check */
	char address[NI_MAXHOST]; /* numeric, resolved once: no look-up in the loop */
	char path[256];
};

struct ws_message {
	struct list node;
	size_t len;
	unsigned char bytes[]; /* LWS_PRE bytes for the frame's head, then the text */
};

static int on_event(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {
	{ .name = SUBPROTOCOL, .callback = on_event, .rx_buffer_size = RX_BUFFER },
	{ .name = NULL },
};

/* No context takeover: a deflate window per station would cost more than all the rest of it. */
static const struct lws_extension deflate[] = {
	{ "permessage-deflate", lws_extension_callback_pm_deflate,
	    "permessage-deflate; client_no_context_takeover; server_no_context_takeover" },
	{ NULL, NULL, NULL },
};

/* ---- events from lws ---- */

static void
drop_messages(struct ws *ws)
{
	struct list *node;

	while ((node = list_pop(&ws->out)) != NULL)
		free(list_entry(node, struct ws_message, node));
}

static void
ended(struct ws *ws)
{
	ws->wsi = NULL;
	ws->state = WS_CLOSED;
	ws->frozen = false;
	drop_messages(ws);
	buf_free(&ws->in);
	if (!ws->starting)
		ws->events->closed(ws->ctx, ws->why, ws->http_status);
}

static void
explain(struct ws *ws, const char *text, size_t len)
{
	snprintf(ws->why, sizeof(ws->why), "%.*s", (int)(len < 60 ? len : 60), text);
	/* It is printed inside JSON strings. */
	for (char *c = ws->why; *c != '\0'; c++)
		if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
			*c = '\'';
}

/* RFC 7617: base64 of "name:password". */
static int
add_authorization(struct ws *ws, unsigned char **at, unsigned char *end)
{
	char plain[256], header[400] = "Basic ";
	int len;

	if (ws->password == NULL)
		return 0;
	len = snprintf(plain, sizeof(plain), "%s:%s", ws->name, ws->password);
	if (len < 0 || (size_t)len >= sizeof(plain))
		return -1;
	if (lws_b64_encode_string(plain, len, header + 6, (int)sizeof(header) - 6) < 0)
		return -1;
	return lws_add_http_header_by_token(ws->wsi, WSI_TOKEN_HTTP_AUTHORIZATION,
	    (const unsigned char *)header, (int)strlen(header), at, end);
}

static int
received(struct ws *ws, const char *piece, size_t len)
{
	bool last =
	    lws_is_final_fragment(ws->wsi) && lws_remaining_packet_payload(ws->wsi) == 0;

	if (ws->state != WS_OPEN)
		return 0;
	/* The common case, a message in one piece, is not copied. */
	if (last && ws->in.len == 0) {
		ws->events->message(ws->ctx, slice_from(piece, len));
		return 0;
	}
	buf_append(&ws->in, piece, len);
	if (buf_failed(&ws->in)) {
		explain(ws, "message too long", 16);
		return -1;
	}
	if (last) {
		struct buf whole = ws->in;

		/* The handler may close the connection, which frees ws->in. */
		buf_init(&ws->in, MESSAGE_MAX);
		ws->events->message(ws->ctx, buf_slice(&whole));
		buf_free(&whole);
	}
	return 0;
}

static int
write_next(struct ws *ws)
{
	struct ws_message *message;
	struct list *node;
	int written;

	if (ws->frozen)
		return 0;
	node = list_pop(&ws->out);
	if (node == NULL)
		return ws->state == WS_CLOSING ? -1 : 0;
	message = list_entry(node, struct ws_message, node);
	written = lws_write(ws->wsi, message->bytes + LWS_PRE, message->len, LWS_WRITE_TEXT);
	free(message);
	if (written < 0)
		return -1;
	if (!list_empty(&ws->out) || ws->state == WS_CLOSING)
		lws_callback_on_writable(ws->wsi);
	return 0;
}

/*
 * lws checks the host's name only.  For an address in the URL the certificate's address entries
 * count, as for any TLS client.
 */
static int
verify_address(struct ws *ws, X509_STORE_CTX *store, int verified)
{
	if (verified || X509_STORE_CTX_get_error(store) != X509_V_ERR_HOSTNAME_MISMATCH)
		return 0;
	if (X509_check_ip_asc(X509_STORE_CTX_get_current_cert(store), ws->client->host, 0) == 1)
		X509_STORE_CTX_set_error(store, X509_V_OK);
	return 0;
}

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct ws *ws = wsi == NULL ? NULL : lws_get_opaque_user_data(wsi);

	(void)user;
	if (ws == NULL)
		return 0;
	switch ((int)reason) {
	case LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION:
		return verify_address(ws, user, (int)len);
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		ws->wsi = wsi;
		return add_authorization(ws, in, *(unsigned char **)in + len);
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		ws->state = WS_OPEN;
		ws->events->opened(ws->ctx);
		break;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		ws->http_status = (int)lws_http_client_http_response(wsi);
		explain(ws, in == NULL ? "no connection" : in, in == NULL ? 13 : len);
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE: return received(ws, in, len);
	case LWS_CALLBACK_CLIENT_WRITEABLE: return write_next(ws);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		explain(ws, "closed by the server", 20);
		break;
	/* Comes last in all cases, established or not. */
	case LWS_CALLBACK_WSI_DESTROY:
		if (ws->wsi == wsi || ws->state == WS_CONNECTING)
			ended(ws);
		break;
	default: break;
	}
	return 0;
}

/* ---- client ---- */

static bool
resolve(struct ws_client *client)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	int error = getaddrinfo(client->host, NULL, &hints, &found);

	if (error == 0) {
		error = getnameinfo(found->ai_addr, found->ai_addrlen, client->address,
		    sizeof(client->address), NULL, 0, NI_NUMERICHOST);
		freeaddrinfo(found);
	}
	if (error != 0)
		fprintf(stderr, "evse-sim: host %s: %s\n", client->host, gai_strerror(error));
	return error == 0;
}

static bool
parse_url(struct ws_client *client, const char *url)
{
	char *copy = strdup(url);
	const char *scheme = NULL, *host = NULL, *path = NULL;
	bool good =
	    copy != NULL && lws_parse_uri(copy, &scheme, &host, &client->port, &path) == 0;

	if (good) {
		client->tls = strcmp(scheme, "wss") == 0;
		good = (client->tls || strcmp(scheme, "ws") == 0) && *host != '\0';
		snprintf(client->host, sizeof(client->host), "%s", host);
		snprintf(
		    client->path, sizeof(client->path), "/%s", *path == '/' ? path + 1 : path);
	}
	if (!good)
		fprintf(stderr, "evse-sim: not a ws:// or wss:// URL: %s\n", url);
	free(copy);
	return good;
}

/* lws sizes its table of descriptors by the limit, so the limit is set to what is needed. */
static bool
limit_descriptors(unsigned sockets)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return false;
	if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < sockets + OTHER_DESCRIPTORS) {
		fprintf(stderr,
		    "evse-sim: %u stations need more open files than the %ju allowed\n",
		    sockets, (uintmax_t)limit.rlim_max);
		return false;
	}
	limit.rlim_cur = sockets + OTHER_DESCRIPTORS;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static bool
create_context(struct ws_client *client, const struct ws_config *config)
{
	void *loops[] = { client->loop };
	struct lws_context_creation_info *info = &client->info;
	unsigned ping = config->ping_seconds;

	client->keep_alive = (lws_retry_bo_t){
		.secs_since_valid_ping = (uint16_t)(ping == 0 ? NEVER - 1 : ping),
		.secs_since_valid_hangup = (uint16_t)(ping == 0 ? NEVER : ping + 30),
	};
	info->port = CONTEXT_PORT_NO_LISTEN;
	info->protocols = protocols;
	info->extensions = client->extensions;
	info->options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
	if (client->tls)
		info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	if (config->ca != NULL)
		info->options |= LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	info->client_ssl_ca_filepath = config->ca;
	info->foreign_loops = loops;
	info->retry_and_idle_policy = &client->keep_alive;
	client->context = lws_create_context(info);
	info->foreign_loops = NULL;
	if (client->context == NULL)
		return false;
	info->vhost_name = "stations";
	client->vhost = lws_create_vhost(client->context, info);
	return client->vhost != NULL;
}

struct ws_client *
ws_client_new(struct ev_loop *loop, const struct ws_config *config)
{
	struct ws_client *client = calloc(1, sizeof(*client));

	if (client == NULL)
		abort();
	client->loop = loop;
	client->certificates = config->certificates;
	client->extensions = config->deflate ? deflate : NULL;
	lws_set_log_level(0, NULL);
	if (!parse_url(client, config->url) || !resolve(client) ||
	    !limit_descriptors(config->sockets))
		goto fail;
	if (client->tls && config->ca != NULL && access(config->ca, R_OK) != 0) {
		fprintf(stderr, "evse-sim: cannot read %s\n", config->ca);
		goto fail;
	}
	if (!create_context(client, config)) {
		fprintf(stderr, "evse-sim: libwebsockets does not start\n");
		goto fail;
	}
	return client;
fail:
	ws_client_free(&client);
	return NULL;
}

void
ws_client_free(struct ws_client **client_ptr)
{
	struct ws_client *client = *client_ptr;

	*client_ptr = NULL;
	if (client == NULL)
		return;
	if (client->context != NULL) {
		lws_context_destroy(client->context);
		/* A foreign loop must run once for the handles to go. */
		ev_run(client->loop, EVRUN_NOWAIT);
	}
	free(client);
}

/* ---- one connection ---- */

void
ws_init(struct ws *ws, struct ws_client *client, const char *name,
    const struct ws_events *events, void *ctx)
{
	memset(ws, 0, sizeof(*ws));
	ws->client = client;
	ws->name = name;
	ws->events = events;
	ws->ctx = ctx;
	list_init(&ws->out);
	buf_init(&ws->in, MESSAGE_MAX);
}

void
ws_free(struct ws *ws)
{
	drop_messages(ws);
	buf_free(&ws->in);
}

/* A client certificate belongs to a vhost in lws, so a station that has one gets a vhost. */
static bool
create_vhost(struct ws *ws)
{
	static const char *const endings[][2] = { { "renewed.pem", "renewed.key" },
		{ "pem", "key" }, { "crt", "key" } };
	struct ws_client *client = ws->client;
	struct lws_context_creation_info info = client->info;
	char certificate[512], key[512];

	for (size_t i = 0; i < 3; i++) {
		snprintf(certificate, sizeof(certificate), "%s/%s.%s", client->certificates,
		    ws->name, endings[i][0]);
		snprintf(key, sizeof(key), "%s/%s.%s", client->certificates, ws->name,
		    endings[i][1]);
		if (access(certificate, R_OK) == 0 && access(key, R_OK) == 0)
			break;
	}
	info.client_ssl_cert_filepath = certificate;
	info.client_ssl_private_key_filepath = key;
	info.vhost_name = ws->name;
	ws->vhost = lws_create_vhost(client->context, &info);
	if (ws->vhost == NULL)
		fprintf(stderr, "evse-sim: no usable certificate %s, %s\n", certificate, key);
	return ws->vhost != NULL;
}

bool
ws_open(struct ws *ws, const char *password)
{
	struct ws_client *client = ws->client;
	char path[512], host[280];
	struct lws_client_connect_info info = {
		.context = client->context,
		.address = client->address,
		.port = client->port,
		.ssl_connection = client->tls ? LCCSCF_USE_SSL : 0,
		.path = path,
		.host = host,
		.origin = NULL,
		.protocol = SUBPROTOCOL,
		.local_protocol_name = SUBPROTOCOL,
		.ietf_version_or_minus_one = -1,
		.opaque_user_data = ws,
		.retry_and_idle_policy = &client->keep_alive,
		.pwsi = &ws->wsi,
	};

	if (ws->renewed && ws->vhost != NULL) {
		lws_vhost_destroy(ws->vhost);
		ws->vhost = NULL;
	}
	ws->renewed = false;
	if (client->certificates != NULL && ws->vhost == NULL && !create_vhost(ws))
		return false;
	info.vhost = client->certificates == NULL ? client->vhost : ws->vhost;
	snprintf(path, sizeof(path), "%s%s%s", client->path,
	    client->path[strlen(client->path) - 1] == '/' ? "" : "/", ws->name);
	/* Without the port: lws takes the name to be checked in the certificate from here. */
	snprintf(host, sizeof(host), "%s", client->host);
	ws->password = password;
	ws->http_status = 0;
	ws->state = WS_CONNECTING;
	explain(ws, "connection lost", 15);
	ws->starting = true;
	ws->wsi = lws_client_connect_via_info(&info);
	ws->starting = false;
	if (ws->wsi == NULL)
		ws->state = WS_CLOSED;
	return ws->wsi != NULL;
}

void
ws_send(struct ws *ws, struct slice text)
{
	struct ws_message *message;

	if (ws->state != WS_OPEN)
		return;
	message = malloc(sizeof(*message) + LWS_PRE + text.len);
	if (message == NULL)
		abort();
	message->node = (struct list){ NULL, NULL };
	message->len = text.len;
	memcpy(message->bytes + LWS_PRE, text.ptr, text.len);
	list_append(&ws->out, &message->node);
	if (!ws->frozen)
		lws_callback_on_writable(ws->wsi);
}

bool
ws_is_idle(const struct ws *ws)
{
	return list_empty(&ws->out);
}

void
ws_close(struct ws *ws, enum ws_ending ending)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	static unsigned char text[] = "station ends the connection";

	if (ws->wsi == NULL)
		return;
	if (ending == WS_CLEAN && ws->state == WS_OPEN && !ws->frozen) {
		ws->state = WS_CLOSING;
		explain(ws, "closed by the station", 21);
		lws_close_reason(ws->wsi, LWS_CLOSE_STATUS_NORMAL, text, sizeof(text) - 1);
		lws_callback_on_writable(ws->wsi);
		return;
	}
	explain(ws, "dropped by the station", 22);
	if (ws->state == WS_OPEN) {
		ws->state = WS_CLOSING;
		setsockopt(
		    lws_get_socket_fd(ws->wsi), SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	}
	lws_set_timeout(ws->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
	/* lws looks at its timeouts when it wakes up, and nothing else may wake it for long. */
	lws_cancel_service(ws->client->context);
}

void
ws_freeze(struct ws *ws)
{
	if (ws->state != WS_OPEN)
		return;
	ws->frozen = true;
	lws_rx_flow_control(ws->wsi, 0);
}

void
ws_renew_certificate(struct ws *ws)
{
	ws->renewed = true;
}

/* What concerns the node itself: health, readiness, metrics, the description of the API, the front page. */
#include "csms/api_call.h"
#include "csms/metrics.h"

#define METRICS_TEXT_MAX (4UL * 1024 * 1024)
#define OPENAPI_TEXT_MAX (4UL * 1024 * 1024)

void
api_root(struct api_call *call)
{
	static const char page[] =
	    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta "
	    "charset=\"utf-8\"><title>v2g-csms</title></head>\n"
	    "<body><h1>v2g-csms " V2G_VERSION "</h1>\n"
	    "<p>Central system for OCPP 2.0.1 charging stations and vehicle-to-grid "
	    "dispatch.</p>\n"
	    "<ul>\n<li><a href=\"/openapi.json\">/openapi.json</a>: the API (bearer token "
	    "needed)</li>\n"
	    "<li><a href=\"/healthz\">/healthz</a>, <a href=\"/readyz\">/readyz</a>: is it "
	    "running, is it serving</li>\n"
	    "<li><a href=\"/metrics\">/metrics</a>: for Prometheus</li>\n</ul></body></html>\n";

	http_header(call->request, "Content-Security-Policy",
	    "default-src 'none'; frame-ancestors 'none'");
	api_answer_as(call, 200, "text/html; charset=utf-8", slice_cstr(page));
}

/* That this is answered at all is the news: the loop runs. */
void
api_health(struct api_call *call)
{
	api_answer(call, 200, SLICE("{\"status\":\"ok\",\"version\":\"" V2G_VERSION "\"}"));
}

void
api_ready(struct api_call *call)
{
	const struct node *node = call->node;
	const struct {
		bool lacking;
		const char *reason;
	} reasons[] = {
		{ node->store == NULL || !store_is_up(node->store),
		    "store: no connection to the database" },
		{ node->queries == NULL || !query_is_up(node->queries),
		    "queries: no connection to the database" },
		{ node->directory == NULL || !directory_is_ready(node->directory),
		    "directory: not loaded" },
		{ node->id == 0, "node: not registered" },
		{ node->out_of_service, "out of service: the database was away too long" },
		{ node->stopping, "stopping" },
	};
	bool ready = node_is_ready(node);
	const char *comma = "";
	struct buf body;

	buf_init(&body, 4096);
	buf_printf(&body, "{\"ready\":%s,\"reasons\":[", ready ? "true" : "false");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].lacking) {
			buf_printf(&body, "%s\"%s\"", comma, reasons[i].reason);
			comma = ",";
		}
	buf_append_cstr(&body, "]}");
	api_answer(call, ready ? 200 : 503, buf_slice(&body));
	buf_free(&body);
}

void
api_metrics(struct api_call *call)
{
	struct buf body;

	buf_init(&body, METRICS_TEXT_MAX);
	metrics_print(call->node, &body);
	api_answer_as(call, 200, "text/plain; version=0.0.4; charset=utf-8", buf_slice(&body));
	buf_free(&body);
}

void
api_openapi(struct api_call *call)
{
	struct buf body;

	buf_init(&body, OPENAPI_TEXT_MAX);
	openapi_print(&body);
	api_answer(call, 200, buf_slice(&body));
	buf_free(&body);
}

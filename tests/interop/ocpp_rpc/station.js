/*
 * Stations played by ocpp-rpc in strict mode, on behalf of client.py.  A line of standard input is an order, JSON
 * {n, op, station, ...}; each gets one line {n, value} or {n, error}.  What the central system asks is told in lines
 * {event: "call", station, action, payload}; what breaks the schemas in {event: "invalid", station, why}.
 */
"use strict";

const fs = require("fs");
const readline = require("readline");
const { RPCClient } = require("ocpp-rpc");

const stations = new Map();

function tell(message) {
	process.stdout.write(JSON.stringify(message) + "\n");
}

function make(order) {
	const wsOpts = { perMessageDeflate: order.compression };
	if (order.ca)
		wsOpts.ca = fs.readFileSync(order.ca);
	if (order.certificate) {
		wsOpts.cert = fs.readFileSync(order.certificate);
		wsOpts.key = fs.readFileSync(order.key);
	}
	return new RPCClient({
		endpoint: order.endpoint,
		identity: order.identity,
		password: order.password,
		protocols: order.protocols,
		// Every answer and every command is checked against the schemas the library brings.
		strictMode: order.protocols.filter((name) => name === "ocpp2.0.1"),
		reconnect: false,
		callTimeoutMs: 20000,
		wsOpts,
	});
}

async function open(order) {
	const client = make(order);
	const station = { client, answers: order.answers };

	client.handle(({ method, params }) => {
		tell({ event: "call", station: order.station, action: method, payload: params });
		return station.answers[method] ?? { status: "Accepted" };
	});
	client.on("strictValidationFailure", ({ method, error, outbound, isCall }) => {
		// Our own requests and answers are outbound; they are as much a fault of the test.
		tell({ event: "invalid", station: order.station,
			why: `${method} ${isCall ? "request" : "answer"} (${outbound ? "ours" : "theirs"}): ${error.message}` });
	});
	client.on("badMessage", ({ error }) =>
		tell({ event: "invalid", station: order.station, why: `bad message: ${error.message}` }));
	// Without a listener a close before the handshake is over would end this process.
	client.on("socketError", () => {});
	await client.connect();
	stations.set(order.station, station);
	return { protocol: client.protocol, extensions: client._ws.extensions };
}

const operations = {
	open,
	call: ({ station, action, payload }) => stations.get(station).client.call(action, payload),
	answers: ({ station, answers }) => {
		stations.get(station).answers = answers;
	},
	close: ({ station }) => stations.get(station).client.close(),
};

async function obey(order) {
	try {
		tell({ n: order.n, value: (await operations[order.op](order)) ?? null });
	} catch (error) {
		const status = error.name === "UnexpectedHttpResponse" || order.op === "open" ? error.code : undefined;
		tell({ n: order.n, error: { status, code: error.rpcErrorCode, message: String(error.message) } });
	}
}

readline.createInterface({ input: process.stdin }).on("line", (line) => obey(JSON.parse(line)))
	.on("close", () => process.exit(0));

#!/usr/bin/env node
/**
 * Asks a node the standard health question of gRPC, for the health checks of Docker and Kubernetes
 * (whose own gRPC probe knows no TLS):
 *
 *     sheaf-health HOST:PORT [SERVICE]
 *
 * Exit code 0 if it serves, 1 if not, with the reason. It trusts the authority in $SHEAF_CERTS/ca.pem
 * (/certs unless set), and shows nothing of its own: anybody may ask. Written over Node's HTTP/2 alone,
 * because it starts every few seconds on every node, and with gRPC that takes half as long again.
 */

import { readFileSync } from "node:fs";
import { connect } from "node:http2";
import { join } from "node:path";

const TIMEOUT_MS = 4000;
const SERVING = 1;
const [address = "localhost:7077", service = ""] = process.argv.slice(2);

/** A message of gRPC: no compression, its length, its bytes. */
function framed(message) {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, 5);
  return frame;
}

/** HealthCheckRequest: field 1 is the service's name. */
function request() {
  const name = Buffer.from(service);
  return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
}

/** HealthCheckResponse: field 1 is the status; undefined if there is none, which is "unknown". */
function statusOf(frames) {
  return frames[5] === 0x08 ? frames[6] : undefined;
}

function end(exitCode, words) {
  console.log(words);
  process.exit(exitCode);
}

/** Of a call that a lost connection ended, the connection's error says more. */
function failed(error) {
  end(1, `${address}: ${(error.cause ?? error).message}`);
}

const session = connect(`https://${address}`, {
  ca: readFileSync(join(process.env.SHEAF_CERTS ?? "/certs", "ca.pem")),
  // Nodes know each other by the authority and the role, not by host names.
  checkServerIdentity: () => undefined,
});
session.on("error", failed);
setTimeout(() => end(1, `${address}: no answer within ${TIMEOUT_MS} ms`), TIMEOUT_MS);

const call = session.request({
  ":method": "POST",
  ":path": "/grpc.health.v1.Health/Check",
  "content-type": "application/grpc",
  te: "trailers",
});
const chunks = [];
let trailers = {};
call.on("response", (headers) => {
  trailers = headers;
});
call.on("trailers", (headers) => {
  trailers = headers;
});
call.on("data", (chunk) => chunks.push(chunk));
call.on("error", failed);
call.on("end", () => {
  const code = trailers["grpc-status"];
  const what = service === "" ? address : `${service} at ${address}`;
  const reason = trailers["grpc-message"] ?? `gRPC status ${code}`;
  if (code !== "0") end(1, `${what}: ${decodeURIComponent(reason)}`);
  const isServing = statusOf(Buffer.concat(chunks)) === SERVING;
  end(isServing ? 0 : 1, `${what} ${isServing ? "serves" : "does not serve"}`);
});
call.end(framed(request()));

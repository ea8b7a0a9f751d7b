/**
 * One of the two processes of a transfer: `node scripts/ts.mjs bench/shuffle/transfer-node.ts PART
 * WHAT`, both as JSON. The sender says its port and sends to whoever asks; the receiver asks, counts
 * the bytes, and says how long they took.
 */

import { once } from "node:events";
import { createReadStream } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import path from "node:path";
import process from "node:process";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { attemptNumber, incarnation, jobId, taskIndex, workerName } from "../../src/base/ids.ts";
import { readCertificateFolder } from "../../src/rpc/certificates/certificate-folder.ts";
import { Channel } from "../../src/rpc/client/channel.ts";
import { fetchRegion } from "../../src/rpc/regions/fetch-region.ts";
import { REGION_SERVER_LIMITS, RegionServer } from "../../src/rpc/regions/region-server.ts";
import { RegionShelf } from "../../src/rpc/regions/region-shelf.ts";
import { RpcServer } from "../../src/rpc/server/rpc-server.ts";
import type { Part, Said, Transfer } from "./transfer.ts";

const [part, what] = process.argv.slice(2).map((word) => JSON.parse(word)) as [Part, Transfer];
const host = "127.0.0.1";
const life = incarnation("life-1");
const producer = {
  job: jobId("job-1"),
  phase: "map",
  task: taskIndex(0),
  attempt: attemptNumber(0),
} as const;
const tls = what.tls ? readCertificateFolder(what.certificates, "worker").tls : undefined;

process.once("disconnect", () => process.exit());
if (part.role === "sender") {
  say({ port: what.kind === "region" ? await serveRegion() : await serveSocket() });
} else {
  const receive = what.kind === "region" ? receiveRegion : receiveSocket;
  say({ seconds: await receive(part.port) });
  process.exit();
}

function say(said: Said): void {
  process.send!(said);
}

async function serveRegion(): Promise<number> {
  const shelf = new RegionShelf(path.dirname(what.file));
  shelf.add(producer, {
    path: path.resolve(what.file),
    lengthBytes: [what.sizeBytes],
  });
  const services = [new RegionServer(shelf, life).service()];
  const address = { host, port: 0 };
  const server = await RpcServer.listen({ address, tls, token: undefined, services });
  return server.address.port;
}

async function receiveRegion(port: number): Promise<number> {
  const channel = new Channel({ address: { host, port }, role: "worker", tls });
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: Error | null) => (error ? reject(error) : resolve());
    channel.client.waitForReady(Date.now() + 10_000, settle);
  });
  const startMs = performance.now();
  const request = {
    ...{ incarnation: life, producer, partition: 0 },
    ...{ lengthBytes: what.sizeBytes, offsetBytes: 0 },
  };
  let received = 0;
  const chunks = fetchRegion(channel, request, { worker: workerName("w1") });
  for await (const chunk of chunks) received += chunk.length;
  return checked(received, startMs);
}

/** Reads pieces as large as ours: smaller ones made it slower. */
async function serveSocket(): Promise<number> {
  const send = (socket: Socket) => {
    socket.once("data", () => {
      const highWaterMark = REGION_SERVER_LIMITS.chunkBytes;
      createReadStream(what.file, { highWaterMark, end: what.sizeBytes - 1 }).pipe(socket);
    });
  };
  const server = tls === undefined ? createServer(send) : createTlsServer({ ...tls.options }, send);
  server.listen(0, host);
  await once(server, "listening");
  return (server.address() as { port: number }).port;
}

async function receiveSocket(port: number): Promise<number> {
  const socket =
    tls === undefined
      ? connect(port, host)
      : connectTls({
          ...{ port, host, secureContext: tls.context, servername: "worker.sheaf" },
          checkServerIdentity: () => undefined,
        });
  await once(socket, tls === undefined ? "connect" : "secureConnect");
  const startMs = performance.now();
  let received = 0;
  socket.on("data", (bytes: Buffer) => {
    received += bytes.length;
  });
  socket.write("x");
  await once(socket, "end");
  return checked(received, startMs);
}

function checked(received: number, startMs: number): number {
  if (received !== what.sizeBytes) throw new Error(`${received} bytes came.`);
  return (performance.now() - startMs) / 1000;
}

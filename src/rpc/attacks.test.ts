/**
 * What a hostile peer may try on the ports of a cluster, each with its answer. After each, an honest
 * caller is served as before: an attack costs one call or one connection.
 */

import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { partialService } from "../../test/support/answering-services.ts";
import { ClusterCertificates } from "../../test/support/cluster-certificates.ts";
import { type Caller, RpcNodes } from "../../test/support/rpc-nodes.ts";
import { attemptNumber, incarnation, jobId, taskIndex } from "../base/ids.ts";
import type { Channel } from "./client/channel.ts";
import { stub } from "./client/stub.ts";
import { SessionRequest } from "./generated/sheaf/v1/worker.ts";
import { RegionServer } from "./regions/region-server.ts";
import { RegionShelf } from "./regions/region-shelf.ts";
import { Token } from "./security/token.ts";
import type { RpcServer } from "./server/rpc-server.ts";
import { clusterService } from "./services/cluster-service.ts";
import { HealthRegister } from "./services/health.ts";
import { jobService } from "./services/job-service.ts";
import { reflectionServices } from "./services/reflection.ts";
import { workerService } from "./services/worker-service.ts";

const JOB = jobId("job-1");
const LIFE = incarnation("life-1");
const LIMITS = { strangerMs: 1000, strangersMax: 64, messageBytesMax: 100_000 };

const nodes = new RpcNodes();
const certificates = new ClusterCertificates();
const folder = mkdtempSync(join(tmpdir(), "sheaf-attacks-"));
let server: RpcServer;

beforeAll(async () => {
  const path = join(folder, JOB, "map-0-0");
  mkdirSync(join(folder, JOB));
  writeFileSync(path, "region");
  const shelf = new RegionShelf(folder);
  const producer = {
    job: JOB,
    phase: "map",
    task: taskIndex(0),
    attempt: attemptNumber(0),
  } as const;
  shelf.add(producer, { path, lengthBytes: [6] });
  // One server with all services that nodes have between them.
  const services = [
    partialService(jobService, { cancelJob: async () => "cancelled" as const }),
    partialService(workerService, {
      async *session(messages) {
        for await (const { message } of messages) {
          const sequence = message.type === "pong" ? message.sequence : 0;
          yield { term: 1 as never, incarnation: LIFE, message: { type: "ping", sequence } };
        }
      },
    }),
    partialService(clusterService, {}),
    new RegionServer(shelf, LIFE).service(),
    new HealthRegister().service(),
  ];
  server = await nodes.listen([...services, ...reflectionServices(services)], {
    tls: certificates.good("master"),
    token: certificates.token,
    limits: LIMITS,
  });
});

afterAll(async () => {
  await nodes.close();
  certificates.remove();
  rmSync(folder, { recursive: true });
});

/** The server lives, and serves each role as it should. */
afterEach(async () => {
  const client = nodes.channel(server, { tls: certificates.good("client") });
  expect(await stub(jobService, client).cancelJob(JOB)).toBe("cancelled");
  client.close();
  expect(nodes.bugs).toEqual([]);
});

/** The status of a call with bytes of our own choice: gRPC itself checks nothing of them. */
async function call(
  path: string,
  request: Uint8Array,
  caller: Caller & { readonly metadata?: Metadata },
): Promise<{ code: string; details: string }> {
  const channel = nodes.channel(server, caller);
  try {
    return await statusOf(channel, path, request, caller.metadata ?? channel.metadata());
  } finally {
    channel.close();
  }
}

function statusOf(channel: Channel, path: string, request: Uint8Array, metadata: Metadata) {
  return new Promise<{ code: string; details: string }>((resolve) => {
    const stream = channel.client.makeServerStreamRequest(
      path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.from(request),
      metadata,
      { deadline: Date.now() + 10_000 },
    );
    stream.on("error", () => {});
    stream.on("data", () => {});
    stream.on("status", ({ code, details }: ServiceError) => {
      resolve({ code: status[code]!, details });
    });
  });
}

const CANCEL = "/sheaf.v1.JobService/CancelJob";
const SESSION = "/sheaf.v1.WorkerService/Session";
const FETCH = "/sheaf.v1.RegionService/FetchRegion";
const STATUS = "/sheaf.v1.ClusterService/Status";
const REFLECT = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const HEALTH = "/grpc.health.v1.Health/Check";
const cancelJob1 = Buffer.from("0a056a6f622d31", "hex");
const NOTHING = Buffer.alloc(0);

/** A session's message whose attempt is spelt by the attacker. */
function killed(attempt: { jobId?: string; phase?: number; task?: number; attempt?: number }) {
  const whole = { jobId: "job-1", phase: 2, task: 0, attempt: 0, ...attempt };
  const message = { $case: "attemptKilled", value: { attempt: whole as never } } as const;
  return SessionRequest.encode({ term: 1, incarnation: "life-1", message }).finish();
}

/** A request for a region, field by field: its numbers may be any. */
function fetchOf(
  job: string,
  numbers: { partition?: string; length?: string; offset?: string } = {},
) {
  const { partition = "00", length = "06", offset = "00" } = numbers;
  const name = Buffer.from(job);
  const ref = Buffer.concat([Buffer.of(0x0a, name.length), name, Buffer.from("1002", "hex")]);
  const head = Buffer.concat([
    Buffer.from("0a066c6966652d31", "hex"),
    Buffer.of(0x12, ref.length),
    ref,
  ]);
  return Buffer.concat([head, Buffer.from(`18${partition}20${length}28${offset}`, "hex")]);
}

const wrongToken = new Token("wrong-horse-battery-staple", "the test");

describe("a caller", () => {
  const client = () => ({ tls: certificates.good("client") });
  const worker = () => ({ tls: certificates.good("worker") });
  const master = () => ({ tls: certificates.good("master") });
  const anonymous = () => ({ tls: certificates.anonymous });
  const withToken = () => ({ tls: certificates.anonymous, token: certificates.token });
  const headers = () => {
    const metadata = new Metadata();
    for (let at = 0; at < 20; at++) metadata.set(`x-${at}`, "x".repeat(8000));
    return { ...client(), metadata };
  };
  const manyHeaders = () => {
    const metadata = new Metadata();
    for (let at = 0; at < 1000; at++) metadata.set(`x-${at}`, "x");
    return { ...client(), metadata };
  };
  const header = (value: string) => () => {
    const metadata = new Metadata();
    metadata.set("authorization", value);
    return { ...anonymous(), metadata };
  };

  test.each<[string, () => Caller & { metadata?: Metadata }, string, Uint8Array, string, RegExp]>([
    // What honest callers get, so that the refusals below mean something.
    ["a client with a certificate may call the masters", client, CANCEL, cancelJob1, "OK", /OK/],
    ["a client with the token may call the masters", withToken, CANCEL, cancelJob1, "OK", /OK/],
    ["a worker may open a session", worker, SESSION, killed({}), "OK", /OK/],
    ["a worker may fetch", worker, FETCH, fetchOf("job-1"), "OK", /OK/],
    ["anyone may ask for health", anonymous, HEALTH, NOTHING, "OK", /OK/],

    // Who calls.
    [
      "without certificate and token",
      anonymous,
      CANCEL,
      cancelJob1,
      "UNAUTHENTICATED",
      /needs the client token/,
    ],
    [
      "with a wrong token",
      () => ({ ...anonymous(), token: wrongToken }),
      CANCEL,
      cancelJob1,
      "UNAUTHENTICATED",
      /needs the client token/,
    ],
    [
      "with an empty token",
      header("Bearer "),
      CANCEL,
      cancelJob1,
      "UNAUTHENTICATED",
      /needs the client token/,
    ],
    [
      "with a token in another scheme",
      header(`Basic ${"x".repeat(40)}`),
      CANCEL,
      cancelJob1,
      "UNAUTHENTICATED",
      /needs the client token/,
    ],
    [
      "with the token, in the place of a worker",
      withToken,
      SESSION,
      killed({}),
      "UNAUTHENTICATED",
      /needs a certificate of workers/,
    ],
    [
      "with the token, fetching regions",
      withToken,
      FETCH,
      fetchOf("job-1"),
      "UNAUTHENTICATED",
      /needs a certificate of workers/,
    ],
    [
      "with a client's certificate, in the place of a worker",
      client,
      SESSION,
      killed({}),
      "PERMISSION_DENIED",
      /for workers, not for a client/,
    ],
    [
      "with a master's certificate, fetching regions",
      master,
      FETCH,
      fetchOf("job-1"),
      "PERMISSION_DENIED",
      /for workers, not for a master/,
    ],
    [
      "with a worker's certificate, submitting",
      worker,
      CANCEL,
      cancelJob1,
      "PERMISSION_DENIED",
      /for clients, not for a worker/,
    ],
    [
      "with a worker's certificate, looking around",
      worker,
      STATUS,
      NOTHING,
      "PERMISSION_DENIED",
      /for clients/,
    ],
    [
      "with an expired certificate",
      () => ({ tls: certificates.bad("expired", "client") }),
      CANCEL,
      cancelJob1,
      "UNAUTHENTICATED",
      /it has expired/,
    ],
    [
      "with an expired certificate and the token",
      () => ({ tls: certificates.bad("expired", "client"), token: certificates.token }),
      CANCEL,
      cancelJob1,
      "UNAUTHENTICATED",
      /it has expired/,
    ],
    [
      "with a certificate of another authority",
      () => ({ tls: certificates.bad("foreign", "worker") }),
      SESSION,
      killed({}),
      "UNAUTHENTICATED",
      /another authority/,
    ],
    ["asking what can be called", anonymous, REFLECT, NOTHING, "UNAUTHENTICATED", /token/],

    // What is said. A hostile worker has a certificate.
    [
      "of an unknown method",
      worker,
      "/sheaf.v1.JobService/Format",
      NOTHING,
      "UNIMPLEMENTED",
      /not implement/,
    ],
    [
      "with a message over the limit",
      worker,
      SESSION,
      Buffer.alloc(100_001),
      "RESOURCE_EXHAUSTED",
      /larger than max/,
    ],
    [
      "with garbage for a message",
      worker,
      SESSION,
      Buffer.from("sixteen tons..."),
      "INVALID_ARGUMENT",
      /Cannot read a message/,
    ],
    ["with an empty message", worker, SESSION, NOTHING, "INVALID_ARGUMENT", /incarnation/],
    [
      "with nested groups",
      worker,
      SESSION,
      Buffer.alloc(90_000, 0x0b),
      "INVALID_ARGUMENT",
      /Cannot read/,
    ],
    [
      "with an unknown phase",
      worker,
      SESSION,
      killed({ phase: 99 }),
      "INVALID_ARGUMENT",
      /phase is the unknown value 99/,
    ],
    [
      "with no phase",
      worker,
      SESSION,
      killed({ phase: 0 }),
      "INVALID_ARGUMENT",
      /phase is the unknown value 0/,
    ],
    [
      "with an absurd task",
      worker,
      SESSION,
      killed({ task: 4_000_000_000 }),
      "INVALID_ARGUMENT",
      /task is 4000000000/,
    ],
    [
      "with an absurd attempt",
      worker,
      SESSION,
      killed({ attempt: 4_000_000_000 }),
      "INVALID_ARGUMENT",
      /attempt is 4000000000/,
    ],
    [
      "with a path for a job",
      worker,
      SESSION,
      killed({ jobId: "../../etc" }),
      "INVALID_ARGUMENT",
      /job_id/,
    ],
    ["with an absolute path", worker, FETCH, fetchOf("/etc/passwd"), "INVALID_ARGUMENT", /job_id/],
    ["with a way up", worker, FETCH, fetchOf(".."), "INVALID_ARGUMENT", /job_id/],
    ["with a NUL in a name", worker, FETCH, fetchOf("job-1\0x"), "INVALID_ARGUMENT", /job_id/],
    [
      "with a name that is not there",
      worker,
      FETCH,
      fetchOf("job-2"),
      "NOT_FOUND",
      /no such output/,
    ],
    [
      "with a partition too far",
      worker,
      FETCH,
      fetchOf("job-1", { partition: "ffffffff0f" }),
      "INVALID_ARGUMENT",
      /partition/,
    ],
    [
      "with a negative offset",
      worker,
      FETCH,
      fetchOf("job-1", { offset: "ffffffffffffffffff01" }),
      "INVALID_ARGUMENT",
      /Cannot read/,
    ],
    [
      "with an offset beyond the end",
      worker,
      FETCH,
      fetchOf("job-1", { offset: "07" }),
      "INVALID_ARGUMENT",
      /offset_bytes is 7/,
    ],
    [
      "with another length",
      worker,
      FETCH,
      fetchOf("job-1", { length: "07" }),
      "NOT_FOUND",
      /has 6 bytes, not 7/,
    ],
    [
      "with huge headers",
      headers,
      CANCEL,
      cancelJob1,
      "RESOURCE_EXHAUSTED",
      /headers of the call have more than 16384 bytes/,
    ],
    ["with a thousand headers", manyHeaders, CANCEL, cancelJob1, "RESOURCE_EXHAUSTED", /./],
  ])("%s", async (_who, caller, path, request, code, details) => {
    const answer = await call(path, request, caller());
    expect(answer).toMatchObject({ code });
    expect(answer.details).toMatch(details);
    expect(`${answer.details}${nodes.troubles.join()}`).not.toMatch(/horse/);
  });

  test.each<[string, () => Caller, RegExp]>([
    ["without TLS", () => ({}), /reach 127\.0\.0\.1/],
    [
      "that trusts another authority",
      () => ({ tls: certificates.stranger }),
      /self-signed|unable|signed/,
    ],
    [
      "that looks for a worker here",
      () => ({ ...client(), role: "worker" }),
      /not that of a worker/,
    ],
  ])("%s gets no connection", async (_who, caller, words) => {
    const channel = nodes.channel(server, caller());
    const failed = stub(jobService, channel).cancelJob(JOB, { deadlineMs: 3000 });
    await expect(failed).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
    await expect(failed).rejects.toThrow(words);
  });
});

describe("a connection", () => {
  const tlsOptions = () => ({
    port: server.address.port,
    host: "127.0.0.1",
    secureContext: certificates.anonymous.context,
    checkServerIdentity: () => undefined,
    ALPNProtocols: ["h2"],
  });

  async function dial(): Promise<Socket> {
    const socket = connect(server.address.port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    return socket.resume();
  }

  /** Resolves when the other side has ended the connection. */
  const ended = (socket: Socket) =>
    new Promise<void>((resolve) => {
      if (socket.destroyed) resolve();
      socket.once("close", () => resolve());
    });

  test.each([
    ["HTTP/1.1", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"],
    ["random bytes", Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251))],
    ["zeros", Buffer.alloc(100_000)],
  ])("that brings %s is ended", async (_what, bytes) => {
    const socket = await dial();
    const end = ended(socket);
    socket.write(bytes);
    await end;
  });

  test("that brings garbage after the handshake is ended", async () => {
    const socket = connectTls(tlsOptions());
    socket.on("error", () => {});
    await once(socket, "secureConnect");
    const end = ended(socket.resume());
    socket.write(Buffer.alloc(1000, 0x7f));
    await end;
  });

  test("that speaks no HTTP/2 is ended", async () => {
    const { ALPNProtocols: _, ...options } = tlsOptions();
    const socket = connectTls(options);
    socket.on("error", () => {});
    await ended(socket.resume());
  });

  test("whose handshake comes a byte at a time is ended in time", async () => {
    const socket = await dial();
    const end = ended(socket);
    // The beginning of a handshake that announces 512 bytes more.
    const hello = Buffer.from("1603010200010001fc0303", "hex");
    let at = 0;
    const timer = setInterval(() => socket.write(hello.subarray(at, ++at)), 50);
    await end;
    clearInterval(timer);
  });

  test("that makes no call is ended in time", async () => {
    const session = connectHttp2(`https://127.0.0.1:${server.address.port}`, tlsOptions());
    session.on("error", () => {});
    await once(session, "connect");
    await once(session, "close");
  });

  test("whose request never comes is ended in time", async () => {
    const session = connectHttp2(`https://127.0.0.1:${server.address.port}`, tlsOptions());
    session.on("error", () => {});
    const stream = session.request({
      ":method": "POST",
      ":path": HEALTH,
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => {});
    await once(session, "close");
  });

  test("of an honest caller comes through while a thousand are idle, and these end", async () => {
    const sockets = await Promise.all(Array.from({ length: 1000 }, dial));
    const client = nodes.channel(server, { tls: certificates.good("client") });
    expect(await stub(jobService, client).cancelJob(JOB)).toBe("cancelled");
    expect(server.connections).toBeLessThanOrEqual(LIMITS.strangersMax + 20);
    await Promise.all(sockets.map(ended));
    expect(await stub(jobService, client).cancelJob(JOB)).toBe("cancelled");
  });
});

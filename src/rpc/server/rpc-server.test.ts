/**
 * Calls from client to server over real sockets: what arrives, what ends them, and who may make them.
 */

import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { partialService } from "../../../test/support/answering-services.ts";
import { RpcNodes } from "../../../test/support/rpc-nodes.ts";
import { SheafError } from "../../base/error.ts";
import {
  attemptNumber,
  incarnation,
  jobId,
  memberId,
  taskIndex,
  term,
  workerName,
} from "../../base/ids.ts";
import { stub } from "../client/stub.ts";
import { Status } from "../generated/google/rpc/status.ts";
import { OutgoingQueue } from "../outgoing-queue.ts";
import { Token } from "../security/token.ts";
import { HealthRegister, healthService } from "../services/health.ts";
import { jobService } from "../services/job-service.ts";
import { reflectionService, reflectionServices } from "../services/reflection.ts";
import { workerService } from "../services/worker-service.ts";
import { leaderOf, notLeader } from "../status.ts";
import type { AnyAttemptRef } from "../wire/attempt.ts";
import type { FromMaster } from "../wire/from-master.ts";
import type { FromWorker } from "../wire/from-worker.ts";

const nodes = new RpcNodes();
afterEach(() => nodes.close());

const JOB = jobId("job-1");
const attempt: AnyAttemptRef = {
  job: JOB,
  phase: "map",
  task: taskIndex(3),
  attempt: attemptNumber(0),
};

/** A promise and what settles it. */
function signal<T = void>() {
  let settle!: (value: T) => void;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}

describe("a unary call", () => {
  test("brings an answer", async () => {
    const server = await nodes.listen([
      partialService(jobService, {
        cancelJob: async (job) => (job === JOB ? "cancelled" : "failed"),
      }),
    ]);
    const jobs = stub(jobService, nodes.channel(server));
    expect(await jobs.cancelJob(JOB)).toBe("cancelled");
  });

  test("brings an expected failure as it was", async () => {
    const words = 'There is no job "job-1": nothing of it is left. 🦀 \ud800';
    const server = await nodes.listen([
      partialService(jobService, {
        cancelJob: async () => {
          throw new SheafError("NOT_FOUND", words);
        },
      }),
    ]);
    const failed = stub(jobService, nodes.channel(server)).cancelJob(JOB);
    await expect(failed).rejects.toMatchObject({
      name: "SheafError",
      code: "NOT_FOUND",
      message: words.replace("\ud800", "\ufffd"),
    });
  });

  test("tells of the leader at a follower", async () => {
    const leader = { member: memberId(2), address: "10.0.0.2:7077", term: term(9) };
    const server = await nodes.listen([
      partialService(jobService, {
        cancelJob: async () => {
          throw notLeader(leader);
        },
      }),
    ]);
    const failed = await stub(jobService, nodes.channel(server))
      .cancelJob(JOB)
      .catch((it) => it);
    expect(failed.message).toContain("10.0.0.2:7077");
    expect(leaderOf(failed)).toEqual(leader);
    // What clients in other languages go by.
    const [trailer] = failed.cause.metadata.get("grpc-status-details-bin");
    expect(Status.decode(trailer)).toMatchObject({ code: 9, message: failed.message });
  });

  test("tells nothing of a bug, which the server hears of", async () => {
    const bug = new TypeError("secret");
    const server = await nodes.listen([
      partialService(jobService, {
        cancelJob: async () => {
          throw bug;
        },
      }),
    ]);
    const failed = stub(jobService, nodes.channel(server)).cancelJob(JOB);
    await expect(failed).rejects.toThrow(/a bug of its own/);
    expect(nodes.bugs).toContain(bug);
  });

  test("ends at its deadline, and the handler is told", async () => {
    const gone = signal();
    const server = await nodes.listen([
      partialService(jobService, {
        cancelJob: (_job, call) =>
          new Promise(() => call.signal.addEventListener("abort", () => gone.settle())),
      }),
    ]);
    const failed = stub(jobService, nodes.channel(server)).cancelJob(JOB, { deadlineMs: 50 });
    await expect(failed).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
    await gone.promise;
  });

  test("ends when its caller aborts it", async () => {
    const begun = signal();
    const server = await nodes.listen([
      partialService(jobService, {
        cancelJob: () => {
          begun.settle();
          return new Promise(() => {});
        },
      }),
    ]);
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const failed = stub(jobService, nodes.channel(server)).cancelJob(JOB, options);
    await begun.promise;
    controller.abort(new Error("enough"));
    await expect(failed).rejects.toThrow("enough");
  });

  test("fails at once where nobody listens, and works when somebody does again", async () => {
    const services = [partialService(jobService, { cancelJob: async () => "cancelled" as const })];
    const first = await nodes.listen(services);
    const limits = { reconnectMsMin: 10, reconnectMsMax: 20 };
    const jobs = stub(jobService, nodes.channel(first, { limits }));
    expect(await jobs.cancelJob(JOB)).toBe("cancelled");
    await first.close(0);
    await expect(jobs.cancelJob(JOB)).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
    await nodes.listen(services, { address: first.address });
    await expect.poll(() => jobs.cancelJob(JOB).catch(() => "failed")).toBe("cancelled");
  });
});

describe("a stream of answers", () => {
  const piece = { attempt, worker: workerName("w1") };
  const request = { job: JOB, phase: undefined, task: undefined, follow: true };

  test("comes in order and ends", async () => {
    const server = await nodes.listen([
      partialService(jobService, {
        async *readLogs() {
          for (let line = 0; line < 100; line++) yield { ...piece, text: `${line}` };
        },
      }),
    ]);
    const lines: string[] = [];
    for await (const { text } of stub(jobService, nodes.channel(server)).readLogs(request)) {
      lines.push(text);
    }
    expect(lines).toEqual(Array.from({ length: 100 }, (_, line) => `${line}`));
  });

  test("goes no faster than its reader", async () => {
    let made = 0;
    const ended = signal();
    const server = await nodes.listen([
      partialService(jobService, {
        async *readLogs() {
          try {
            for (; made < 1000; made++) yield { ...piece, text: "x".repeat(1024 * 1024) };
          } finally {
            ended.settle();
          }
        },
      }),
    ]);
    const limits = { flowWindowBytes: 1024 * 1024 };
    const logs = stub(jobService, nodes.channel(server, { limits })).readLogs(request);
    for (let read = 1; read <= 100; read++) {
      await logs.next();
      // What is under way: at the server, in sockets, in the flow-control window, at the client.
      expect(made - read).toBeLessThan(40);
    }
    await logs.return(undefined);
    await ended.promise;
    expect(made).toBeLessThan(160);
  });

  test("ends with the failure that ends its source", async () => {
    const server = await nodes.listen([
      partialService(jobService, {
        async *readLogs() {
          yield { ...piece, text: "one" };
          throw new SheafError("INPUT_UNREADABLE", "The disk is on fire.");
        },
      }),
    ]);
    const logs = stub(jobService, nodes.channel(server)).readLogs(request);
    expect((await logs.next()).value).toEqual({ ...piece, text: "one" });
    await expect(logs.next()).rejects.toMatchObject({
      code: "INPUT_UNREADABLE",
      message: "The disk is on fire.",
    });
  });

  test("fails when the server goes away", async () => {
    const server = await nodes.listen([
      partialService(jobService, {
        async *readLogs(_request, call) {
          yield { ...piece, text: "one" };
          await once(call.signal, "abort");
        },
      }),
    ]);
    const logs = stub(jobService, nodes.channel(server)).readLogs(request);
    await logs.next();
    await server.close(0);
    await expect(logs.next()).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
  });
});

describe("a stream of requests", () => {
  const header = { kind: "header", hash: "ab".repeat(32), sizeBytes: 3 } as const;

  test("arrives in order, and is answered at its end", async () => {
    const kinds: string[] = [];
    const server = await nodes.listen([
      partialService(jobService, {
        async putBundle(pieces) {
          for await (const { kind } of pieces) kinds.push(kind);
          return undefined;
        },
      }),
    ]);
    async function* pieces() {
      yield header;
      yield { kind: "data", data: Buffer.from("abc") } as const;
    }
    await stub(jobService, nodes.channel(server)).putBundle(pieces());
    expect(kinds).toEqual(["header", "data"]);
  });

  test("is refused in its midst, and its source is left alone", async () => {
    const server = await nodes.listen([
      partialService(jobService, {
        async putBundle(pieces) {
          for await (const piece of pieces) {
            throw new SheafError("NO_SPACE", `No space for a ${piece.kind}.`);
          }
        },
      }),
    ]);
    async function* pieces() {
      yield header;
      for (;;) yield { kind: "data", data: Buffer.alloc(1024) } as const;
    }
    const failed = stub(jobService, nodes.channel(server)).putBundle(pieces());
    await expect(failed).rejects.toMatchObject({ code: "NO_SPACE" });
  });

  test("is ended when the next request does not come", async () => {
    const slow = { ...jobService.methods.putBundle, requestTimeoutMs: 50 };
    const contract = { ...jobService, methods: { ...jobService.methods, putBundle: slow } };
    const server = await nodes.listen([
      partialService(contract, {
        async putBundle(pieces) {
          for await (const _ of pieces);
        },
      }),
    ]);
    const pieces = new OutgoingQueue<typeof header>(1);
    pieces.push(header);
    const failed = stub(jobService, nodes.channel(server)).putBundle(pieces);
    await expect(failed).rejects.toMatchObject({ code: "LIMIT_REACHED" });
    pieces.end();
  });
});

describe("a session", () => {
  test("carries both directions in order, each at its own pace", async () => {
    const server = await nodes.listen([
      partialService(workerService, {
        async *session(messages) {
          for await (const { message, incarnation } of messages) {
            if (message.type !== "pong") continue;
            yield {
              term: term(1),
              incarnation,
              message: { type: "ping", sequence: message.sequence },
            };
          }
        },
      }),
    ]);
    const outgoing = new OutgoingQueue<FromWorker>(1000);
    const answers = stub(workerService, nodes.channel(server)).session(outgoing);
    for (let sequence = 0; sequence < 1000; sequence++) {
      const message = { type: "pong", sequence } as const;
      outgoing.push({ term: term(1), incarnation: incarnation("i1"), message });
    }
    outgoing.end();
    const sequences: number[] = [];
    for await (const { message } of answers) {
      if (message.type === "ping") sequences.push(message.sequence);
    }
    expect(sequences).toEqual(Array.from({ length: 1000 }, (_, sequence) => sequence));
  });

  test("ends at the server when the worker is gone", async () => {
    const ended = signal<unknown>();
    const server = await nodes.listen([
      partialService(workerService, {
        async *session(messages) {
          try {
            yield {
              term: term(1),
              incarnation: incarnation("i1"),
              message: { type: "ping", sequence: 1 },
            };
            for await (const _ of messages);
          } catch (thrown) {
            ended.settle(thrown);
            throw thrown;
          }
        },
      }),
    ]);
    const channel = nodes.channel(server);
    const outgoing = new OutgoingQueue<FromWorker>(1);
    const answers: AsyncGenerator<FromMaster> = stub(workerService, channel).session(outgoing);
    await answers.next();
    await answers.return(undefined);
    outgoing.end();
    expect(await ended.promise).toMatchObject({ code: "CANCELLED" });
  });
});

describe("the client token", () => {
  const token = new Token("correct-horse-battery", "the test");
  const services = [partialService(jobService, { cancelJob: async () => "cancelled" as const })];

  test("opens a server that has one", async () => {
    const server = await nodes.listen(services, { token });
    expect(await stub(jobService, nodes.channel(server, { token })).cancelJob(JOB)).toBe(
      "cancelled",
    );
  });

  test.each([
    ["none", undefined],
    ["another", new Token("wrong-horse-battery-staple", "the test")],
  ])("is needed, and %s is refused", async (_which, wrong) => {
    const server = await nodes.listen(services, { token });
    const channel = nodes.channel(server, wrong && { token: wrong });
    const failed = stub(jobService, channel).cancelJob(JOB);
    await expect(failed).rejects.toMatchObject({ code: "ACCESS_DENIED" });
    expect(nodes.troubles.join()).not.toMatch(/horse/);
  });
});

describe("the standard services", () => {
  test("tell the health of a server, and when it changes", async () => {
    const register = new HealthRegister();
    const server = await nodes.listen([register.service()]);
    const health = stub(healthService, nodes.channel(server));
    expect(await health.check("")).toBe("serving");
    await expect(health.check("sheaf.v1.JobService")).rejects.toMatchObject({ code: "NOT_FOUND" });
    const watch = health.watch("sheaf.v1.JobService");
    expect((await watch.next()).value).toBe("unknown-service");
    register.set("sheaf.v1.JobService", "not-serving");
    expect((await watch.next()).value).toBe("not-serving");
    register.set("sheaf.v1.JobService", "serving");
    expect((await watch.next()).value).toBe("serving");
    await watch.return(undefined);
  });

  test("tell what can be called", async () => {
    const jobs = partialService(jobService, {});
    const server = await nodes.listen([jobs, ...reflectionServices([jobs])]);
    const reflection = stub(reflectionService, nodes.channel(server));
    async function* questions() {
      yield { host: "", messageRequest: { $case: "listServices", value: "" } } as const;
      const value = "sheaf.v1.JobService.SubmitJob";
      yield { host: "", messageRequest: { $case: "fileContainingSymbol", value } } as const;
      yield {
        host: "",
        messageRequest: { $case: "fileByFilename", value: "/etc/passwd" },
      } as const;
    }
    const answers = [];
    for await (const { messageResponse } of reflection.serverReflectionInfo(questions())) {
      answers.push(messageResponse);
    }
    expect(answers[0]).toMatchObject({
      value: {
        service: [
          { name: "grpc.reflection.v1.ServerReflection" },
          { name: "grpc.reflection.v1alpha.ServerReflection" },
          { name: "sheaf.v1.JobService" },
        ],
      },
    });
    expect(answers[1]).toMatchObject({ $case: "fileDescriptorResponse" });
    expect(answers[2]).toMatchObject({ $case: "errorResponse", value: { errorCode: 5 } });
  });
});

describe("connections", () => {
  test("of strangers end when they make no call", async () => {
    const server = await nodes.listen([], { limits: { strangerMs: 50 } });
    const socket = connect(server.address.port, "127.0.0.1").resume();
    await once(socket, "close");
    await expect.poll(() => server.connections).toBe(0);
  });

  test("of strangers make way for others when there are too many", async () => {
    const services = [partialService(jobService, { cancelJob: async () => "cancelled" as const })];
    const server = await nodes.listen(services, { limits: { strangersMax: 5 } });
    const welcome = nodes.channel(server);
    await stub(jobService, welcome).cancelJob(JOB);
    const first = connect(server.address.port, "127.0.0.1").resume();
    const hasClosed = once(first, "close");
    await once(first, "connect");
    const others = Array.from({ length: 5 }, () =>
      connect(server.address.port, "127.0.0.1").resume(),
    );
    await hasClosed;
    expect(await stub(jobService, welcome).cancelJob(JOB)).toBe("cancelled");
    expect(await stub(jobService, nodes.channel(server)).cancelJob(JOB)).toBe("cancelled");
    for (const socket of others) socket.destroy();
  });

  test("beyond the most are turned away", async () => {
    const server = await nodes.listen([], { limits: { connectionsMax: 1 } });
    const first = connect(server.address.port, "127.0.0.1").resume();
    await once(first, "connect");
    const second = connect(server.address.port, "127.0.0.1").resume();
    await once(second, "close");
    expect(first.destroyed).toBe(false);
    first.destroy();
  });

  test("to a port that is taken fail with words", async () => {
    const server = await nodes.listen([]);
    await expect(nodes.listen([], { address: server.address })).rejects.toMatchObject({
      code: "USAGE",
      message: `Cannot listen on ${server.addressText}: another process listens there.`,
    });
  });
});

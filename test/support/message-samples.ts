/**
 * Arbitrary messages of the cluster, within the bounds that are checked, for property tests.
 */

import fc from "fast-check";
import type {
  AttemptNumber,
  Incarnation,
  JobId,
  MemberId,
  TaskIndex,
  Term,
  WorkerName,
} from "../../src/base/ids.ts";
import { type Counters, TASK_COUNTERS } from "../../src/job/counters.ts";
import type { BadRecord, Failure } from "../../src/job/failure.ts";
import type { InputFile, Split } from "../../src/job/input/input.ts";
import type { JobEvent, PhaseProgress } from "../../src/job/report.ts";
import type { Message } from "../../src/raft/message.ts";
import type { AnyAttemptRef, LeaderHint } from "../../src/rpc/wire/attempt.ts";
import type { ClusterStatus } from "../../src/rpc/wire/cluster.ts";
import type { NumberedEvent } from "../../src/rpc/wire/event.ts";
import type { FromMaster, MasterMessage } from "../../src/rpc/wire/from-master.ts";
import type { FromWorker, WorkerMessage } from "../../src/rpc/wire/from-worker.ts";
import type { JobReport, JobSummary, Submission } from "../../src/rpc/wire/job.ts";
import type { SaidMessage } from "../../src/rpc/wire/raft.ts";
import { columnsOf, type RegionSize, type RegionSource } from "../../src/rpc/wire/region.ts";
import type { RegionRequest } from "../../src/rpc/wire/region-calls.ts";
import type { ReportedResult } from "../../src/rpc/wire/result.ts";
import type { Assignment, JobSetup } from "../../src/rpc/wire/task.ts";

const safe = fc.maxSafeNat();
const nat = (max: number) => fc.nat({ max });
/** Well-formed Unicode, as all text on the wire is. */
const words = fc.string({ unit: "grapheme", maxLength: 30 });
const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((it) => Buffer.from(it).toString("hex"));
const bytes = fc.uint8Array({ maxLength: 20 });
const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 4 });
const maybe = <T>(item: fc.Arbitrary<T>) => fc.option(item, { nil: undefined });

export const anyId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/);
const job = anyId as fc.Arbitrary<JobId & string>;
const worker = anyId as fc.Arbitrary<WorkerName & string>;
const incarnation = anyId as fc.Arbitrary<Incarnation & string>;
const term = safe as fc.Arbitrary<Term & number>;
const member = fc.integer({ min: 1, max: 2 ** 32 - 1 }) as fc.Arbitrary<MemberId & number>;
const task = nat(999_999) as fc.Arbitrary<TaskIndex & number>;
const attemptNumber = nat(1000) as fc.Arbitrary<AttemptNumber & number>;
const phase = fc.constantFrom("map", "reduce");
const address = fc.oneof(
  fc
    .tuple(fc.domain(), fc.integer({ min: 1, max: 65_535 }))
    .map(([host, port]) => `${host}:${port}`),
  fc.constantFrom("127.0.0.1:7077", "[::1]:7078", "worker_1.internal:1"),
);
const leader: fc.Arbitrary<LeaderHint> = fc.record({ member, address: maybe(address), term });

export const attempt: fc.Arbitrary<AnyAttemptRef> = fc.record({
  job,
  phase: fc.constantFrom("sample", "map", "reduce"),
  task,
  attempt: attemptNumber,
});

const userCounters = fc
  .dictionary(fc.oneof(words, fc.constant("__proto__")), fc.maxSafeInteger(), { maxKeys: 4 })
  .map((it) => Object.fromEntries(Object.entries(it)));
const counters = fc.record({
  task: fc.record(Object.fromEntries(TASK_COUNTERS.map((name) => [name, safe]))),
  user: userCounters,
}) as fc.Arbitrary<Counters>;

const origin = fc.record({ ordinal: safe, file: words, offset: safe, excerpt: words });
const failure: fc.Arbitrary<Failure> = fc.record({
  kind: fc.constantFrom("failed", "lost"),
  code: fc.constantFrom("USER_CODE", "NO_SPACE", "REGION_UNAVAILABLE"),
  message: words,
  stack: words,
  codeFrame: maybe(words),
  record: maybe(origin),
  logTail: words,
});
const bad: fc.Arbitrary<BadRecord> = fc.record({
  phase,
  task,
  file: words,
  offset: safe,
  record: words,
  error: words,
});

const region: fc.Arbitrary<RegionSize> = fc
  .tuple(
    nat(10_000),
    safe.map((it) => it + 1),
    fc.boolean(),
  )
  .map(([records, lengthBytes, isEmpty]) => {
    if (isEmpty || records === 0) return { lengthBytes: 0, records: 0, blockBytesMax: 0 };
    const length = Math.min(Math.max(lengthBytes, records), 2 ** 40);
    return { lengthBytes: length, records, blockBytesMax: Math.min(length, 65_544) };
  });

const file = fc.record(
  {
    path: fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
    name: words,
    index: nat(9_999_999),
    sizeBytes: safe,
    modifiedMs: fc.double({ noNaN: true, noDefaultInfinity: true }).map((it) => it + 0),
    compression: fc.constantFrom("none", "gzip", "zstd"),
    etag: words,
  },
  { requiredKeys: ["path", "name", "index", "sizeBytes", "modifiedMs", "compression"] },
) as fc.Arbitrary<InputFile>;

/** A file that comes twice is one object, as the engine has it. */
const split: fc.Arbitrary<Split> = fc
  .tuple(
    nat(999_999),
    fc.array(file, { minLength: 1, maxLength: 3 }),
    list(fc.tuple(safe, safe, safe, maybe(safe))),
    safe,
  )
  .map(([index, files, picks, sizeBytes]) => ({
    index,
    sizeBytes,
    segments: picks.map(([pick, a, b, run]) => {
      const it = files[pick % files.length]!;
      const [start, end] = [a % (it.sizeBytes + 1), b % (it.sizeBytes + 1)].sort((x, y) => x - y);
      const piece = { file: it, start: start!, end: end! };
      return run === undefined ? piece : { ...piece, run: { records: run, blockBytesMax: a } };
    }),
  }));

const upload = fc.record({
  uploadId: words,
  isOnly: fc.boolean(),
  pieces: list(fc.record({ number: fc.integer({ min: 1, max: 10_000 }), etag: words })),
});

const result = fc.record({
  counters,
  spills: safe,
  bad: list(bad),
  skipped: safe,
  lastSkipped: maybe(failure),
  log: words,
  leftRunning: list(words),
  output: fc.oneof(
    fc.record({ kind: fc.constant("sample"), boundaries: list(bytes) }),
    list(region).map((regions) => ({ kind: "map", regions: columnsOf(regions) })),
    fc.record({
      kind: fc.constant("part"),
      part: fc.record(
        { bytes: safe, records: safe, crc32: hex(4), upload },
        { requiredKeys: ["bytes", "records", "crc32"] },
      ),
    }),
    fc.record({ kind: fc.constant("step"), run: region }),
  ),
}) as fc.Arbitrary<ReportedResult>;

const workerMessage = fc.oneof(
  fc.record({
    type: fc.constant("register"),
    worker,
    regionAddress: address,
    slots: fc.integer({ min: 1, max: 1024 }),
    slotMemoryBytes: fc.integer({ min: 16 * 2 ** 20, max: 16 * 2 ** 30 }),
    host: words,
    rack: words,
    version: words,
    running: list(attempt),
    ended: list(attempt),
    jobs: list(job),
  }),
  fc.record({ type: fc.constant("pong"), sequence: safe }),
  fc.record({
    type: fc.constant("progress"),
    attempts: list(fc.record({ attempt, records: safe, bytes: safe, spills: safe })),
  }),
  fc.record({ type: fc.constant("attempt-succeeded"), attempt, result }),
  fc.record({ type: fc.constant("attempt-failed"), attempt, failure, fatal: fc.boolean() }),
  fc.record({ type: fc.constant("attempt-killed"), attempt }),
  fc.record({
    type: fc.constant("fetch-failed"),
    attempt,
    producer: attempt,
    worker,
    workerIncarnation: incarnation,
    reason: fc.constantFrom("unreachable", "gone", "timeout", "length", "corrupt", "refused"),
    message: words,
  }),
  fc.constant({ type: "leaving" }),
) as fc.Arbitrary<WorkerMessage>;

export const fromWorker: fc.Arbitrary<FromWorker> = fc.record({
  term,
  incarnation,
  message: workerMessage,
});

const environment = fc.dictionary(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,9}$/), words, {
  maxKeys: 3,
  noNullPrototype: true,
});

const setup: fc.Arbitrary<JobSetup> = fc.record({
  job,
  bundle: hex(32),
  step: nat(100),
  params: bytes,
  environment,
  partitions: fc.integer({ min: 1, max: 100_000 }),
  mapTasks: nat(1_000_000),
  previous: userCounters,
  output: fc.constantFrom("part", "step"),
  outputPath: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 30 }),
  taskTimeoutMs: fc.integer({ min: 1, max: 86_400_000 }),
  memoryBytesMax: maybe(fc.integer({ min: 1, max: 16 * 2 ** 30 })),
});

const assignment: fc.Arbitrary<Assignment> = fc
  .record({
    attempt,
    skip: list(fc.record({ ordinal: safe, error: words })),
    skipsLeft: safe,
    task: fc.oneof(
      fc.record({ kind: fc.constant("map"), split }),
      fc.record({
        kind: fc.constant("reduce"),
        passThrough: fc.boolean(),
        upload: maybe(fc.record({ bucket: anyId, key: anyId })),
        input: maybe(split),
      }),
      fc.record({
        kind: fc.constant("sample"),
        windows: list(fc.record({ split, stride: fc.integer({ min: 1, max: 2 ** 32 - 1 }) })),
      }),
    ),
  })
  .map((it) => ({ ...it, attempt: { ...it.attempt, phase: it.task.kind } }) as Assignment);

const source: fc.Arbitrary<RegionSource> = fc.record({ worker, incarnation, address });
const locations = fc
  .tuple(
    fc.array(source, { minLength: 1, maxLength: 2 }),
    list(fc.tuple(task, attemptNumber, safe, region)),
  )
  .map(([sources, picks]) =>
    picks.map(([mapTask, mapAttempt, pick, it]) => ({
      mapTask,
      mapAttempt,
      source: sources[pick % sources.length]!,
      region: it,
    })),
  );

const masterMessage = fc.oneof(
  fc.record({
    type: fc.constant("registered"),
    pingIntervalMs: fc.integer({ min: 1, max: 3_600_000 }),
    pingTimeoutMs: fc.integer({ min: 1, max: 3_600_000 }),
  }),
  fc.record({
    type: fc.constant("refused"),
    reason: fc.constantFrom("not-leader", "version", "superseded", "full", "lost"),
    message: words,
    leader: maybe(leader),
  }),
  fc.record({ type: fc.constant("ping"), sequence: safe }),
  fc.record({ type: fc.constant("job-setup"), setup }),
  fc.record({ type: fc.constant("boundaries"), job, keys: list(bytes) }),
  fc.record({ type: fc.constant("assign"), assignment }),
  fc.record({
    type: fc.constant("kill"),
    attempt,
    reason: fc.constantFrom("lost-race", "job-ended", "unknown-attempt", "timeout"),
  }),
  fc.record({
    type: fc.constant("region-locations"),
    job,
    partition: nat(99_999),
    locations,
  }),
  fc.record({
    type: fc.constant("lost-regions"),
    job,
    regions: list(fc.record({ mapTask: task, mapAttempt: attemptNumber })),
  }),
  fc.record({ type: fc.constant("recorded"), attempts: list(attempt) }),
  fc.record({ type: fc.constant("forget-job"), job }),
) as fc.Arbitrary<MasterMessage>;

export const fromMaster: fc.Arbitrary<FromMaster> = fc.record({
  term,
  incarnation,
  message: masterMessage,
});

export const submission: fc.Arbitrary<Submission> = fc.record({
  submission: fc.stringMatching(/^[a-z0-9]{16,40}$/),
  spec: fc.record({
    name: words,
    bundle: hex(32),
    inputs: list(fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 })),
    output: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 30 }),
    overwrite: fc.boolean(),
    params: bytes,
    environment,
    partitions: maybe(fc.integer({ min: 1, max: 100_000 })),
    splitBytes: maybe(fc.integer({ min: 1024 })),
    memoryBytes: maybe(fc.integer({ min: 16 * 2 ** 20, max: 16 * 2 ** 30 })),
    skipBadRecords: maybe(safe),
    taskTimeoutMs: maybe(fc.integer({ min: 100, max: 86_400_000 })),
    attemptsMax: maybe(fc.integer({ min: 1, max: 100 })),
    priority: fc.integer({ min: -100, max: 100 }),
    slowStart: maybe(fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs)),
  }),
});

const label = { step: nat(99), iteration: nat(99) };
const phaseProgress: fc.Arbitrary<PhaseProgress> = fc.record({
  tasks: nat(1_000_000),
  running: nat(1000),
  completed: nat(1_000_000),
  records: safe,
  bytes: safe,
  bytesTotal: safe,
  spills: nat(1000),
  retries: nat(1000),
  skippedRecords: nat(1000),
});
const part = fc.record({
  name: fc.stringMatching(/^part-[0-9]{5}$/),
  records: safe,
  bytes: safe,
  crc32: hex(4),
});
const attemptEnded = fc.record({
  type: fc.constant("attempt-failed" as const),
  ...label,
  phase,
  task,
  attempt: attemptNumber,
  failure,
  retry: fc.boolean(),
});
const ended = fc.oneof(
  fc.record({
    type: fc.constant("job-ended" as const),
    ok: fc.constant(true),
    result: fc.record({
      output: words,
      parts: list(part),
      counters,
      steps: list(fc.record({ ...label, counters })),
      skippedRecords: safe,
      elapsedMs: safe,
    }),
  }),
  fc.record({
    type: fc.constant("job-ended" as const),
    ok: fc.constant(false),
    error: fc.record({ code: words, message: words }),
  }),
);
const jobEvent = fc.oneof(
  fc.record({ type: fc.constant("warning"), message: words }),
  fc.record({
    type: fc.constant("job-started"),
    job: words,
    files: safe,
    inputBytes: safe,
    partitions: nat(100_000),
    slots: nat(10_000),
    steps: nat(100),
  }),
  fc.record({
    type: fc.constant("step-started"),
    ...label,
    mapTasks: nat(1_000_000),
    reduceTasks: nat(100_000),
    inputBytes: safe,
  }),
  fc.record({
    type: fc.constant("progress"),
    ...label,
    elapsedMs: safe,
    map: phaseProgress,
    reduce: phaseProgress,
  }),
  attemptEnded,
  fc.record({ type: fc.constant("step-ended"), ...label, counters, elapsedMs: safe }),
  ended,
) as fc.Arbitrary<JobEvent>;

export const event: fc.Arbitrary<NumberedEvent> = fc
  .record({
    sequence: safe.map((it) => Math.max(1, it)),
    timeMs: safe,
    event: jobEvent,
    worker: maybe(worker),
  })
  .map((it) => (it.event.type === "attempt-failed" ? it : { ...it, worker: undefined }));

export const summary: fc.Arbitrary<JobSummary> = fc.record({
  job,
  name: words,
  state: fc.constantFrom("pending", "running", "succeeded", "failed", "cancelled"),
  submittedMs: safe,
  endedMs: maybe(safe),
  priority: fc.integer({ min: -100, max: 100 }),
  map: phaseProgress,
  reduce: phaseProgress,
  runningAttempts: nat(10_000),
  output: words,
});

export const report: fc.Arbitrary<JobReport> = fc.record({
  summary,
  step: fc.record(label),
  running: list(
    fc.record({
      attempt,
      worker,
      elapsedMs: safe,
      records: safe,
      bytes: safe,
      isBackup: fc.boolean(),
    }),
  ),
  failures: list(
    fc.tuple(attemptEnded, maybe(worker)).map(([it, where]) => ({ ...it, worker: where })),
  ),
  ended: maybe(ended),
  lastSequence: safe,
});

export const clusterStatus: fc.Arbitrary<ClusterStatus> = fc.record({
  leader: maybe(member),
  term,
  members: list(
    fc.record({
      member,
      address,
      role: fc.constantFrom("unknown", "leader", "follower", "candidate", "learner"),
      isReachable: fc.boolean(),
      matchIndex: safe,
    }),
  ),
  workers: list(
    fc.record({
      worker,
      incarnation,
      address,
      state: fc.constantFrom("live", "suspect", "lost", "excluded"),
      slots: nat(1024),
      running: nat(1024),
      silentMs: safe,
      host: words,
      rack: words,
      reason: words,
    }),
  ),
  version: words,
  lastIndex: safe,
  commitIndex: safe,
  snapshotIndex: safe,
});

export const regionRequest: fc.Arbitrary<RegionRequest> = fc
  .record({
    incarnation,
    producer: attempt.filter((it) => it.phase !== "sample"),
    partition: nat(99_999),
    lengthBytes: safe.map((it) => Math.max(1, it)),
    offsetBytes: safe,
  })
  .map((it) => ({ ...it, offsetBytes: it.offsetBytes % it.lengthBytes }));

const count = nat(2 ** 31 - 1);
const raftTerm = fc.integer({ min: 1, max: 1000 });
/** Of an entry in a log, or before the first. */
const logPlace = fc
  .tuple(fc.boolean(), fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 1000 }))
  .map(([isEmpty, index, inTerm]) => (isEmpty ? { index: 0, term: 0 } : { index, term: inTerm }));
const recovering = maybe(count);
const memberIds = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 3 });

const raftBody = fc.oneof(
  fc.record({ type: fc.constant("pre-vote-request"), last: logPlace, attempt: count }),
  fc.record({ type: fc.constant("pre-vote-response"), attempt: count, granted: fc.boolean() }),
  fc.record({ type: fc.constant("vote-request"), last: logPlace, transfer: fc.boolean() }),
  fc.record({ type: fc.constant("vote-response"), granted: fc.boolean() }),
  fc.record({
    type: fc.constant("append"),
    prev: logPlace,
    datas: list(fc.tuple(fc.constantFrom("command", "no-op"), bytes)),
    commitIndex: count,
  }),
  fc.record({ type: fc.constant("append-accepted"), recovering, matchIndex: count }),
  fc.record({
    type: fc.constant("append-rejected"),
    recovering,
    rejectedIndex: count,
    hint: logPlace,
  }),
  fc.record({
    type: fc.constant("heartbeat"),
    commitIndex: count,
    readRound: count,
    recovery: maybe(fc.record({ id: count, index: count })),
  }),
  fc.record({
    type: fc.constant("heartbeat-response"),
    recovering,
    matchIndex: count,
    readRound: count,
    recoveryId: recovering,
  }),
  fc.record({ type: fc.constant("newer-term") }),
  fc.record({
    type: fc.constant("snapshot-chunk"),
    snapshot: fc
      .tuple(memberIds, fc.integer({ min: 1, max: 2 ** 40 }), count)
      .map(([ids, index, checksum]) => ({
        meta: { index, term: 1, membership: { voters: ids.sort((a, b) => a - b), learners: [] } },
        sizeBytes: 100,
        checksum,
      })),
    offset: nat(80),
    data: bytes,
  }),
  fc.record({
    type: fc.constant("snapshot-progress"),
    recovering,
    snapshotIndex: count,
    checksum: count,
    receivedBytes: count,
    isGap: fc.boolean(),
  }),
  fc.record({ type: fc.constant("timeout-now") }),
  fc.record({ type: fc.constant("read-request"), requestId: count }),
  fc.record({ type: fc.constant("read-response"), requestId: count, readIndex: maybe(count) }),
);

/** Messages that the consensus core takes. */
export const raftMessage: fc.Arbitrary<Message> = fc
  .tuple(member, member, raftTerm, raftBody)
  .map(([from, to, inTerm, body]) => {
    const { last, prev, hint, datas, ...rest } = body as Record<string, unknown> as {
      last?: { index: number; term: number };
      prev?: { index: number; term: number };
      hint?: { index: number; term: number };
      datas?: readonly (readonly [string, Uint8Array])[];
    };
    const entries = datas?.map(([kind, data], at) => ({
      index: prev!.index + 1 + at,
      term: Math.max(prev!.term, 1),
      kind,
      data,
    }));
    return {
      from,
      to,
      term: 1000 + inTerm,
      ...rest,
      ...(last && { lastIndex: last.index, lastTerm: last.term }),
      ...(prev && { prevIndex: prev.index, prevTerm: prev.term, entries }),
      ...(hint && { hintIndex: hint.index, hintTerm: hint.term }),
    } as unknown as Message;
  });

export const saidMessage: fc.Arbitrary<SaidMessage> = fc.record({
  message: raftMessage,
  address: maybe(address),
});

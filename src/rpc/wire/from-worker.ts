/**
 * What a worker says to its leader. `proto/sheaf/v1/worker.proto` tells the whole conversation.
 */

import { unreachable } from "../../base/assert.ts";
import type { Incarnation, JobId, Term, WorkerName } from "../../base/ids.ts";
import { SLOT_MEMORY_BYTES_MAX, SLOT_MEMORY_BYTES_MIN, SLOTS_MAX } from "../../base/limits.ts";
import type { Failure } from "../../job/failure.ts";
import {
  FetchFailed_Reason,
  SessionRequest,
  type FetchFailed as WireFetchFailed,
  type Register as WireRegister,
} from "../generated/sheaf/v1/worker.ts";
import { LIST_ITEMS_MAX, MESSAGE_CHARS_MAX } from "../limits.ts";
import {
  type AnyAttemptRef,
  attemptFromWire,
  attemptToWire,
  incarnationFromWire,
  jobFromWire,
  termFromWire,
  workerFromWire,
} from "./attempt.ts";
import { address, choice, count, list, numberOf, present, text } from "./checks.ts";
import { failureFromWire, failureToWire } from "./failure.ts";
import { form } from "./form.ts";
import { type ReportedResult, resultFromWire, resultToWire } from "./result.ts";

/** A message with what fences zombies. */
export interface FromWorker {
  /** The leader's term, as the worker was last told; 0 with `register`. */
  readonly term: Term;
  readonly incarnation: Incarnation;
  readonly message: WorkerMessage;
}

export type WorkerMessage =
  | Register
  | { readonly type: "pong"; readonly sequence: number }
  | { readonly type: "progress"; readonly attempts: readonly AttemptProgress[] }
  | {
      readonly type: "attempt-succeeded";
      readonly attempt: AnyAttemptRef;
      readonly result: ReportedResult;
    }
  | {
      readonly type: "attempt-failed";
      readonly attempt: AnyAttemptRef;
      readonly failure: Failure;
      readonly fatal: boolean;
    }
  | { readonly type: "attempt-killed"; readonly attempt: AnyAttemptRef }
  | FetchFailed
  /** It ends, and what it runs and holds with it. */
  | { readonly type: "leaving" };

/** Who the worker is and what it has. */
export interface Register {
  readonly type: "register";
  readonly worker: WorkerName;
  /** Where others fetch regions from it, "host:port". */
  readonly regionAddress: string;
  readonly slots: number;
  readonly slotMemoryBytes: number;
  /** As inputs name machines and racks; empty if it was not told. */
  readonly host: string;
  readonly rack: string;
  readonly version: string;
  readonly running: readonly AnyAttemptRef[];
  readonly ended: readonly AnyAttemptRef[];
  readonly jobs: readonly JobId[];
}

export interface AttemptProgress {
  readonly attempt: AnyAttemptRef;
  readonly records: number;
  readonly bytes: number;
  readonly spills: number;
}

/** A region that could not be fetched, and from whom. */
export interface FetchFailed {
  readonly type: "fetch-failed";
  readonly attempt: AnyAttemptRef;
  readonly producer: AnyAttemptRef;
  readonly worker: WorkerName;
  readonly workerIncarnation: Incarnation;
  readonly reason: FetchFault;
  readonly message: string;
}

/** Why a region could not be had. */
export type FetchFault = "unreachable" | "gone" | "timeout" | "length" | "corrupt" | "refused";

const FAULTS: Readonly<Record<FetchFault, FetchFailed_Reason>> = {
  unreachable: FetchFailed_Reason.UNREACHABLE,
  gone: FetchFailed_Reason.GONE,
  timeout: FetchFailed_Reason.TIMEOUT,
  length: FetchFailed_Reason.LENGTH,
  corrupt: FetchFailed_Reason.CORRUPT,
  refused: FetchFailed_Reason.REFUSED,
};

export const fromWorkerForm = form<FromWorker, SessionRequest>(
  SessionRequest,
  ({ term, incarnation, message }) => ({ term, incarnation, message: messageToWire(message) }),
  (wire) => ({
    term: termFromWire("term", wire.term),
    incarnation: incarnationFromWire("incarnation", wire.incarnation),
    message: messageFromWire(present("message", wire.message)),
  }),
);

function messageToWire(message: WorkerMessage): SessionRequest["message"] {
  switch (message.type) {
    case "register":
      return { $case: "register", value: registerToWire(message) };
    case "pong":
      return { $case: "pong", value: { sequence: message.sequence } };
    case "progress": {
      const attempts = message.attempts.map(({ attempt, records, bytes, spills }) => ({
        attempt: attemptToWire(attempt),
        records,
        bytes,
        spills,
      }));
      return { $case: "progress", value: { attempts } };
    }
    case "attempt-succeeded": {
      const { attempt, result } = message;
      const value = { attempt: attemptToWire(attempt), result: resultToWire(result) };
      return { $case: "attemptSucceeded", value };
    }
    case "attempt-failed": {
      const { attempt, failure, fatal } = message;
      const value = { attempt: attemptToWire(attempt), failure: failureToWire(failure), fatal };
      return { $case: "attemptFailed", value };
    }
    case "attempt-killed":
      return { $case: "attemptKilled", value: { attempt: attemptToWire(message.attempt) } };
    case "fetch-failed":
      return { $case: "fetchFailed", value: fetchFailedToWire(message) };
    case "leaving":
      return { $case: "leaving", value: {} };
    default:
      return unreachable(message);
  }
}

function messageFromWire(wire: NonNullable<SessionRequest["message"]>): WorkerMessage {
  switch (wire.$case) {
    case "register":
      return registerFromWire(wire.value);
    case "pong":
      return { type: "pong", sequence: count("pong.sequence", wire.value.sequence) };
    case "progress":
      return {
        type: "progress",
        attempts: list("progress", wire.value.attempts, LIST_ITEMS_MAX, (field, item) => ({
          attempt: attemptFromWire(`${field}.attempt`, item.attempt),
          records: count(`${field}.records`, item.records),
          bytes: count(`${field}.bytes`, item.bytes),
          spills: count(`${field}.spills`, item.spills),
        })),
      };
    case "attemptSucceeded": {
      const { attempt, result } = wire.value;
      return {
        type: "attempt-succeeded",
        attempt: attemptFromWire("attempt_succeeded.attempt", attempt),
        result: resultFromWire(result),
      };
    }
    case "attemptFailed": {
      const { attempt, failure, fatal } = wire.value;
      return {
        type: "attempt-failed",
        attempt: attemptFromWire("attempt_failed.attempt", attempt),
        failure: failureFromWire("attempt_failed.failure", failure),
        fatal,
      };
    }
    case "attemptKilled": {
      const attempt = attemptFromWire("attempt_killed.attempt", wire.value.attempt);
      return { type: "attempt-killed", attempt };
    }
    case "fetchFailed":
      return fetchFailedFromWire(wire.value);
    case "leaving":
      return { type: "leaving" };
  }
}

function registerToWire(register: Register): WireRegister {
  const { type: _, worker, running, ended, jobs, ...rest } = register;
  return {
    ...rest,
    workerName: worker,
    running: running.map(attemptToWire),
    ended: ended.map(attemptToWire),
    jobIds: [...jobs],
  };
}

function registerFromWire(wire: WireRegister): Register {
  return {
    type: "register",
    worker: workerFromWire("register.worker_name", wire.workerName),
    regionAddress: address("register.region_address", wire.regionAddress),
    slots: count("register.slots", wire.slots, SLOTS_MAX, 1),
    slotMemoryBytes: count(
      "register.slot_memory_bytes",
      wire.slotMemoryBytes,
      SLOT_MEMORY_BYTES_MAX,
      SLOT_MEMORY_BYTES_MIN,
    ),
    host: text("register.host", wire.host),
    rack: text("register.rack", wire.rack),
    version: text("register.version", wire.version),
    running: list("register.running", wire.running, LIST_ITEMS_MAX, attemptFromWire),
    ended: list("register.ended", wire.ended, LIST_ITEMS_MAX, attemptFromWire),
    jobs: list("register.job_ids", wire.jobIds, LIST_ITEMS_MAX, jobFromWire),
  };
}

function fetchFailedToWire(failed: FetchFailed): WireFetchFailed {
  return {
    attempt: attemptToWire(failed.attempt),
    producer: attemptToWire(failed.producer),
    workerName: failed.worker,
    workerIncarnation: failed.workerIncarnation,
    reason: numberOf(failed.reason, FAULTS),
    message: failed.message,
  };
}

function fetchFailedFromWire(wire: WireFetchFailed): FetchFailed {
  return {
    type: "fetch-failed",
    attempt: attemptFromWire("fetch_failed.attempt", wire.attempt),
    producer: attemptFromWire("fetch_failed.producer", wire.producer),
    worker: workerFromWire("fetch_failed.worker_name", wire.workerName),
    workerIncarnation: incarnationFromWire(
      "fetch_failed.worker_incarnation",
      wire.workerIncarnation,
    ),
    reason: choice("fetch_failed.reason", wire.reason, FAULTS),
    message: text("fetch_failed.message", wire.message, MESSAGE_CHARS_MAX),
  };
}

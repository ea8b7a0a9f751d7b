/**
 * What a leader says to its workers. `proto/sheaf/v1/worker.proto` tells the whole conversation.
 */

import { unreachable } from "../../base/assert.ts";
import type { AttemptNumber, Incarnation, JobId, TaskIndex, Term } from "../../base/ids.ts";
import {
  Kill_Reason,
  Refused_Reason,
  SessionResponse,
  type RegionLocation as WireLocation,
  type RegionLocations as WireLocations,
} from "../generated/sheaf/v1/worker.ts";
import { LIST_ITEMS_MAX, MESSAGE_CHARS_MAX, REGIONS_MAX, WORKERS_MAX } from "../limits.ts";
import {
  type AnyAttemptRef,
  attemptFromWire,
  attemptNumberFromWire,
  attemptToWire,
  incarnationFromWire,
  jobFromWire,
  type LeaderHint,
  leaderFromWire,
  leaderToWire,
  partitionFromWire,
  taskFromWire,
  termFromWire,
} from "./attempt.ts";
import { choice, count, list, numberOf, present, text } from "./checks.ts";
import { form } from "./form.ts";
import {
  type RegionSize,
  type RegionSource,
  regionFromWire,
  regionToWire,
  sourceFromWire,
  sourceToWire,
} from "./region.ts";
import {
  type Assignment,
  assignmentFromWire,
  assignmentToWire,
  boundariesFromWire,
  type JobSetup,
  setupFromWire,
  setupToWire,
} from "./task.ts";

/** A message with what fences zombies. */
export interface FromMaster {
  readonly term: Term;
  /** The incarnation that is spoken to. */
  readonly incarnation: Incarnation;
  readonly message: MasterMessage;
}

export type MasterMessage =
  | {
      readonly type: "registered";
      readonly pingIntervalMs: number;
      readonly pingTimeoutMs: number;
    }
  | Refused
  | { readonly type: "ping"; readonly sequence: number }
  | { readonly type: "job-setup"; readonly setup: JobSetup }
  | {
      readonly type: "boundaries";
      readonly job: JobId;
      readonly keys: readonly Uint8Array[];
    }
  | { readonly type: "assign"; readonly assignment: Assignment }
  | { readonly type: "kill"; readonly attempt: AnyAttemptRef; readonly reason: KillReason }
  | RegionLocations
  | LostRegions
  /** How these attempts ended is in the replicated log. */
  | { readonly type: "recorded"; readonly attempts: readonly AnyAttemptRef[] }
  | { readonly type: "forget-job"; readonly job: JobId };

/** The worker is not one of the cluster's, and the stream ends. */
export interface Refused {
  readonly type: "refused";
  readonly reason: RefusalReason;
  readonly message: string;
  readonly leader: LeaderHint | undefined;
}

export type RefusalReason = "not-leader" | "version" | "superseded" | "full" | "lost";

export type KillReason = "lost-race" | "job-ended" | "unknown-attempt" | "timeout" | "preempted";

/** Where regions of one partition can be fetched. */
export interface RegionLocations {
  readonly type: "region-locations";
  readonly job: JobId;
  readonly partition: number;
  readonly locations: readonly RegionLocation[];
}

export interface RegionLocation {
  readonly mapTask: TaskIndex;
  readonly mapAttempt: AttemptNumber;
  /** Those of one worker share one object. */
  readonly source: RegionSource;
  readonly region: RegionSize;
}

/** Map outputs that cannot be had any more. */
export interface LostRegions {
  readonly type: "lost-regions";
  readonly job: JobId;
  readonly regions: readonly { readonly mapTask: TaskIndex; readonly mapAttempt: AttemptNumber }[];
}

const REFUSALS: Readonly<Record<RefusalReason, Refused_Reason>> = {
  "not-leader": Refused_Reason.NOT_LEADER,
  version: Refused_Reason.VERSION,
  superseded: Refused_Reason.SUPERSEDED,
  full: Refused_Reason.FULL,
  lost: Refused_Reason.LOST,
};

const KILLS: Readonly<Record<KillReason, Kill_Reason>> = {
  "lost-race": Kill_Reason.LOST_RACE,
  "job-ended": Kill_Reason.JOB_ENDED,
  "unknown-attempt": Kill_Reason.UNKNOWN_ATTEMPT,
  timeout: Kill_Reason.TIMEOUT,
  preempted: Kill_Reason.PREEMPTED,
};

/** Longer than any network needs; a number beyond it is a mistake. */
const PING_MS_MAX = 3_600_000;

export const fromMasterForm = form<FromMaster, SessionResponse>(
  SessionResponse,
  ({ term, incarnation, message }) => ({ term, incarnation, message: messageToWire(message) }),
  (wire) => ({
    term: termFromWire("term", wire.term),
    incarnation: incarnationFromWire("incarnation", wire.incarnation),
    message: messageFromWire(present("message", wire.message)),
  }),
);

function messageToWire(message: MasterMessage): SessionResponse["message"] {
  switch (message.type) {
    case "registered": {
      const { pingIntervalMs, pingTimeoutMs } = message;
      return { $case: "registered", value: { pingIntervalMs, pingTimeoutMs } };
    }
    case "refused": {
      const { reason, message: words, leader } = message;
      const value = {
        reason: numberOf(reason, REFUSALS),
        message: words,
        leader: leader && leaderToWire(leader),
      };
      return { $case: "refused", value };
    }
    case "ping":
      return { $case: "ping", value: { sequence: message.sequence } };
    case "job-setup":
      return { $case: "jobSetup", value: setupToWire(message.setup) };
    case "boundaries":
      return { $case: "boundaries", value: { jobId: message.job, keys: [...message.keys] } };
    case "assign":
      return { $case: "assign", value: assignmentToWire(message.assignment) };
    case "kill": {
      const { attempt, reason } = message;
      const value = { attempt: attemptToWire(attempt), reason: numberOf(reason, KILLS) };
      return { $case: "kill", value };
    }
    case "region-locations":
      return { $case: "regionLocations", value: locationsToWire(message) };
    case "lost-regions": {
      const regions = message.regions.map((region) => ({ ...region }));
      return { $case: "lostRegions", value: { jobId: message.job, regions } };
    }
    case "recorded":
      return { $case: "recorded", value: { attempts: message.attempts.map(attemptToWire) } };
    case "forget-job":
      return { $case: "forgetJob", value: { jobId: message.job } };
    default:
      return unreachable(message);
  }
}

function messageFromWire(wire: NonNullable<SessionResponse["message"]>): MasterMessage {
  switch (wire.$case) {
    case "registered": {
      const { pingIntervalMs, pingTimeoutMs } = wire.value;
      return {
        type: "registered",
        pingIntervalMs: count("registered.ping_interval_ms", pingIntervalMs, PING_MS_MAX, 1),
        pingTimeoutMs: count("registered.ping_timeout_ms", pingTimeoutMs, PING_MS_MAX, 1),
      };
    }
    case "refused": {
      const { reason, message, leader } = wire.value;
      return {
        type: "refused",
        reason: choice("refused.reason", reason, REFUSALS),
        message: text("refused.message", message, MESSAGE_CHARS_MAX),
        leader: leader && leaderFromWire("refused.leader", leader),
      };
    }
    case "ping":
      return { type: "ping", sequence: count("ping.sequence", wire.value.sequence) };
    case "jobSetup":
      return { type: "job-setup", setup: setupFromWire(wire.value) };
    case "boundaries":
      return {
        type: "boundaries",
        job: jobFromWire("boundaries.job_id", wire.value.jobId),
        keys: boundariesFromWire("boundaries.keys", wire.value.keys),
      };
    case "assign":
      return { type: "assign", assignment: assignmentFromWire(wire.value) };
    case "kill":
      return {
        type: "kill",
        attempt: attemptFromWire("kill.attempt", wire.value.attempt),
        reason: choice("kill.reason", wire.value.reason, KILLS),
      };
    case "regionLocations":
      return locationsFromWire(wire.value);
    case "lostRegions":
      return {
        type: "lost-regions",
        job: jobFromWire("lost_regions.job_id", wire.value.jobId),
        regions: list("lost_regions.regions", wire.value.regions, REGIONS_MAX, (field, region) => ({
          mapTask: taskFromWire(field, region.mapTask),
          mapAttempt: attemptNumberFromWire(field, region.mapAttempt),
        })),
      };
    case "recorded":
      return {
        type: "recorded",
        attempts: list("recorded", wire.value.attempts, LIST_ITEMS_MAX, attemptFromWire),
      };
    case "forgetJob":
      return { type: "forget-job", job: jobFromWire("forget_job.job_id", wire.value.jobId) };
  }
}

function locationsToWire({ job, partition, locations }: RegionLocations): WireLocations {
  const places = new Map<RegionSource, number>();
  const wire = locations.map(({ mapTask, mapAttempt, source, region }): WireLocation => {
    const place = places.get(source) ?? places.size;
    places.set(source, place);
    return { mapTask, mapAttempt, source: place, region: regionToWire(region) };
  });
  const sources = [...places.keys()].map(sourceToWire);
  return { jobId: job, partition, sources, locations: wire };
}

function locationsFromWire(wire: WireLocations): RegionLocations {
  const sources = list("region_locations.sources", wire.sources, WORKERS_MAX, sourceFromWire);
  return {
    type: "region-locations",
    job: jobFromWire("region_locations.job_id", wire.jobId),
    partition: partitionFromWire("region_locations.partition", wire.partition),
    // One name for all of their fields: there may be a million of them.
    locations: list("region_locations.locations", wire.locations, REGIONS_MAX, (field, item) => ({
      mapTask: taskFromWire(field, item.mapTask),
      mapAttempt: attemptNumberFromWire(field, item.mapAttempt),
      source: present(field, sources[item.source]),
      region: regionFromWire(field, item.region),
    })),
  };
}

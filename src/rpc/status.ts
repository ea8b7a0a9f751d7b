/**
 * Errors across the wire: ours become a gRPC status whose message is for people and whose detail (an
 * `ErrorDetail`) is for programs, and come back as what they were. Anything else that is thrown is a
 * bug, of which the other side learns no more than that.
 */

import { Metadata, type ServiceError, type StatusObject, status } from "@grpc/grpc-js";
import { type ErrorCode, type ErrorData, SheafError } from "../base/error.ts";
import { memberId, term } from "../base/ids.ts";
import { Status } from "./generated/google/rpc/status.ts";
import { ErrorDetail } from "./generated/sheaf/v1/failure.ts";
import { type LeaderHint, leaderFromWire, leaderToWire } from "./wire/attempt.ts";
import { isErrorCode } from "./wire/failure.ts";

const DETAILS_KEY = "grpc-status-details-bin";
const DETAIL_TYPE = "type.googleapis.com/sheaf.v1.ErrorDetail";
/** Spelt for HTTP, a character may take nine bytes; a block of headers has at most 64 KiB. */
const STATUS_CHARS_MAX = 4000;

/** The gRPC status of each of our codes; FAILED_PRECONDITION where the state of things refused. */
const STATUS_OF: Partial<Record<ErrorCode, status>> = {
  USAGE: status.INVALID_ARGUMENT,
  MESSAGE_INVALID: status.INVALID_ARGUMENT,
  INPUT_MISSING: status.NOT_FOUND,
  NOT_FOUND: status.NOT_FOUND,
  REGION_UNAVAILABLE: status.NOT_FOUND,
  OUTPUT_EXISTS: status.ALREADY_EXISTS,
  REGION_CORRUPT: status.DATA_LOSS,
  ACCESS_DENIED: status.PERMISSION_DENIED,
  CLUSTER_UNREACHABLE: status.UNAVAILABLE,
  LIMIT_REACHED: status.RESOURCE_EXHAUSTED,
  CANCELLED: status.CANCELLED,
};

/** Our code of a status that has no detail, or is given one at the gate. */
const CODE_OF: Partial<Record<status, ErrorCode>> = {
  [status.CANCELLED]: "CANCELLED",
  [status.INVALID_ARGUMENT]: "MESSAGE_INVALID",
  [status.NOT_FOUND]: "NOT_FOUND",
  [status.PERMISSION_DENIED]: "ACCESS_DENIED",
  [status.UNAUTHENTICATED]: "ACCESS_DENIED",
  [status.RESOURCE_EXHAUSTED]: "LIMIT_REACHED",
  [status.DATA_LOSS]: "REGION_CORRUPT",
  [status.DEADLINE_EXCEEDED]: "LIMIT_REACHED",
  [status.UNAVAILABLE]: "CLUSTER_UNREACHABLE",
  [status.UNIMPLEMENTED]: "MESSAGE_INVALID",
};

/** The follower's answer: go to the leader, if there is one. */
export function notLeader(leader: LeaderHint | undefined): SheafError {
  if (leader?.address === undefined) {
    const message = "No master leads at the moment: an election goes on. Ask again.";
    return new SheafError("NOT_LEADER", message, { data: hintData(leader) });
  }
  const message = `Another master leads: ask ${leader.address}.`;
  return new SheafError("NOT_LEADER", message, { data: hintData(leader) });
}

function hintData(leader: LeaderHint | undefined): ErrorData {
  if (leader === undefined) return {};
  return { leader: leader.address, leaderMember: leader.member, term: leader.term };
}

/** Who leads, if an error says so. */
export function leaderOf(error: unknown): LeaderHint | undefined {
  if (!(error instanceof SheafError) || error.code !== "NOT_LEADER") return undefined;
  const { leader, leaderMember, term: number } = error.data;
  if (typeof leaderMember !== "number" || typeof number !== "number") return undefined;
  return {
    member: memberId(leaderMember),
    address: typeof leader === "string" ? leader : undefined,
    term: term(number),
  };
}

/** An error of ours as the status of a call. */
export function statusOf(thrown: unknown): StatusObject {
  if (!(thrown instanceof SheafError)) {
    const details = "The server met a bug of its own; its log says more.";
    return { code: status.INTERNAL, details, metadata: new Metadata() };
  }
  const { code, message } = thrown;
  const leader = leaderOf(thrown);
  const value = ErrorDetail.encode({ code, leader: leader && leaderToWire(leader) }).finish();
  return {
    code: STATUS_OF[code] ?? status.FAILED_PRECONDITION,
    details: statusText(message),
    metadata: withDetail(STATUS_OF[code] ?? status.FAILED_PRECONDITION, message, value),
  };
}

/** A refusal at the door, where only the status matters. */
export function refusal(code: status, message: string): StatusObject {
  const value = ErrorDetail.encode({ code: CODE_OF[code] ?? "ACCESS_DENIED", leader: undefined });
  return {
    code,
    details: statusText(message),
    metadata: withDetail(code, message, value.finish()),
  };
}

function withDetail(code: status, words: string, value: Uint8Array): Metadata {
  const metadata = new Metadata();
  const details = [{ typeUrl: DETAIL_TYPE, value }];
  // With the message once more: clients in Go, grpcurl for one, show this one alone.
  const encoded = Status.encode({ code, message: statusText(words), details }).finish();
  metadata.set(DETAILS_KEY, Buffer.from(encoded));
  return metadata;
}

/** Whole characters, because a half of one cannot be spelt for HTTP, and not too many. */
function statusText(message: string): string {
  const cut = message.length <= STATUS_CHARS_MAX ? message : message.slice(0, STATUS_CHARS_MAX);
  return Buffer.from(cut).toString();
}

/**
 * A failed call as an error of ours. Where no server of ours has said why, `data.reason` does, in
 * words that may follow the name of the peer.
 */
export function errorOf(thrown: unknown, peer: string): unknown {
  if (!isServiceError(thrown)) return thrown;
  const { code, details } = thrown;
  const detail = detailOf(thrown);
  if (detail !== undefined && isErrorCode(detail.code)) {
    const data = detail.leader && hintData(leaderFromWire("leader", detail.leader));
    return new SheafError(detail.code, details, { data: data ?? {}, cause: thrown });
  }
  const data = { peer, status: status[code] };
  switch (code) {
    case status.UNAVAILABLE: {
      const reason = connectionTrouble(details);
      const message = `Cannot reach ${peer}: ${reason}.`;
      return new SheafError("CLUSTER_UNREACHABLE", message, { data: { ...data, reason } });
    }
    case status.DEADLINE_EXCEEDED: {
      const reason = "it did not answer in time";
      const message = `${peer} did not answer in time.`;
      return new SheafError("CLUSTER_UNREACHABLE", message, { data: { ...data, reason } });
    }
    default: {
      const refusal = `refused the call (${status[code]}): ${details}`;
      return new SheafError(CODE_OF[code] ?? "CLUSTER_UNREACHABLE", `${peer} ${refusal}`, {
        data: { ...data, reason: `it ${refusal}` },
      });
    }
  }
}

/** What @grpc/grpc-js says of a connection that cannot be made, or is lost, in words for people. */
function connectionTrouble(details: string): string {
  const [, last] = /Last error: (?:Error: )?(.*?)\.? Resolution note/s.exec(details) ?? [];
  // When it came is in the log anyway; with it, no trouble would be the same as the one before.
  const words = (last ?? details).trim().replace(/\.$/, "").replace(WHEN, "");
  const known = TROUBLES.find(([pattern]) => pattern.test(words));
  return known?.[1] ?? words;
}

const WHEN = / \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/;

const TROUBLES: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, "nothing listens there (ECONNREFUSED)"],
  [/Name resolution failed/, "there is no host of this name"],
  [/wrong version number|packet length too long/, "it does not speak TLS"],
  [/self-signed|unable to (verify|get)/i, "its certificate is signed by another authority"],
  [/^Failed to connect/, "it hung up before a call was made; perhaps it wants TLS"],
];

function detailOf(error: ServiceError): ErrorDetail | undefined {
  const [bytes] = error.metadata.get(DETAILS_KEY);
  if (bytes === undefined || typeof bytes === "string") return undefined;
  try {
    const detail = Status.decode(bytes).details.find(({ typeUrl }) => typeUrl === DETAIL_TYPE);
    return detail && ErrorDetail.decode(detail.value);
  } catch {
    // The status is enough to go by.
    return undefined;
  }
}

function isServiceError(thrown: unknown): thrown is ServiceError {
  return thrown instanceof Error && "code" in thrown && "details" in thrown && "metadata" in thrown;
}

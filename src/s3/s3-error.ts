/**
 * What an endpoint's refusals mean to the person who runs the job, and what to do about each. No
 * message holds a secret, or anything else of a request but the name of the object.
 */

import { type ErrorCode, messageOf, SheafError } from "../base/error.ts";
import { answerCode, connectionCode, isTimeout, S3Refusal, statusOf } from "./s3-answer.ts";

/** What was asked of which endpoint. */
export interface Asked {
  /** The beginning of the message: "read s3://bucket/key". */
  readonly action: string;
  /** Reading is the job's input, writing its output: their errors have codes of their own. */
  readonly role: "read" | "write";
  /** Where requests go, as a person would say it. */
  readonly endpoint: string;
  /** How often it was tried. */
  readonly tries: number;
}

/** The error for a request that failed for good. An error of ours passes as it is. */
export function s3Error(asked: Asked, thrown: unknown): SheafError {
  if (thrown instanceof SheafError) return thrown;
  const { code, why, advice } = meaningOf(asked, thrown);
  return new SheafError(code, `Cannot ${asked.action}: ${why}. ${advice}`, {
    data: {
      endpoint: asked.endpoint,
      status: statusOf(thrown),
      answer: answerCode(thrown) ?? connectionCode(thrown),
    },
    cause: thrown,
  });
}

interface Meaning {
  readonly code: ErrorCode;
  /** Completes the sentence. */
  readonly why: string;
  /** A sentence of its own. */
  readonly advice: string;
}

function meaningOf(asked: Asked, thrown: unknown): Meaning {
  const status = statusOf(thrown);
  const isCredentials = thrown instanceof Error && /Credentials.*Error$/.test(thrown.name);
  if (isCredentials && status === undefined) return noCredentials();
  if (isRegionMissing(thrown)) return NO_REGION;
  if (status === undefined) return noAnswer(asked, thrown);
  return refusalOf(asked, thrown, status);
}

/** The library has no class for it. */
function isRegionMissing(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message === "Region is missing";
}

const NO_REGION: Meaning = {
  code: "STORE_DENIED",
  why: "no region is set",
  advice:
    "Set AWS_REGION to the region of the bucket, or give the profile one in ~/.aws/config " +
    "(region = ...).",
};

function noCredentials(): Meaning {
  const { AWS_PROFILE } = process.env;
  if (AWS_PROFILE !== undefined) {
    return {
      code: "STORE_DENIED",
      why: `the profile "${AWS_PROFILE}" (AWS_PROFILE) gives no credentials`,
      advice: "Check ~/.aws/credentials and ~/.aws/config; a profile of SSO may need a new login.",
    };
  }
  return {
    code: "STORE_DENIED",
    why: "there are no credentials for S3",
    advice:
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile in ~/.aws.",
  };
}

function noAnswer({ endpoint, tries, role }: Asked, thrown: unknown): Meaning {
  const code = connectionCode(thrown);
  const often = tries === 1 ? "" : `, ${tries} times`;
  const advice = "Check the network and AWS_ENDPOINT_URL, then run the job again.";
  if (isTimeout(thrown)) {
    return { code: "STORE_UNREACHABLE", why: `${endpoint} did not answer in time${often}`, advice };
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    const why = `the name of ${endpoint} cannot be resolved (${code})`;
    return { code: "STORE_UNREACHABLE", why, advice };
  }
  if (code !== undefined) {
    const how = code === "ECONNREFUSED" ? "refused the connection" : "broke off the connection";
    return { code: "STORE_UNREACHABLE", why: `${endpoint} ${how} (${code})${often}`, advice };
  }
  const why = `${messageOf(thrown).replace(/\.$/, "")} (at ${endpoint})`;
  return { code: genericCode(role), why, advice: "Check AWS_ENDPOINT_URL and the settings of S3." };
}

/** Codes about who asks. */
const DENIALS: Readonly<Record<string, readonly [why: string, advice: string]>> = {
  InvalidAccessKeyId: [
    "does not know the access key",
    "Check AWS_ACCESS_KEY_ID, and that it belongs to this endpoint.",
  ],
  SignatureDoesNotMatch: [
    "says that the secret key does not fit the access key",
    "Check AWS_SECRET_ACCESS_KEY.",
  ],
  ExpiredToken: [
    "says that the session has expired",
    "Get new credentials, and run the job again.",
  ],
  InvalidToken: ["does not know the session token", "Check AWS_SESSION_TOKEN, or unset it."],
  RequestTimeTooSkewed: ["says that this machine's clock is wrong", "Set the clock."],
};

function refusalOf(asked: Asked, thrown: unknown, status: number): Meaning {
  const { endpoint, tries, role } = asked;
  const code = answerCode(thrown);
  const denial = DENIALS[code ?? ""];
  if (denial !== undefined) {
    return { code: "STORE_DENIED", why: `${endpoint} ${denial[0]}`, advice: denial[1] };
  }
  const region = thrown instanceof S3Refusal ? thrown.region : undefined;
  const isElsewhere = [301, 307].includes(status) || code === "AuthorizationHeaderMalformed";
  if (isElsewhere || code === "IllegalLocationConstraintException") {
    return {
      code: "STORE_DENIED",
      why: "the bucket is not in the region that was asked for",
      advice: region === undefined ? "Set AWS_REGION to its region." : `Set AWS_REGION=${region}.`,
    };
  }
  if (code === "NoSuchBucket") {
    return {
      code: role === "read" ? "INPUT_MISSING" : "USAGE",
      why: "there is no such bucket",
      advice: `Check its name and the endpoint (${endpoint})${role === "read" ? "" : ", or create it"}.`,
    };
  }
  if (status === 401 || status === 403) {
    const right = role === "read" ? "read the objects and list the bucket" : "write to the bucket";
    return {
      code: "STORE_DENIED",
      why: `${endpoint} denies access (${code ?? status})`,
      advice: `Give the user of these credentials the right to ${right}.`,
    };
  }
  const answer = `${status}${code === undefined || code === String(status) ? "" : ` ${code}`}`;
  if (status >= 500 || status === 429 || status === 408) {
    return {
      code: "STORE_UNREACHABLE",
      why: `${endpoint} answered ${answer}, ${tries} times`,
      advice: "It is overloaded or broken: run the job again later, perhaps with fewer slots.",
    };
  }
  return {
    code: genericCode(role),
    why: `${endpoint} answered ${answer}`,
    advice: "Check that it is an endpoint of S3.",
  };
}

function genericCode(role: "read" | "write"): ErrorCode {
  return role === "read" ? "INPUT_UNREADABLE" : "OUTPUT_FAILED";
}

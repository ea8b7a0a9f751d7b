/**
 * Params as bytes, in which they travel from a client to the masters and on to the workers:
 * MessagePack, so that what a program gives (dates, byte arrays) comes through besides the texts of
 * the command line. The job's schema sees them where they are used, not before.
 */

import { ByteReader, ByteWriter } from "../base/bytes.ts";
import { SheafError } from "../base/error.ts";
import { structured } from "./codec/structured.ts";
import type { RawParams } from "./params.ts";

/** Throws `VALUE_INVALID` for what is no data, such as a function. */
export function packParams(params: RawParams): Uint8Array {
  const writer = new ByteWriter();
  structured().writeLast(writer, params);
  return writer.bytes.subarray(0, writer.position);
}

/** Throws `MESSAGE_INVALID` for bytes that `packParams` does not make. */
export function unpackParams(bytes: Uint8Array): RawParams {
  let value: unknown;
  try {
    value = structured().readLast(new ByteReader(Buffer.from(bytes)));
  } catch (cause) {
    throw invalid(cause);
  }
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (isObject && Object.getPrototypeOf(value) === Object.prototype) return value as RawParams;
  throw invalid();
}

function invalid(cause?: unknown): SheafError {
  const message = "Cannot read the job's params: they are no object in MessagePack.";
  return new SheafError("MESSAGE_INVALID", message, { cause });
}

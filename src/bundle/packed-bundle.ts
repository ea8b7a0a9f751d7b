/**
 * A bundle as bytes, in which it travels from a client to the masters and on to the workers, named
 * by their SHA-256. The bytes are JSON; who unpacks them trusts nothing in them but that the job's
 * author may run code.
 */

import { createHash } from "node:crypto";
import { SheafError } from "../base/error.ts";
import type { JobBundle } from "./job-bundle.ts";

/** A bundle's bytes, and their name on a cluster. */
export interface PackedBundle {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly hash: string;
}

/** Another number, should the fields ever change: who does not know it refuses the bundle. */
const FORMAT = 1;

/** The name of a bundle's bytes. */
export function bundleHash(bytes: Uint8Array): string {
  return sha256(bytes);
}

/** The same bundle has the same bytes, so that it travels once. */
export function packBundle(bundle: JobBundle): PackedBundle {
  const { code, map, entry, entryName, cwd, nativeAddons, warnings } = bundle;
  const fields = { format: FORMAT, entryName, entry, cwd, nativeAddons, warnings, map, code };
  const bytes = Buffer.from(JSON.stringify(fields));
  return { bytes, hash: bundleHash(bytes) };
}

/** Throws `JOB_INVALID` for bytes that `packBundle` does not make. */
export function unpackBundle(bytes: Uint8Array): JobBundle {
  const fields = parse(bytes);
  const text = (name: string): string => {
    const value = fields[name];
    if (typeof value === "string") return value;
    throw invalid(`"${name}" is not a text`);
  };
  const texts = (name: string): string[] => {
    const value = fields[name];
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
    throw invalid(`"${name}" is not a list of texts`);
  };
  if (fields.format !== FORMAT) throw invalid(`its format is not ${FORMAT}`);
  const code = text("code");
  return {
    code,
    map: text("map"),
    hash: sha256(code),
    entry: text("entry"),
    entryName: text("entryName"),
    cwd: text("cwd"),
    nativeAddons: texts("nativeAddons"),
    warnings: texts("warnings"),
  };
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw invalid("it is no JSON", cause);
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw invalid("it is no JSON object");
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function invalid(why: string, cause?: unknown): SheafError {
  const advice = "Use the same version of Sheaf on all machines.";
  return new SheafError("JOB_INVALID", `Cannot read the job's bundle: ${why}. ${advice}`, {
    cause,
  });
}

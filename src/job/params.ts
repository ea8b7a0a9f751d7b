/**
 * Params: what `--param K=V` or `run({ params })` gives a job, checked by any Standard Schema
 * (valibot, zod, arktype, ...; https://standardschema.dev) before the first task runs.
 */

import { SheafError } from "../base/error.ts";
import { show } from "../base/show.ts";

/**
 * A Standard Schema (https://standardschema.dev), as valibot, zod, arktype and others make them:
 * the part of it that Sheaf uses. It checks a job's params, or the records of `ndjson(schema)`.
 *
 * Params come from the command line as texts, so a schema says how a number is read.
 *
 * @example
 * ```ts
 * import { defineJob, int, string, sum, text } from "sheaf";
 * import * as v from "valibot";
 *
 * // sheaf run long-lines.ts logs/ -o out --param least=80
 * export default defineJob({
 *   params: v.strictObject({
 *     least: v.optional(v.pipe(v.unknown(), v.toNumber(), v.integer()), 100),
 *   }),
 *   input: text(),
 *   intermediate: { key: string(), value: int() },
 *   map(position, line, emit, { params }) {
 *     if (line.length >= params.least) emit(position.path, 1);
 *   },
 *   reduce: sum,
 * });
 * ```
 */
export interface Schema<In, Out> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

/** What a schema says of a value. */
export type SchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Params as they are given: texts from the command line, any plain data from a program. */
export type RawParams = Readonly<Record<string, unknown>>;

/** Checks raw params against the job's schema; without one, no param is accepted. */
export async function validateParams<P>(
  schema: Schema<unknown, P> | undefined,
  raw: RawParams,
): Promise<P> {
  if (schema === undefined) {
    const names = Object.keys(raw);
    if (names.length > 0) {
      throw new SheafError(
        "USAGE",
        `The job takes no params, but was given "${names.join('", "')}".`,
      );
    }
    return {} as P;
  }
  const result = await validate(schema, raw);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) => `  ${describePath(issue)}${issue.message}`);
  const lines = ["The job's params are not valid:", ...issues, ...howToGive(result.issues, raw)];
  throw new SheafError("USAGE", lines.join("\n"));
}

/** Schemas say that a param is missing, but not how it is given. */
function howToGive(issues: readonly SchemaIssue[], raw: RawParams): string[] {
  const names = issues.flatMap(({ path }) => (path?.[0] === undefined ? [] : [keyOf(path[0])]));
  const missing = names.filter((name) => raw[name] === undefined);
  if (missing.length === 0) return [];
  const flags = missing.map((name) => `--param ${name}=VALUE`);
  return [`Give ${flags.length === 1 ? "it" : "them"} as ${flags.join(" ")}.`];
}

/**
 * What the schema says. Schemas tell what they refuse, but a function in one may throw, such as a
 * `transform` that makes a RegExp of a text: then the param is as wrong as if it were refused.
 */
async function validate<P>(schema: Schema<unknown, P>, raw: RawParams): Promise<SchemaResult<P>> {
  try {
    return await schema["~standard"].validate(raw);
  } catch (thrown) {
    const words = thrown instanceof Error ? String(thrown) : `the schema threw ${show(thrown)}`;
    throw new SheafError("USAGE", `The job's params are not valid: ${words}`, { cause: thrown });
  }
}

/** Where in a value an issue is, with a colon: `items.3.url: `; empty for the value itself. */
export function describePath(issue: SchemaIssue): string {
  const keys = (issue.path ?? []).map(keyOf);
  return keys.length === 0 ? "" : `${keys.join(".")}: `;
}

function keyOf(step: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof step === "object" ? step.key : step);
}

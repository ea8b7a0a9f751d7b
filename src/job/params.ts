/**
 * Params: what `--param K=V` or `run({ params })` gives a job, checked by any Standard Schema
 * (valibot, zod, arktype, ...; https://standardschema.dev) before the first task runs.
 */

import { SheafError } from "../base/error.ts";

/** The part of Standard Schema, version 1, that Sheaf uses. */
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

/** Raw params: text from the command line, anything that is plain data from a program. */
export type RawParams = Readonly<Record<string, unknown>>;

/** Checks raw params against the job's schema; without one, no param is accepted. */
export async function validateParams<P>(
  schema: Schema<unknown, P> | undefined,
  raw: RawParams,
): Promise<P> {
  if (schema === undefined) {
    const names = Object.keys(raw);
    if (names.length > 0) {
      throw new SheafError("USAGE", `The job takes no params, but was given "${names.join('", "')}".`);
    }
    return {} as P;
  }
  const result = await schema["~standard"].validate(raw);
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) => `  ${describePath(issue)}${issue.message}`);
  throw new SheafError("USAGE", `The job's params are not valid:\n${issues.join("\n")}`);
}

/** Where in a value an issue is, with a colon: `items.3.url: `; empty for the value itself. */
export function describePath(issue: SchemaIssue): string {
  const keys = (issue.path ?? []).map((step) => String(typeof step === "object" ? step.key : step));
  return keys.length === 0 ? "" : `${keys.join(".")}: `;
}

/**
 * Functions of the job that run in the main thread, because they decide how it is planned: `input`
 * and `output` of the params, `times`, `until`. What they throw is told at the user's own line, and
 * Ctrl-C ends them.
 */

import { AssertionError } from "../base/assert.ts";
import { SheafError } from "../base/error.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import { describeUserError, formatUserError } from "../bundle/user-error.ts";
import { interruptible } from "./interruptible.ts";

/** Calls such a function, which the user knows as `name`. Throws `USER_CODE`. */
export function callJobFunction<T>(bundle: JobBundle, name: string, call: () => T): T {
  try {
    return interruptible(call);
  } catch (thrown) {
    if (thrown instanceof AssertionError) throw thrown;
    const code = thrown instanceof SheafError ? thrown.code : "USER_CODE";
    if (code === "CANCELLED") throw thrown;
    const text = formatUserError(describeUserError(thrown, bundle));
    throw new SheafError(code, `The job's "${name}" function threw.\n\n${text}`, { cause: thrown });
  }
}

/** How a value of the user's is shown in a message: on one line, and cut. */

import { inspect } from "node:util";

/** The value as JavaScript would write it, at most about `charsMax` characters. */
export function show(value: unknown, charsMax = 200): string {
  const text = inspect(value, {
    depth: 3,
    breakLength: Number.POSITIVE_INFINITY,
    maxArrayLength: 20,
    maxStringLength: charsMax,
  });
  return text.length <= charsMax ? text : `${text.slice(0, charsMax)}...`;
}

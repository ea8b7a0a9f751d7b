/**
 * Assertions, always on. A broken invariant is a bug of Sheaf, never of its user: it throws an
 * error of its own class, which no layer catches to carry on.
 */

/** A broken invariant. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Throws unless the condition holds; `reason` says what should have held. */
export function assert(condition: boolean, reason: string): asserts condition {
  if (!condition) throw new AssertionError(`Broken invariant: ${reason}. This is a bug in Sheaf.`);
}

/** For the default branch of an exhaustive `switch`. */
export function unreachable(value: never): never {
  throw new AssertionError(`Broken invariant: unexpected ${JSON.stringify(value)}.`);
}

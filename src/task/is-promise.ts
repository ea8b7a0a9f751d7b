/** Tells async functions by what they return: user functions may be of either kind. */

/** Whether a value can be awaited to some purpose. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

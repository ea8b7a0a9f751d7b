/**
 * `emit.all` as what it means: an emit for each key.
 */

import type { Emit } from "../job/functions.ts";

type PlainEmit = (key: unknown, value: unknown) => void;

/** An `emit` that has the plain `all`. */
export function withAll(emit: PlainEmit): Emit<unknown, unknown> {
  return Object.assign(emit, {
    all: (keys: Iterable<unknown>, value: unknown) => emitEach(emit, keys, value),
  });
}

/** Emits each key with the value. */
export function emitEach(emit: PlainEmit, keys: Iterable<unknown>, value: unknown): void {
  for (const key of keys) emit(key, value);
}

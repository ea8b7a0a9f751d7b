/**
 * Takes over the writes of a stream for a while: a user's module may print at any moment, and must
 * neither tear the live block nor mix its words into NDJSON.
 */

/** The part of a stream that is taken over. */
export interface WritableText {
  write(text: string): unknown;
}

/**
 * Sends every write of `stream` to `take`, which gets the original `write` to pass on what it likes.
 * Returns what undoes it.
 */
export function divertWrites(
  stream: WritableText,
  take: (chunk: string | Uint8Array, write: (text: string | Uint8Array) => void) => void,
): () => void {
  const own = Object.getOwnPropertyDescriptor(stream, "write");
  const original = stream.write as (chunk: string | Uint8Array) => unknown;
  const write = (chunk: string | Uint8Array): void => {
    original.call(stream, chunk);
  };
  stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    take(chunk, write);
    // `write(chunk, encoding?, callback?)`: whoever waits for the callback must get it.
    const callback = rest.find((argument) => typeof argument === "function");
    if (callback !== undefined) queueMicrotask(callback as () => void);
    return true;
  };
  return () => {
    if (own === undefined) Reflect.deleteProperty(stream, "write");
    else Object.defineProperty(stream, "write", own);
  };
}

/**
 * Values as JSON text, for text and NDJSON outputs and the manifest: what JSON has no form for is
 * written as the nearest thing that it has, never dropped in silence. It is always one line.
 */

/**
 * The JSON text of a value. A bigint becomes its digits as a string, bytes become base64, a Date
 * its ISO text, a Set an array, a Map an array of [key, value]; undefined, NaN and the infinities
 * become null (undefined fields of an object are left out, as in JSON.stringify).
 */
export function jsonText(value: unknown): string {
  // A replacer costs 170 against 40 ns for a short string, and 880 against 340 ns for a small
  // object; looking whether it is needed costs 80 ns.
  const text = isPlain(value, 0) ? JSON.stringify(value) : JSON.stringify(value, replace);
  return text ?? "null";
}

const PLAIN_DEPTH_MAX = 64;

/** Whether `JSON.stringify` alone knows what to do. Says no to cycles, which it then reports. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== "object") return typeof value !== "bigint";
  if (value === null) return true;
  if (depth === PLAIN_DEPTH_MAX) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item, depth + 1)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  const fields = value as Record<string, unknown>;
  for (const name in fields) if (!isPlain(fields[name], depth + 1)) return false;
  return true;
}

/** `JSON.stringify` has called `toJSON` by now, so bytes are taken from the holder itself. */
function replace(this: unknown, key: string, value: unknown): unknown {
  if (typeof value !== "object") return typeof value === "bigint" ? value.toString() : value;
  if (value === null) return value;
  if (value instanceof Uint8Array) return base64(value);
  if (value instanceof Set) return [...value];
  if (value instanceof Map) return [...value];
  if (Array.isArray(value)) return value;
  const original = (this as Record<string, unknown>)[key];
  return original instanceof Uint8Array ? base64(original) : value;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

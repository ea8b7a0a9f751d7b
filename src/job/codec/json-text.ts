/**
 * How a value with structure stands in a text or NDJSON output: as JSON, with a rule for each thing
 * that JSON does not know.
 */

/**
 * The JSON of any value that a codec reads. A bigint becomes its decimal digits in a string, bytes
 * their base64, a Map an array of [key, value], a Set an array; NaN, infinities, invalid dates and
 * `undefined` inside an array become null. `undefined` itself has no JSON, and gives "".
 */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, toJson) ?? "";
}

/** A replacer; `this` is the holder, whose value `toJSON` has not touched yet. */
function toJson(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const own = this[key];
  if (typeof own === "bigint") return String(own);
  if (own instanceof Uint8Array) return Buffer.from(own).toString("base64");
  if (own instanceof Map || own instanceof Set) return [...own];
  return value;
}

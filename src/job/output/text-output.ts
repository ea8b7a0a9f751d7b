import type { OutputFormat } from "./output.ts";

export function textOutput<K, V>(): OutputFormat<K, V> {
  throw new Error("not written yet");
}

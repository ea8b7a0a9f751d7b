/**
 * Durations in words, as flags take them (`500ms`, `30s`, `5m`, `1h`) and displays show them.
 */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const DURATION = /^(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h)$/i;

/** What a message may say after "is not a duration". */
export const DURATION_HINT = "write a number and a unit, such as 500ms, 30s, 5m or 1h";

/**
 * Reads a duration: a number and a unit. Undefined if it is none; a bare number is none either,
 * because nobody could tell seconds from milliseconds.
 */
export function parseDurationMs(words: string): number | undefined {
  const match = DURATION.exec(words.trim());
  if (match === null) return undefined;
  const ms = Math.round(Number(match[1]) * UNIT_MS[match[2]!.toLowerCase()]!);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** A duration for people: `340 ms`, `4.2 s`, `59 s`, `3 min 07 s`, `2 h 05 min`, `24 h`. */
export function durationInWords(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return inUnits(minutes, "min", seconds % 60, "s");
  return inUnits(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function inUnits(large: number, largeUnit: string, small: number, smallUnit: string): string {
  if (small === 0) return `${large} ${largeUnit}`;
  return `${large} ${largeUnit} ${String(small).padStart(2, "0")} ${smallUnit}`;
}

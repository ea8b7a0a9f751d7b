/** Numbers as people read them, here in decimal units, because data sizes are given so. */

import type { Measurement } from "../measure/run-process.ts";

/** `500 MB`, `1.5 GB`, `20 bytes`. */
export function sizeText(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${Number(amount.toPrecision(3))} ${units[unit]!}`;
}

/** `5,000,000`. */
export function countText(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** `12.3 s`, and three digits below ten seconds. */
export function secondsText(seconds: number): string {
  return `${seconds < 9.995 ? seconds.toFixed(2) : seconds.toFixed(1)} s`;
}

/** Megabytes without a fraction, or a dash where nobody knows. */
export function peakText(bytes: number | undefined): string {
  return bytes === undefined ? "–" : String(Math.round(bytes / 1e6));
}

/** One run in a line. */
export function figures({ wallS, cpuS, peakBytes }: Measurement): string {
  const cpu = cpuS === undefined ? "" : `, CPU ${secondsText(cpuS)}`;
  const peak = peakBytes === undefined ? "" : `, peak ${peakText(peakBytes)} MB`;
  return `${secondsText(wallS)}${cpu}${peak}`;
}

/** The middle value, or the mean of the two in the middle. @throws RangeError for no values. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("There is no median of no values.");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

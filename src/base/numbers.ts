/**
 * Numbers for people, the same in every locale, because logs are read elsewhere than written.
 */

/** All digits, in groups: `1,234,567`. */
export function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Three digits at the most: `950`, `1.2k`, `45k`, `1.2M`, `3.4G`. */
export function compact(count: number): string {
  const units = ["", "k", "M", "G", "T"];
  let amount = count;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  const digits = unit > 0 && amount < 9.95 ? 1 : 0;
  return `${amount.toFixed(digits)}${units[unit]!}`;
}

/** A count with its noun: `1 spill`, `2,000 spills`; the plural takes an s unless given. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

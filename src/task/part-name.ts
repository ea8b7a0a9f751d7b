/** What parts are called. */

/** `part-00003`, the beginning of a part's name. */
export function partStem(partition: number): string {
  return `part-${String(partition).padStart(5, "0")}`;
}

/** What the part of a partition is called in an output folder. */
export function partName(partition: number, compression: "none" | "gzip"): string {
  return partStem(partition) + (compression === "gzip" ? ".gz" : "");
}

/** What an attempt calls its part until it is committed. */
export function attemptPartName(partition: number, attempt: number): string {
  return `${partStem(partition)}.attempt-${attempt}`;
}

/** The file of a run that the next step of a pipeline reads, in the folder that its step was given. */
export function stepRunName(task: number, attempt: number): string {
  return `run-${task}-${attempt}`;
}

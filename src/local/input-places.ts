/**
 * Where the input of a step is near: what `located()` says of its splits, by host and rack. It decides
 * which worker a map task goes to first, and nothing else.
 */

import { SheafError } from "../base/error.ts";
import { PLACE_NAME_CHARS_MAX } from "../base/limits.ts";
import { show } from "../base/show.ts";
import type { JobBundle } from "../bundle/job-bundle.ts";
import type { InputFormat, Segment, Split } from "../job/input/input.ts";
import { callJobFunction } from "./job-function.ts";

/** Names of hosts and racks for one piece. */
const NAMES_MAX = 100;
/** What all of it may take in a command of the masters' log, and what there a task takes, and a label. */
const PLACES_BYTES_MAX = 3 * 1024 * 1024;
const TASK_BYTES = 5;
const LABEL_BYTES = 25;
/** Of a split's bytes, what must be near a host for the split to be. */
const NEAR_SHARE = 1 / 2;

/** See the head of this file. */
export interface InputPlaces {
  /** By the name of a host or a rack, the splits that are near it, in increasing order. */
  readonly byLabel: readonly { readonly label: string; readonly tasks: readonly number[] }[];
  /** The first split of which nothing is known because there was too much to know, if there is one. */
  readonly endsAt: number | undefined;
}

/** Where nothing is known. */
export const NO_PLACES: InputPlaces = { byLabel: [], endsAt: undefined };

/**
 * Asks the job's own function.
 *
 * @throws SheafError `USER_CODE` for what it throws, `JOB_INVALID` for what is no list of names.
 */
export function placesOf(
  bundle: JobBundle,
  { locate }: InputFormat<unknown, unknown>,
  splits: readonly Split[],
): InputPlaces {
  if (locate === undefined) return NO_PLACES;
  const namesOf = ({ file: { path }, start, end }: Segment): unknown =>
    locate({ path, start, end });
  const answers = callJobFunction(bundle, "located", () =>
    splits.map(({ segments }) => segments.map(namesOf)),
  );
  const tasks = new Map<string, number[]>();
  let bytes = 0;
  for (const { index, segments } of splits) {
    const labels = labelsOf(segments, answers[index]!);
    for (const label of labels) {
      bytes += TASK_BYTES + (tasks.has(label) ? 0 : LABEL_BYTES + Buffer.byteLength(label));
    }
    if (bytes > PLACES_BYTES_MAX) return { byLabel: listed(tasks), endsAt: index };
    for (const label of labels) {
      const near = tasks.get(label);
      if (near === undefined) tasks.set(label, [index]);
      else near.push(index);
    }
  }
  return { byLabel: listed(tasks), endsAt: undefined };
}

function listed(tasks: ReadonlyMap<string, readonly number[]>): InputPlaces["byLabel"] {
  return [...tasks].map(([label, near]) => ({ label, tasks: near }));
}

/** The names that hold for so much of the split that it is near them. */
function labelsOf(segments: readonly Segment[], answers: readonly unknown[]): string[] {
  const weights = new Map<string, number>();
  let total = 0;
  for (const [i, { start, end }] of segments.entries()) {
    // A file without a byte may be a record nevertheless.
    const weight = Math.max(1, end - start);
    total += weight;
    for (const name of checkedNames(answers[i])) {
      weights.set(name, (weights.get(name) ?? 0) + weight);
    }
  }
  return [...weights].flatMap(([name, weight]) => (weight >= total * NEAR_SHARE ? [name] : []));
}

/** Without repetitions. A worker that has no name goes by the empty one, which nothing is near. */
function checkedNames(answer: unknown): ReadonlySet<string> {
  const isName = (name: unknown) => typeof name === "string" && name.length <= PLACE_NAME_CHARS_MAX;
  if (!Array.isArray(answer) || answer.length > NAMES_MAX || !answer.every(isName)) {
    throw new SheafError(
      "JOB_INVALID",
      `The function of located() returned ${show(answer)}; it must return a list of at most ` +
        `${NAMES_MAX} names of hosts and racks, each of at most ${PLACE_NAME_CHARS_MAX} characters.`,
    );
  }
  const names = new Set<string>(answer);
  names.delete("");
  return names;
}

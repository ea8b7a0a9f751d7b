/**
 * An output on S3 as it is found when a job of a cluster has ended, in whatever way.
 */

import type { TestBucket } from "../../support/s3/bucket.ts";

/** What lies there. */
export interface FoundOnS3 {
  /** The names below the output, the ids of runs being shown as "RUN". */
  readonly names: readonly string[];
  /** The bytes of each part, in latin1 so that a difference is readable. */
  readonly parts: readonly string[];
  /** The keys of uploads that nobody has finished or given up. */
  readonly uploads: readonly string[];
}

/** Nothing at all. */
export const NOTHING: FoundOnS3 = { names: [], parts: [], uploads: [] };

/** Looks at an output. */
export async function foundAt(bucket: TestBucket, output: string): Promise<FoundOnS3> {
  const keys = await bucket.keys(`${output}/`);
  const names = keys.map((key) => key.slice(output.length + 1).replace(/[0-9a-f]{16}/, "RUN"));
  const parts: string[] = [];
  for (const key of keys.filter((each) => each.includes("part-"))) {
    parts.push((await bucket.get(key)).toString("latin1"));
  }
  const uploads = (await bucket.uploads()).filter((key) => key.startsWith(`${output}/`));
  return { names, parts, uploads };
}

/** What there is of a whole output of these two parts, and nothing else. */
export function whole(parts: readonly string[]): FoundOnS3 {
  return { names: ["_SUCCESS", "part-00000-RUN", "part-00001-RUN"], parts, uploads: [] };
}

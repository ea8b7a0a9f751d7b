/** What the suites of the cluster have in common. */

import path from "node:path";
import type { Sheaf } from "../peers/sheaf.ts";

/** Their heading in the report. */
export const CLUSTER_SECTION = "The cluster";

/** The path of a job of bench/jobs. */
export function jobFile(sheaf: Sheaf, name: string): string {
  return path.join(sheaf.root, "bench", "jobs", `${name}.ts`);
}

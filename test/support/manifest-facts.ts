/** The facts of a finished job, for tests of manifests. */

import { zeroTaskCounters } from "../../src/job/counters.ts";
import type { ManifestFacts } from "../../src/job/manifest.ts";

export const MANIFEST_FACTS: ManifestFacts = {
  sheaf: "0.1.0",
  job: "word-count",
  finishedMs: Date.UTC(2025, 0, 2, 3, 4, 5),
  parts: [{ name: "part-00000", records: 2, bytes: 9, crc32: "0000abcd" }],
  counters: { task: zeroTaskCounters(), user: { lines: 3 } },
  steps: [{ step: 0, iteration: 1, counters: { task: zeroTaskCounters(), user: { lines: 3 } } }],
  skippedRecords: 1,
};

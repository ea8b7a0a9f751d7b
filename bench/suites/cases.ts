/** All suites, in the order in which they run. */

import type { SuiteMaker } from "../suite.ts";
import { clusterDispatch } from "./cluster-dispatch.ts";
import { clusterFailover } from "./cluster-failover.ts";
import { clusterPings } from "./cluster-pings.ts";
import { clusterRuns } from "./cluster-runs.ts";
import { containers } from "./containers.ts";
import { grepChoice, grepWord } from "./grep.ts";
import { groupCommands } from "./group-commands.ts";
import { invertedIndex } from "./inverted-index.ts";
import { manyKeys, oneKey } from "./memory.ts";
import { shuffleStream } from "./shuffle-stream.ts";
import { sortLines } from "./sort-lines.ts";
import { sortRecords } from "./sort-records.ts";
import { startup } from "./startup.ts";
import { wordCount } from "./word-count.ts";

/** A name on the command line stands for one suite or several. */
export const CASES: Readonly<Record<string, readonly SuiteMaker[]>> = {
  "word-count": [wordCount],
  "sort-records": [sortRecords],
  "sort-lines": [sortLines],
  grep: [grepWord, grepChoice],
  "inverted-index": [invertedIndex],
  startup: [startup],
  memory: [manyKeys, oneKey],
  "shuffle-stream": [shuffleStream],
  containers: [containers],
  cluster: [clusterRuns, clusterDispatch, clusterPings, clusterFailover, groupCommands],
};

/** The flags of the benchmark. */

import { parseArgs } from "node:util";
import { PEER_NAMES } from "./peers/roster.ts";
import { CASES } from "./suites/cases.ts";

export const USAGE = `Usage: npm run bench -- [flags]

  --size SIZE     size of each input, in decimal units (500MB)
  --runs N        rounds: each contender runs once in each (5)
  --cases A,B     ${Object.keys(CASES).join(", ")} (all)
  --peers A,B     ${PEER_NAMES.join(", ")}, or none (all)
  --slots N       threads for each contender (2)
  --leader-kills N  how often the case "cluster" kills a leader (20)
  --out FILE      where the report goes (bench/RESULTS.md for a full benchmark,
                  bench/.data/results.md for a part of it)
  --smoke         one round on little data, to prove that all works; installs and
                  runs no Spark unless --peers names it
  --discard-data  removes the generated inputs at the end, which are kept otherwise
`;

/** See the head of this file. */
export interface Options {
  readonly sizeBytes: number;
  readonly rounds: number;
  readonly cases: readonly string[];
  readonly peers: readonly string[];
  readonly slots: number;
  readonly leaderDeaths: number;
  readonly emptyTasks: number;
  readonly spinMs: number;
  /** Undefined for the usual place. */
  readonly out: string | undefined;
  readonly smoke: boolean;
  readonly keepData: boolean;
  /** All cases and all peers: what may replace bench/RESULTS.md unasked. */
  readonly isFull: boolean;
}

const SMOKE_BYTES = 2_000_000;
const FULL_BYTES = 500_000_000;
const SMOKE_TASKS = 200;
const FULL_TASKS = 10_000;
const SMOKE_SPIN_MS = 3000;
const FULL_SPIN_MS = 60_000;
const LEADER_DEATHS = 20;

/** Reads the flags. @throws Error with a sentence for the user. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: "string" },
      runs: { type: "string" },
      cases: { type: "string" },
      peers: { type: "string" },
      slots: { type: "string" },
      "leader-kills": { type: "string" },
      out: { type: "string" },
      smoke: { type: "boolean", default: false },
      "discard-data": { type: "boolean", default: false },
    },
  });
  const { smoke } = values;
  const quickPeers = PEER_NAMES.filter((name) => name !== "spark");
  return {
    sizeBytes:
      values.size === undefined ? (smoke ? SMOKE_BYTES : FULL_BYTES) : readSize(values.size),
    rounds: values.runs === undefined ? (smoke ? 1 : 5) : readCount("--runs", values.runs),
    cases: readNames("--cases", values.cases, Object.keys(CASES), Object.keys(CASES)),
    peers: readNames("--peers", values.peers, PEER_NAMES, smoke ? quickPeers : PEER_NAMES),
    slots: values.slots === undefined ? 2 : readCount("--slots", values.slots),
    leaderDeaths: readLeaderDeaths(values["leader-kills"], smoke),
    emptyTasks: smoke ? SMOKE_TASKS : FULL_TASKS,
    spinMs: smoke ? SMOKE_SPIN_MS : FULL_SPIN_MS,
    out: values.out,
    smoke,
    keepData: !values["discard-data"],
    isFull: !smoke && values.cases === undefined && values.peers === undefined,
  };
}

function readLeaderDeaths(words: string | undefined, smoke: boolean): number {
  if (words !== undefined) return readCount("--leader-kills", words);
  return smoke ? 1 : LEADER_DEATHS;
}

function readSize(words: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]?)b?$/i.exec(words);
  if (match === null) throw new Error(`--size takes a size such as 500MB, not "${words}".`);
  const power = { "": 1, k: 1e3, m: 1e6, g: 1e9 }[match[2]!.toLowerCase()]!;
  const bytes = Math.round(Number(match[1]) * power);
  if (bytes < 1e5 || bytes > 1e11) throw new Error("--size must be between 100KB and 100GB.");
  return bytes;
}

function readCount(flag: string, words: string): number {
  if (/^[1-9]\d{0,2}$/.test(words)) return Number(words);
  throw new Error(`${flag} takes a number from 1 to 999, not "${words}".`);
}

function readNames(
  flag: string,
  words: string | undefined,
  known: readonly string[],
  otherwise: readonly string[],
): readonly string[] {
  if (words === undefined) return otherwise;
  if (words === "none" && flag === "--peers") return [];
  const names = words.split(",");
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new Error(`${flag} knows no "${unknown}". There are: ${known.join(", ")}.`);
}

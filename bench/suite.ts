/**
 * The words of the benchmark. A suite is one question with one right answer; its contenders each
 * answer it with a process of their own, in turn; its goals compare two of them, or one with a
 * bound.
 */

import type { DataFolder } from "./data/data-folder.ts";
import type { Answer } from "./measure/answers.ts";
import type { Command } from "./measure/run-process.ts";
import type { Toolbox } from "./peers/toolbox.ts";

/** What all suites are made from. */
export interface Setting {
  /** Size of the input of an ordinary suite. */
  readonly sizeBytes: number;
  /** Threads that every contender may use, unless its label says otherwise. */
  readonly slots: number;
  /** How often the median of a check is measured. */
  readonly rounds: number;
  /** Tasks of a job that does nothing. */
  readonly emptyTasks: number;
  /** How often a leader is killed. */
  readonly leaderDeaths: number;
  /** How long all workers spin while they are pinged. */
  readonly spinMs: number;
  readonly data: DataFolder;
  readonly tools: Toolbox;
}

/** Makes a suite, its data included. */
export interface SuiteMaker {
  readonly id: string;
  make(setting: Setting): Suite;
}

/** See the head of this file. */
export interface Suite {
  readonly title: string;
  /** What is read, for the report. */
  readonly input: string;
  /** Read once before the first run, so that nobody pays for the disk. */
  readonly inputPaths: readonly string[];
  /** Ours and theirs, in the order of their turns; those whose tool is absent sit out. */
  readonly contenders: readonly Contender[];
  /** What makes two answers the same. */
  readonly answer: Answer;
  readonly goals: readonly Goal[];
  /** Rounds at the most, where one is enough or many would take too long. */
  readonly roundsMax?: number;
  /** Facts beside the timings. */
  readonly checks?: readonly Check[];
  /** The heading in the report that its checks stand under, unless among the goals. */
  readonly section?: string;
}

/** One way to answer the question. */
export interface Contender {
  /** Unique within the suite. */
  readonly id: string;
  /** For the report: `mawk, 1 thread`. */
  readonly label: string;
  readonly tool: Tool;
  command(run: RunFolder): Command;
  /** The files that hold the answer after the run, in order. */
  output(run: RunFolder): readonly string[];
}

/** Where one run may write. */
export interface RunFolder {
  /** Does not exist yet: a file or a folder, as the contender likes. */
  readonly output: string;
  /** An empty folder for temporary files. */
  readonly scratch: string;
}

/** A program that may be there or not. */
export interface Tool {
  readonly name: string;
  /** Looks for it, and installs it where that is the benchmark's business. */
  find(): FoundTool;
}

/** A tool's version, or why it takes no part. */
export type FoundTool = { readonly version: string } | { readonly absent: string };

/** A goal in a row of the report; `ours` and `peer` are ids of contenders. */
export type Goal =
  | RatioGoal
  | {
      readonly kind: "seconds";
      readonly name: string;
      readonly ours: string;
      readonly atMost: number;
    }
  | {
      readonly kind: "speed-up";
      readonly name: string;
      readonly ours: string;
      readonly peer: string;
      readonly atLeast: number;
    }
  | {
      readonly kind: "memory";
      readonly name: string;
      readonly ours: string;
      readonly peer: string;
      readonly bytesMax: number;
    };

/** Our wall time divided by the peer's; without `atMost` it is told and not judged. */
export interface RatioGoal {
  readonly kind: "ratio";
  readonly name: string;
  readonly ours: string;
  readonly peer: string;
  readonly atMost?: number;
}

/** A fact that holds or not. */
export interface Check {
  readonly name: string;
  /** In words; it holds or not, unless given. */
  readonly goal?: string;
  /** What it needs; without it the check is left out. */
  readonly tool: Tool;
  run(scratch: string): Promise<CheckFinding>;
}

/** What a check has found, in words, and whether it is as it should be. */
export interface CheckFinding {
  readonly found: string;
  /** Undefined where nothing is asked of it. */
  readonly met: boolean | undefined;
}

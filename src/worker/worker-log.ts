/**
 * What a worker tells whoever runs it: few lines, one for each thing that changes. What becomes of
 * them, text or JSON, is for the command line to say.
 */

/** The kinds of lines, by the names that stand in JSON. */
export type WorkerEvent =
  | "listening"
  | "registered"
  | "disconnected"
  | "refused"
  | "new-life"
  | "job-begun"
  | "job-forgotten"
  | "attempt-failed"
  | "trouble"
  | "ended";

/** Facts beside the words, for programs. */
export type LogFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/** See the head of this file. */
export interface WorkerLog {
  info(event: WorkerEvent, words: string, facts?: LogFacts): void;
  warn(event: WorkerEvent, words: string, facts?: LogFacts): void;
}

/**
 * Docker, as it is on this machine: whether an engine answers, and which compose there is, the plugin
 * (`docker compose`) or the program of old (`docker-compose`).
 */

import { spawnSync } from "node:child_process";

/** An engine that answers, or why there is none. */
export type Engine =
  | { readonly runs: true; readonly compose: readonly string[]; readonly version: string }
  | { readonly runs: false; readonly reason: string };

/** See the head of this file. */
export function findEngine(): Engine {
  const version = answer("docker", "version", "--format", "{{.Server.Version}}");
  if (version === undefined) return { runs: false, reason: "no Docker engine answers" };
  const composes = [["docker", "compose"], ["docker-compose"]];
  const compose = composes.find((words) => answer(...words, "version", "--short") !== undefined);
  if (compose === undefined) return { runs: false, reason: "there is no docker compose" };
  return { runs: true, compose, version };
}

/** What a program prints; undefined if it is not there, or fails. */
function answer(...words: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(words[0]!, words.slice(1), { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

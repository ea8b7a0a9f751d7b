/**
 * An input format that says where its files are near, so that a cluster runs map tasks there. The formats
 * know files and no machines; only whoever lays files out knows both.
 */

import { SheafError } from "../../base/error.ts";
import type { InputFormat, InputPiece } from "./input.ts";

/**
 * An input format with word of where its files are. `locate` is asked for each piece of a file that a
 * map task is to read, and names the hosts that have it near, their racks too if it knows them, in any
 * order; none if it does not know.
 *
 * On a cluster, map tasks then go first to the workers that were started with `--host` or `--rack` and
 * one of those names. A task waits half a second for a slot on such a host, half a second more for one in
 * such a rack, and then takes any. Small files that share a map task are near what half of their bytes
 * are near. A name that no worker goes by does no harm, and the output is the same wherever tasks run. A
 * run on one machine does not ask.
 *
 * `locate` is called where the job is planned, on the master, and cannot be async. The masters keep about
 * 600,000 names: of 200,000 tasks, three each. The tasks after that run anywhere, which the job warns of.
 *
 * @throws SheafError `JOB_INVALID` for what is no format of files, or no function.
 * @example
 * ```ts
 * import { defineJob, identity, located, string, text } from "sheaf";
 *
 * // Each machine writes its logs below a folder of its name: /logs/web-3/access.log
 * export default defineJob({
 *   input: located(text(), ({ path }) => [path.split("/")[2] ?? ""]),
 *   intermediate: { key: string(), value: string() },
 *   map({ path }, line, emit) {
 *     if (line.includes(" 500 ")) emit(path, line);
 *   },
 *   reduce: identity,
 * });
 * ```
 */
export function located<K, V>(
  format: InputFormat<K, V>,
  locate: (piece: InputPiece) => readonly string[],
): InputFormat<K, V> {
  if (typeof format?.open !== "function") {
    throw invalid("located() takes an input format such as text(), and a function.");
  }
  if (format.step !== undefined) {
    throw invalid(`located() is about files, and ${format.name} reads none.`);
  }
  if (typeof locate !== "function") {
    throw invalid(`located(${format.name}, ...) takes a function that names hosts.`);
  }
  return { ...format, locate };
}

function invalid(message: string): SheafError {
  return new SheafError("JOB_INVALID", message);
}

/**
 * The environment variables that a job's code sees on a cluster, in the slots of workers and where a
 * master plans it: those that its submitter gave it, and of the node's own only what it takes to find
 * one's way on this machine and to reach S3. So what a node was started with for its own use, its
 * token for one, does not leak into logs and outputs.
 */

const NAMES = new Set(["HOME", "LANG", "PATH", "TMPDIR", "TZ", "SHEAF_S3_TIMEOUT"]);
const PREFIXES = ["AWS_", "LC_"];

/** The given variables over those of this process. */
export function jobEnvironment(
  given: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const passed = Object.entries(own).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      (NAMES.has(entry[0]) || PREFIXES.some((prefix) => entry[0].startsWith(prefix))),
  );
  return { ...Object.fromEntries(passed), ...given };
}

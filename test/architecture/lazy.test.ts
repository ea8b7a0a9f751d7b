/**
 * A job on one machine pays for nothing of the cluster: what `sheaf run` loads has no gRPC in it.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { requireBuild } from "../docs/support/snippet-project.ts";

const ROOT = join(import.meta.dirname, "../..");

test("sheaf run loads neither gRPC nor src/rpc", () => {
  requireBuild();
  const folder = mkdtempSync(join(tmpdir(), "sheaf-lazy-"));
  try {
    const log = join(folder, "loaded.txt");
    // A loader that writes down whatever is loaded, in the process and in its threads.
    const hooks = `import { appendFileSync } from "node:fs";
      export async function load(url, context, next) {
        appendFileSync(${JSON.stringify(log)}, url + "\\n");
        return next(url, context);
      }`;
    const register = `import { register } from "node:module";
      register("data:text/javascript,${encodeURIComponent(hooks)}");`;
    writeFileSync(join(folder, "register.mjs"), register);
    writeFileSync(join(folder, "in.txt"), "to be or not to be\n");
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        ...["--import", join(folder, "register.mjs"), join(ROOT, "bin/sheaf")],
        ...["run", join(ROOT, "examples/word-count.ts"), join(folder, "in.txt"), "-q"],
        ...["-o", join(folder, "out"), "--slots", "1"],
      ],
      { encoding: "utf8" },
    );
    expect(status, stderr).toBe(0);
    const loaded = readFileSync(log, "utf8").split("\n");
    const sources = loaded.flatMap(sourcesOf);
    expect(sources.some((path) => path.endsWith("src/local/run.ts"))).toBe(true);
    expect(sources.some((path) => path.endsWith("src/slot/slot-thread.ts"))).toBe(true);
    expect(sources.filter((path) => path.includes("src/rpc/"))).toEqual([]);
    expect(loaded.filter((url) => /@grpc|protobuf/.test(url))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** The sources that a file of the build was made of. */
function sourcesOf(url: string): string[] {
  if (!url.startsWith(pathToFileURL(join(ROOT, "dist")).href)) return [];
  return (JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, "utf8")) as SourceMap).sources;
}

interface SourceMap {
  readonly sources: string[];
}

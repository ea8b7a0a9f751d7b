import type * as Fs from "node:fs";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { errorOf, manifestOf, OutputFolder, writePart } from "../../test/support/output-folder.ts";
import { SheafError } from "../base/error.ts";
import { putBack } from "./output-publish.ts";

/** The power over the disk: how many more changes it takes, and what happens then. */
const disk = vi.hoisted(() => ({
  changesLeft: Infinity,
  mood: "works" as "works" | "died" | "refuses",
}));

// Every change to the disk goes through here. "died": no change is made any more, as if the process
// had been killed; "refuses": one change fails, as if the system had refused it.
vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof Fs>();
  const guard = <A extends unknown[], R>(change: (...args: A) => R) => {
    return (...args: A): R => {
      disk.changesLeft--;
      const refused = disk.mood === "died" ? disk.changesLeft < 0 : disk.changesLeft === -1;
      if (refused && disk.mood !== "works") throw new Error(`The disk refuses ${change.name}.`);
      return change(...args);
    };
  };
  return {
    ...fs,
    chmodSync: guard(fs.chmodSync),
    mkdirSync: guard(fs.mkdirSync),
    renameSync: guard(fs.renameSync),
    rmdirSync: guard(fs.rmdirSync),
    rmSync: guard(fs.rmSync),
    writeFileSync: guard(fs.writeFileSync),
  };
});

let folder: OutputFolder;
beforeEach(() => {
  folder = new OutputFolder();
});
afterEach(() => {
  calm();
  folder.remove();
});

function calm(): void {
  disk.changesLeft = Infinity;
  disk.mood = "works";
}

/** More than any commit makes. */
const CHANGES_MAX = 100;

/** The ways to publish: beside the output, or inside it because the user is there. */
const PLACES = ["by rename", "by moving"] as const;
const BEFORE = ["missing", "empty", "old"] as const;
const CASES = PLACES.flatMap((place) =>
  BEFORE.filter((before) => place === "by rename" || before !== "missing").map(
    (before) => [place, before] as const,
  ),
);

const RUN = "0123456789abcdef";
const LOGGED = { phase: "map", task: 0, attempt: 0 } as const;

/** A job that is about to commit "new" over what was there before. */
function readyJob(place: (typeof PLACES)[number], before: (typeof BEFORE)[number]) {
  if (before === "old") folder.runJob("old");
  if (before === "empty") mkdirSync(folder.path);
  const cwd = place === "by moving" ? folder.path : folder.around;
  const job = folder.committer({ jobId: RUN, overwrite: before === "old", cwd });
  job.prepare();
  const parts = ["ne", "w"].map((text, partition) => writePart(job, partition, 0, text));
  for (const [partition, part] of parts.entries()) job.commitTask(partition, 0, part);
  job.sideFiles.write(LOGGED, { bad: [], log: "hello\n" });
  job.sideFiles.commit(LOGGED);
  return { job, parts };
}

/** The staging folders that are left. */
function stagings(): string[] {
  const all = [folder.around, folder.path].filter((parent) => existsSync(parent));
  return all.flatMap((parent) => readdirSync(parent)).filter((name) => name.includes(".sheaf-"));
}

/** The text of a complete output, "empty" or "missing"; anything else throws. */
function whatIsThere(): string {
  if (!existsSync(folder.path)) return "missing";
  const names = readdirSync(folder.path).filter((name) => !name.startsWith(".sheaf-"));
  if (names.length === 0) return "empty";
  const text = folder.text();
  const expected = ["_SUCCESS", ...(text === "new" ? ["_logs"] : []), "part-00000", "part-00001"];
  expect(names.sort()).toEqual(expected);
  return text;
}

/** Makes the staging folder that a killed process left one of a dead process. */
function bury(): void {
  for (const parent of [folder.around, folder.path]) {
    const names = existsSync(parent) ? readdirSync(parent) : [];
    for (const name of names.filter((each) => each.includes(".sheaf-"))) {
      const path = join(parent, name, "owner.json");
      if (!existsSync(path)) continue;
      const owner = JSON.parse(readFileSync(path, "utf8")) as object;
      // The number is above what any system gives out.
      writeFileSync(path, JSON.stringify({ ...owner, pid: 2 ** 30 }));
    }
  }
}

describe.each(CASES)("a commit %s where the output was %s", (place, before) => {
  test("killed at any change: complete or not there, and the next job clears up", () => {
    const seen = new Set<string>();
    for (let changes = 0; ; changes++) {
      expect(changes).toBeLessThan(CHANGES_MAX);
      folder.remove();
      folder = new OutputFolder();
      const { job } = readyJob(place, before);
      disk.changesLeft = changes;
      disk.mood = "died";
      let killed = true;
      try {
        job.commitJob(manifestOf(job));
        killed = disk.changesLeft < 0;
      } catch {
        // Nothing after the moment of death may count.
      }
      calm();
      // As it lies there: a manifest means that all of it is there, and for good.
      const manifested = existsSync(join(folder.path, "_SUCCESS")) ? folder.text() : "";
      expect(["", "old", "new"]).toContain(manifested);

      bury();
      folder.committer({ overwrite: true }).check([]);
      const there = whatIsThere();
      expect([before, "new"]).toContain(there);
      if (manifested === "new") expect(there).toBe("new");
      seen.add(there);
      expect(stagings()).toEqual([]);
      if (!killed) break;
    }
    expect([...seen].sort()).toEqual([before, "new"].sort());
  });

  test("killed at any change: another process under the same id completes it", () => {
    for (let killed = true, changes = 0; killed; changes++) {
      expect(changes).toBeLessThan(CHANGES_MAX);
      folder.remove();
      folder = new OutputFolder();
      const { job, parts } = readyJob(place, before);
      disk.changesLeft = changes;
      disk.mood = "died";
      try {
        job.commitJob(manifestOf(job, RUN));
      } catch {
        // Nothing after the moment of death may count.
      }
      killed = disk.changesLeft < 0;
      calm();
      const next = folder.committer({ jobId: RUN, overwrite: before === "old" });
      if (next.published() === undefined && next.resume()) {
        for (const [partition, part] of parts.entries()) next.commitTask(partition, 0, part);
        next.sideFiles.commit(LOGGED);
        next.commitJob(manifestOf(next));
      }
      expect(whatIsThere()).toBe("new");
      expect(stagings()).toEqual([]);
    }
  });

  test("refused any one change: all is as it was before, or all is new", () => {
    let refusals = 0;
    for (let changes = 0; ; changes++) {
      expect(changes).toBeLessThan(CHANGES_MAX);
      folder.remove();
      folder = new OutputFolder();
      const { job } = readyJob(place, before);
      disk.changesLeft = changes;
      disk.mood = "refuses";
      let failed = false;
      try {
        job.commitJob(manifestOf(job));
      } catch (error) {
        failed = true;
        refusals++;
        expect(error).toBeInstanceOf(SheafError);
        expect(error).toMatchObject({ code: "OUTPUT_FAILED" });
      }
      const done = disk.changesLeft >= 0;
      calm();
      job.abort();
      expect(whatIsThere()).toBe(failed ? before : "new");
      if (done) break;
    }
    // The manifest, the side folders and one rename at the least.
    expect(refusals).toBeGreaterThanOrEqual(3);
  });
});

describe("publish", () => {
  test("an old output that cannot be put back is kept, and the message says where", () => {
    // The disk dies one change later each time, until that is between the two renames.
    let staging = "";
    for (let changes = 0; staging === ""; changes++) {
      expect(changes).toBeLessThan(CHANGES_MAX);
      folder.remove();
      folder = new OutputFolder();
      const { job } = readyJob("by rename", "old");
      disk.changesLeft = changes;
      disk.mood = "died";
      const error = errorOf(() => job.commitJob(manifestOf(job)));
      calm();
      if (existsSync(folder.path)) continue;
      staging = join(folder.around, readdirSync(folder.around)[0]!);
      expect(error.code).toBe("OUTPUT_FAILED");
      expect(error.message).toContain(`It is kept in ${staging}; move it back by hand.`);
      job.abort();
    }
    expect(readFileSync(join(staging, "old", "part-00000"), "utf8")).toBe("o");
  });
});

describe("putBack", () => {
  test("never removes an old output that a folder of somebody else's has followed", () => {
    const staging = join(folder.around, "staging");
    for (const name of ["old", "new"]) mkdirSync(join(staging, name), { recursive: true });
    mkdirSync(folder.path);
    expect(putBack(staging, folder.path)).toBe(false);
    expect(statSync(join(staging, "old")).isDirectory()).toBe(true);
  });

  test("leaves what others have put among the entries that came in", () => {
    const staging = join(folder.around, "staging");
    for (const name of ["moved", "new"]) mkdirSync(join(staging, name), { recursive: true });
    writeFileSync(join(staging, "moved", "_SUCCESS"), "old");
    mkdirSync(folder.path);
    for (const name of ["part-00000", "theirs"]) writeFileSync(join(folder.path, name), name);
    expect(putBack(staging, folder.path)).toBe(true);
    expect(readdirSync(folder.path).sort()).toEqual(["_SUCCESS", "theirs"]);
  });
});

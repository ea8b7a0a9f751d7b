import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  BAD_RECORD,
  errorOf,
  manifestOf,
  OutputFolder,
  writePart,
} from "../../test/support/output-folder.ts";

let folder: OutputFolder;
beforeEach(() => {
  folder = new OutputFolder();
});
afterEach(() => folder.remove());

describe("FolderCommitter", () => {
  test("parts appear with their manifest, all at once, and nothing else does", () => {
    const job = folder.committer();
    job.check([]);
    job.prepare();
    const one = writePart(job, 1, 0, "b\n");
    expect(job.commitTask(0, 2, writePart(job, 0, 2, "a\n")).name).toBe("part-00000");
    job.commitTask(1, 0, one);
    expect(existsSync(folder.path)).toBe(false);
    job.commitJob(manifestOf(job));
    expect(readdirSync(folder.path).sort()).toEqual(["_SUCCESS", "part-00000", "part-00001"]);
    expect(readdirSync(folder.around)).toEqual(["out"]);
    expect(folder.text()).toBe("a\nb\n");
  });

  test("compressed parts are named .gz", () => {
    const job = folder.committer({ compression: "gzip" });
    job.prepare();
    expect(job.commitTask(3, 0, writePart(job, 3, 0, "x")).name).toBe("part-00003.gz");
    job.abort();
  });

  test("a partition has one winner; the part of a later attempt is removed", () => {
    const job = folder.committer();
    job.prepare();
    const late = writePart(job, 0, 1, "late");
    const won = job.commitTask(0, 0, writePart(job, 0, 0, "first"));
    expect(job.commitTask(0, 1, late)).toEqual(won);
    expect(job.commitTask(0, 0, late)).toEqual(won);
    expect(existsSync(job.partPath(0, 1))).toBe(false);
    job.commitJob(manifestOf(job));
    expect(folder.text()).toBe("first");
  });

  test("what attempts that lost have left is not published", () => {
    const job = folder.committer();
    job.prepare();
    writePart(job, 0, 0, "died half-way");
    job.sideFiles.write({ phase: "map", task: 7, attempt: 0 }, { bad: [], log: "died" });
    job.commitTask(0, 1, writePart(job, 0, 1, "won"));
    job.commitJob(manifestOf(job));
    expect(readdirSync(folder.path).sort()).toEqual(["_SUCCESS", "part-00000"]);
  });

  test("bad records and logs of winners are published in folders of their own", () => {
    const job = folder.committer();
    job.prepare();
    const map = { phase: "map", task: 3, attempt: 1 } as const;
    const step = { ...map, phase: "reduce", step: { step: 2, iteration: 5 } } as const;
    job.sideFiles.write(map, { bad: [BAD_RECORD], log: "hello\n" });
    job.sideFiles.write(step, { bad: [], log: "there\n" });
    job.sideFiles.commit(map);
    job.sideFiles.commit(step);
    job.sideFiles.commit({ phase: "map", task: 4, attempt: 0 });
    job.commitJob(manifestOf(job));
    expect(readdirSync(join(folder.path, "_bad"))).toEqual(["map-00003.ndjson"]);
    expect(readdirSync(join(folder.path, "_logs")).sort()).toEqual([
      "map-00003.log",
      "step-2.5-reduce-00003.log",
    ]);
    expect(readFileSync(join(folder.path, "_logs", "map-00003.log"), "utf8")).toBe("hello\n");
  });

  test("bad records and logs that a process which died has left get their names from the next", () => {
    const dead = folder.committer({ jobId: "job-1" });
    dead.prepare();
    const map = { phase: "map", task: 3, attempt: 1 } as const;
    dead.sideFiles.write(map, { bad: [BAD_RECORD], log: "hello\n" });
    const job = folder.committer({ jobId: "job-1" });
    expect(job.resume()).toBe(true);
    job.sideFiles.commit(map);
    job.sideFiles.commit(map);
    job.commitJob(manifestOf(job));
    expect(readdirSync(join(folder.path, "_bad"))).toEqual(["map-00003.ndjson"]);
    expect(readdirSync(join(folder.path, "_logs"))).toEqual(["map-00003.log"]);
  });

  test("a file that is not of the size written is a broken invariant", () => {
    const job = folder.committer();
    job.prepare();
    const part = writePart(job, 0, 0, "whole");
    expect(() => job.commitTask(0, 0, { ...part, bytes: 4 })).toThrow("Broken invariant");
    job.abort();
  });

  test("missing parents are made, and go again when the job fails", () => {
    folder.path = join(folder.around, "a", "b", "out");
    const job = folder.committer();
    job.check([]);
    job.prepare();
    expect(readdirSync(dirname(folder.path))).toHaveLength(1);
    job.abort();
    expect(readdirSync(folder.around)).toEqual([]);
    folder.runJob("x");
    expect(folder.text()).toBe("x");
  });

  test("abort leaves the parents that somebody else uses by now", () => {
    folder.path = join(folder.around, "a", "out");
    const job = folder.committer();
    job.prepare();
    writeFileSync(join(folder.around, "a", "other"), "");
    job.abort();
    expect(readdirSync(join(folder.around, "a"))).toEqual(["other"]);
  });

  test("abort leaves nothing of what was written; before prepare it does nothing", () => {
    const job = folder.committer();
    job.abort();
    job.prepare();
    job.commitTask(0, 0, writePart(job, 0, 0, "x"));
    writePart(job, 1, 0, "y");
    job.abort();
    job.abort();
    expect(readdirSync(folder.around)).toEqual([]);
  });

  test("abort after the commit leaves the output alone", () => {
    const job = folder.committer();
    job.prepare();
    job.commitJob(manifestOf(job));
    job.abort();
    expect(readdirSync(folder.path)).toEqual(["_SUCCESS"]);
  });

  test("overwrite replaces the old output at the commit, and not before", () => {
    folder.runJob("old");
    const job = folder.committer({ overwrite: true });
    job.check([]);
    job.prepare();
    job.commitTask(0, 0, writePart(job, 0, 0, "new"));
    expect(folder.text()).toBe("old");
    job.commitJob(manifestOf(job));
    expect(folder.text()).toBe("new");
    expect(readdirSync(folder.around)).toEqual(["out"]);
  });

  test("a job that fails leaves the output that it was to overwrite", () => {
    folder.runJob("old");
    const job = folder.committer({ overwrite: true });
    job.prepare();
    writePart(job, 0, 0, "new");
    job.abort();
    expect(folder.text()).toBe("old");
    expect(readdirSync(folder.around)).toEqual(["out"]);
  });

  test("the output keeps the permissions of the folder that it replaces", () => {
    mkdirSync(folder.path);
    chmodSync(folder.path, 0o2750);
    folder.runJob("x");
    expect(statSync(folder.path).mode & 0o7777).toBe(0o2750);
  });

  test("the empty folder that the user is in stays the same folder", () => {
    mkdirSync(folder.path);
    const { ino } = statSync(folder.path);
    folder.runJob("x", { cwd: folder.path });
    expect(statSync(folder.path).ino).toBe(ino);
    expect(readdirSync(folder.path).sort()).toEqual(["_SUCCESS", "part-00000", "part-00001"]);
    expect(readdirSync(folder.around)).toEqual(["out"]);
  });

  test("a link to a folder, or to one that is still missing, leads the output there", () => {
    const target = join(folder.around, "target");
    symlinkSync(target, folder.path);
    folder.runJob("one");
    folder.runJob("two", { overwrite: true });
    expect(readFileSync(join(target, "part-00000"), "utf8")).toBe("t");
    expect(readdirSync(folder.around).sort()).toEqual(["out", "target"]);
  });

  test("names of 250 characters leave room for the staging folder's", () => {
    folder.path = join(folder.around, "ü".repeat(120));
    folder.runJob("x");
    expect(folder.text()).toBe("x");
  });

  test("data that appears while the job runs is not replaced", () => {
    const job = folder.committer({ overwrite: false });
    job.check([]);
    job.prepare();
    mkdirSync(folder.path);
    writeFileSync(join(folder.path, "theirs"), "theirs");
    const error = errorOf(() => job.commitJob(manifestOf(job)));
    expect(error.code).toBe("OUTPUT_EXISTS");
    expect(error.message).toContain(`${folder.path} has got data while the job ran`);
    job.abort();
    expect(readFileSync(join(folder.path, "theirs"), "utf8")).toBe("theirs");
    expect(readdirSync(folder.around)).toEqual(["out"]);
  });
});

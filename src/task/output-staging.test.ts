import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  asNobody,
  canMount,
  errorOf,
  isRoot,
  manifestOf,
  NOBODY,
  OutputFolder,
  onDisk,
  writePart,
} from "../../test/support/output-folder.ts";
import type { SheafError } from "../base/error.ts";
import { PartWriter } from "./part-writer.ts";

let folder: OutputFolder;
beforeEach(() => {
  folder = new OutputFolder();
});
afterEach(() => folder.remove());

describe("what a job that died has left", () => {
  /** A pid that was alive a moment ago. */
  const deadPid = spawnSync("true").pid;

  function leave(changes: Record<string, unknown>, name = `.${basename(folder.path)}.sheaf-dead`) {
    const path = join(dirname(folder.path), name);
    mkdirSync(join(path, "new"), { recursive: true });
    writeFileSync(join(path, "new", "part-00000.attempt-0"), "half");
    const owner = {
      pid: deadPid,
      host: hostname(),
      birth: "",
      startedMs: 0,
      output: folder.path,
      ...changes,
    };
    writeFileSync(join(path, "owner.json"), JSON.stringify(owner));
    return path;
  }

  test("is removed before the next job for the output", () => {
    const left = leave({});
    folder.committer().check([]);
    expect(existsSync(left)).toBe(false);
  });

  test("is kept while its process lives, and on another host nobody knows", () => {
    const kept = [
      leave({ pid: process.pid }, ".out.sheaf-1"),
      leave({ pid: process.ppid }, ".out.sheaf-2"),
      leave({ host: "elsewhere" }, ".out.sheaf-3"),
    ];
    folder.committer().check([]);
    expect(kept.map((path) => existsSync(path))).toEqual([true, true, true]);
  });

  test("is kept where it is another output's, or nobody's folder", () => {
    const other = leave({ output: `${folder.path}.sheaf-x` }, ".out.sheaf-x.sheaf-y");
    const alien = join(folder.around, ".out.sheaf-photos");
    mkdirSync(join(alien, "summer"), { recursive: true });
    utimesSync(alien, 0, 0);
    folder.committer().check([]);
    expect([existsSync(other), existsSync(alien)]).toEqual([true, true]);
  });

  test("is removed without an owner when it is empty and no longer new", () => {
    const [fresh, old] = [join(folder.around, ".out.sheaf-1"), join(folder.around, ".out.sheaf-2")];
    mkdirSync(fresh);
    mkdirSync(old);
    utimesSync(old, 0, 0);
    folder.committer().check([]);
    expect([existsSync(fresh), existsSync(old)]).toEqual([true, false]);
  });

  test.runIf(process.platform === "linux")(
    "is removed when another process has its number by now",
    () => {
      const left = leave({ pid: process.pid, birth: "12" });
      folder.committer().check([]);
      expect(existsSync(left)).toBe(false);
    },
  );

  test("is kept by the job that runs, whose own staging folder is alive", () => {
    const job = folder.committer();
    job.prepare();
    folder.committer().check([]);
    job.commitTask(0, 0, writePart(job, 0, 0, "x"));
    job.commitJob(manifestOf(job));
    expect(folder.text()).toBe("x");
  });
});

// Rights bind everybody but root, so root becomes nobody for these. Skipped where neither works.
describe.runIf(isRoot)("OutputCommitter without the rights it would like", () => {
  test("a folder of the user's own in a parent that is not gets the output nevertheless", () => {
    mkdirSync(folder.path);
    chownSync(folder.path, NOBODY, NOBODY);
    chmodSync(folder.around, 0o755);
    const { ino } = statSync(folder.path);
    asNobody(() => folder.runJob("one"));
    expect(folder.text()).toBe("one");
    asNobody(() => folder.runJob("two", { overwrite: true }));
    expect(folder.text()).toBe("two");
    expect(statSync(folder.path).ino).toBe(ino);
    expect(readdirSync(folder.path).sort()).toEqual(["_SUCCESS", "part-00000", "part-00001"]);
  });

  test("somebody else's writable folder in a sticky parent is filled, not replaced", () => {
    mkdirSync(folder.path);
    chmodSync(folder.path, 0o777);
    chmodSync(folder.around, 0o1777);
    const { ino } = statSync(folder.path);
    asNobody(() => folder.runJob("one"));
    expect(statSync(folder.path).ino).toBe(ino);
    expect(folder.text()).toBe("one");
    expect(readdirSync(folder.around)).toEqual(["out"]);
  });

  test("a folder that cannot be written is refused before any work", () => {
    mkdirSync(folder.path);
    chmodSync(folder.around, 0o777);
    for (const path of [folder.path, join(folder.path, "below")]) {
      const job = folder.committer({ output: path });
      job.check([]);
      asNobody(() => {
        const error = errorOf(() => job.prepare());
        expect(error.code).toBe("OUTPUT_FAILED");
        expect(error.message).toContain(`Cannot make a folder for the output at ${path}: EACCES`);
      });
    }
    expect(readdirSync(folder.around)).toEqual(["out"]);
  });

  test("when the new output cannot take its place, the old one is put back", () => {
    chmodSync(folder.around, 0o777);
    asNobody(() => folder.runJob("old"));
    const job = folder.committer({ overwrite: true });
    asNobody(() => {
      job.prepare();
      job.commitTask(0, 0, writePart(job, 0, 0, "new"));
    });
    // Nobody can fill these files of root's folder, but not give the folder another parent.
    const fresh = dirname(job.partPath(0, 0));
    writeFileSync(join(fresh, "_bad", "map-00000.ndjson"), "{}\n");
    writeFileSync(join(fresh, "_logs", "map-00000.log"), "hello\n");
    writeFileSync(join(fresh, "_SUCCESS"), "");
    chownSync(join(fresh, "_SUCCESS"), NOBODY, NOBODY);
    chownSync(fresh, 0, 0);
    let error: SheafError | undefined;
    asNobody(() => {
      error = errorOf(() => job.commitJob(manifestOf(job)));
    });
    expect(error?.code).toBe("OUTPUT_FAILED");
    expect(error?.message).toContain(`Cannot put the output in place at ${folder.path}: EACCES`);
    expect(folder.text()).toBe("old");
    job.abort();
    expect(readdirSync(folder.around)).toEqual(["out"]);
  });
});

// Needs to mount a disk, which root alone may do; elsewhere these show as skipped.
describe.runIf(canMount())("OutputCommitter on a disk of its own", () => {
  test("the mount point itself can be the folder.path, and be overwritten", () => {
    onDisk(folder.path, "1m", () => {
      folder.runJob("one");
      expect(folder.text()).toBe("one");
      folder.runJob("two", { overwrite: true });
      expect(folder.text()).toBe("two");
      expect(readdirSync(folder.path).sort()).toEqual(["_SUCCESS", "part-00000", "part-00001"]);
      expect(readdirSync(folder.around)).toEqual(["out"]);
    });
  });

  test("a disk that fills up is NO_SPACE, and abort frees all of it", () => {
    onDisk(folder.path, "256k", () => {
      const job = folder.committer();
      job.check([]);
      job.prepare();
      const part = new PartWriter(job.partPath(0, 0), "none");
      part.writer.writeText("x".repeat(300_000));
      expect(errorOf(() => part.finish()).code).toBe("NO_SPACE");
      part.discard();
      job.abort();
      expect(readdirSync(folder.path)).toEqual([]);
      writeFileSync(join(folder.path, "all"), Buffer.alloc(200_000));
    });
  });

  test("a disk that is full already is NO_SPACE before any work", () => {
    onDisk(folder.path, "64k", () => {
      const hidden = join(folder.path, ".sheaf-full");
      expect(() => writeFileSync(hidden, Buffer.alloc(100_000))).toThrow("ENOSPC");
      const job = folder.committer();
      job.check([]);
      expect(errorOf(() => job.prepare()).code).toBe("NO_SPACE");
      expect(readdirSync(folder.path)).toEqual([".sheaf-full"]);
    });
  });
});

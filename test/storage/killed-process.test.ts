/**
 * A real folder, a real process that appends to it, and its death by SIGKILL: what it was told to be
 * durable is there, and the next process can go on.
 */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FolderDisk } from "../../src/storage/disk/folder-disk.ts";
import { lockFolder } from "../../src/storage/disk/folder-lock.ts";
import { openLog } from "../../src/storage/opening/open-log.ts";
import { type AnsweringProcess, startAnswering } from "../support/answering-process.ts";
import { entryOf, IDENTITY, readWhole, snapshotBytes } from "./support/contents.ts";

const SCRIPT = join(import.meta.dirname, "support/append-forever.ts");
const LIVES = 3;
/** More than one snapshot and some segments, in each life. */
const APPENDS_MIN = 450;

let folder: string;
let child: AnsweringProcess | undefined;

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "sheaf-storage-")), "data");
});

afterEach(async () => {
  await child?.kill();
  await rm(join(folder, ".."), { recursive: true });
});

/** Starts the process, and waits for so many answers. */
async function startAppending(count: number): Promise<AnsweringProcess> {
  child = await startAnswering(SCRIPT, [folder], count);
  return child;
}

describe("a log whose process is killed", () => {
  test("holds all that was answered, whole, life after life", async () => {
    for (let life = 1; life <= LIVES; life++) {
      const { kill } = await startAppending(APPENDS_MIN);
      const answered = await kill();
      const lock = await lockFolder(folder);
      const { verdict, log } = await openLog(new FolderDisk(folder), IDENTITY);
      expect(verdict).toMatchObject({ kind: "intact", covered: [] });
      const { entries, snapshot } = log!.restore();
      expect(log!.lastIndex).toBeGreaterThanOrEqual(Math.max(...answered));
      expect(await readWhole(log!)).toEqual(snapshotBytes(snapshot.index));
      for (const [i, { index, term, data }] of entries.entries()) {
        expect(index).toBe(snapshot.index + 1 + i);
        expect(Buffer.from(data).equals(entryOf(index, term).data), `entry ${index}`).toBe(true);
      }
      await log!.close();
      await lock.release();
    }
    const owners = (await readdir(folder)).filter((name) => name.startsWith("owner-"));
    expect(owners).toEqual([]);
  });
});

describe("lockFolder", () => {
  test("refuses a folder in use, and says which and by whom", async () => {
    const { pid, kill } = await startAppending(1);
    await expect(lockFolder(folder)).rejects.toMatchObject({
      code: "DATA_IN_USE",
      message: `Cannot use ${folder}: it is in use by the process ${pid}. Stop it first, or choose another folder.`,
      data: { path: folder, pid },
    });
    await kill();
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toMatchObject({ data: { pid: process.pid } });
    await lock.release();
    await (await lockFolder(folder)).release();
  });
});

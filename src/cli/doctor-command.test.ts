/**
 * `sheaf doctor`, on folders of a real disk: what it says is what is there, and it changes nothing.
 */

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import {
  chunksOf,
  entryOf,
  IDENTITY,
  MEMBERS,
  snapshotBytes,
  snapshotMeta,
  storedSnapshot,
} from "../../test/storage/support/contents.ts";
import { FakeProcess } from "../../test/support/fake-process.ts";
import { logIndex, memberId, term } from "../base/ids.ts";
import { FolderDisk } from "../storage/disk/folder-disk.ts";
import { lockFolder } from "../storage/disk/folder-lock.ts";
import { beginRecovery } from "../storage/opening/begin-recovery.ts";
import { createLog } from "../storage/opening/create-log.ts";
import { main } from "./main.ts";

const root = mkdtempSync(join(tmpdir(), "sheaf-doctor-"));
afterAll(() => rmSync(root, { recursive: true }));

const SEGMENT = "segment-000000000001";
const SNAPSHOT = "snapshot-000000000000002-000000000000001";

let count = 0;
let folder: string;
let disk: FolderDisk;

/** The data of a member that was closed as it should be. */
beforeEach(async () => {
  folder = join(root, `data-${++count}`);
  disk = await FolderDisk.make(folder);
  const log = await createLog(disk, IDENTITY, MEMBERS);
  const hardState = { term: term(1), votedFor: memberId(3), commitIndex: logIndex(2) };
  await log.persist({ hardState, entries: [1, 2, 3, 4].map((index) => entryOf(index, 1)) });
  const writer = await log.createSnapshot(snapshotMeta(2, 1));
  await writer.write(snapshotBytes(2));
  await writer.commit();
  const [chunk] = chunksOf(storedSnapshot(9, 1), 0, 20);
  await log.persist({ chunks: [chunk!] });
  await log.close();
});

async function doctor(...words: string[]) {
  const process = new FakeProcess();
  process.cwd = root;
  const exitCode = await main(["doctor", ...words], process);
  return { exitCode, stdout: process.stdout.text, stderr: process.errorText };
}

function rot(name: string, offset: number): void {
  const path = join(folder, name);
  const bytes = readFileSync(path);
  bytes[offset]! ^= 1;
  writeFileSync(path, bytes);
}

/** All that another program could tell of the folder. */
function look(): unknown {
  return readdirSync(folder).map((name) => {
    const { mtimeMs, size } = statSync(join(folder, name));
    return { name, mtimeMs, size };
  });
}

describe("sheaf doctor", () => {
  test("tells what a folder holds", async () => {
    const { exitCode, stdout, stderr } = await doctor(folder);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    const { size } = statSync(join(folder, SEGMENT));
    expect(stdout).toBe(`${folder}

  member     1 of cluster "tests"
  term       1, voted for 3
  log        entries 3 to 4 (term 1), 1 segment of ${size} bytes
  committed  up to entry 2 at least
  snapshot   of entry 2, 1.4 KB, voters 1, 2, 3, learners 4
  receiving  a snapshot of entry 9, 20 bytes of 1 KB

All checksums are right: everything that this member acknowledged is there.
`);
  });

  test("tells it to programs too", async () => {
    const { exitCode, stdout } = await doctor(folder, "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      folder,
      verdict: "intact",
      healthy: true,
      recovering: false,
      faults: [],
      covered: [],
      tornTail: null,
      cluster: "tests",
      member: 1,
      term: 1,
      votedFor: 3,
      commitIndex: 2,
      log: { firstIndex: 3, lastIndex: 4, lastTerm: 1, segments: 1, sizeBytes: expect.any(Number) },
      snapshot: { ...snapshotMeta(2, 1), sizeBytes: snapshotBytes(2).length },
      incoming: { index: 9, receivedBytes: 20, sizeBytes: storedSnapshot(9, 1).sizeBytes },
    });
  });

  test("says what is damaged, what that means and what to do, and changes nothing", async () => {
    const offset = statSync(join(folder, SEGMENT)).size - 40;
    rot(SEGMENT, offset);
    const before = look();
    const { exitCode, stdout } = await doctor(folder);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^damaged\n {2}segment-\* has lost entries at its end$/m);
    expect(stdout).toMatch(/^ {2}segment-000000000001 is damaged from byte \d+ to \d+$/m);
    expect(stdout).toContain("there is\nno repair");
    expect(stdout).toContain("With other masters, a majority of whom are sound: start this one.");
    expect(JSON.parse((await doctor(folder, "--json")).stdout)).toMatchObject({
      verdict: "damaged",
      healthy: false,
      faults: [{ file: "segment-*" }, { file: SEGMENT }],
    });
    expect(look()).toEqual(before);
  });

  test("tells damage that does no harm from damage that does", async () => {
    rot("state", 4096 + 5);
    const { exitCode, stdout } = await doctor(folder);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("  state has lost one of two copies of the vote\n");
    expect(stdout).toContain("Nothing is lost");
  });

  test("takes a torn tail for what a crash leaves", async () => {
    writeFileSync(join(folder, SEGMENT), "half of a record", { flag: "a" });
    const { exitCode, stdout } = await doctor(folder);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(
      `The last write to ${SEGMENT} was cut short by a crash: 16 bytes that\n`,
    );
  });

  test("says that a member has not recovered yet", async () => {
    rot(SNAPSHOT, 5);
    await (await beginRecovery(disk, IDENTITY, MEMBERS)).close();
    const { exitCode, stdout } = await doctor(folder);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("snapshot   of the beginning");
    expect(stdout).toContain("it has no vote\nuntil then");
  });

  test("finds no data of a master where there is none", async () => {
    const other = join(root, "other");
    mkdirSync(other);
    writeFileSync(join(other, "notes.txt"), "mine");
    const { exitCode, stdout } = await doctor("other");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("No data of a master is here");
  });

  test("refuses a folder in use, with the process that has it", async () => {
    const lock = await lockFolder(folder);
    const { exitCode, stderr } = await doctor(folder);
    await lock.release();
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`in use by the process ${process.pid}`);
  });

  test.each([
    [[], "No folder was given. Usage: sheaf doctor DIR [options]"],
    [
      [`data-1/${SEGMENT}`],
      `Cannot examine ${join(root, "data-1", SEGMENT)}: there is no such folder.`,
    ],
    [["nowhere"], `Cannot examine ${join(root, "nowhere")}: there is no such folder.`],
  ])("refuses %j", async (words, message) => {
    expect(await doctor(...words)).toMatchObject({ exitCode: 2, stderr: `error: ${message}\n` });
  });
});

/**
 * Each rule of figure 13 of the Raft paper, InstallSnapshot, and how a transfer is resumed.
 */

import { describe, expect, it } from "vitest";
import { logIndex, term } from "../../src/base/ids.ts";
import { membershipOf } from "../../src/raft/membership.ts";
import type { Message } from "../../src/raft/message.ts";
import type { StoredSnapshot } from "../../src/raft/stored-snapshot.ts";
import { checksumOf } from "./support/list-machine.ts";
import { entries, LoneMember } from "./support/lone-member.ts";

const BYTES = new TextEncoder().encode(JSON.stringify(["a", "b", "c"]));
const HALF = 6;

function snapshot(index = 5, ofTerm = 2, bytes = BYTES): StoredSnapshot {
  return {
    meta: { index: logIndex(index), term: term(ofTerm), membership: membershipOf([1, 2, 3]) },
    sizeBytes: bytes.length,
    checksum: checksumOf(bytes),
  };
}

function hearChunk(
  lone: LoneMember,
  start: number,
  end: number,
  fields: { from?: number; term?: number; snapshot?: StoredSnapshot; bytes?: Uint8Array } = {},
): readonly Message[] {
  const { from = 2, term = lone.status.term, bytes = BYTES, ...rest } = fields;
  const data = bytes.slice(start, end);
  return lone.hear("snapshot-chunk", {
    from,
    term,
    offset: start,
    data,
    snapshot: rest.snapshot ?? snapshot(),
  });
}

describe("figure 13, InstallSnapshot", () => {
  it("1. refuses a past term, and says which is the current one", () => {
    const lone = new LoneMember({ term: 4 });
    expect(hearChunk(lone, 0, HALF, { term: 3 })).toMatchObject([{ type: "newer-term", term: 4 }]);
    expect(lone.status.incoming).toBeUndefined();
  });

  it("2 to 4. writes chunks at their offsets and acknowledges what is durable", () => {
    const lone = new LoneMember({ term: 3 });
    expect(hearChunk(lone, 0, HALF)).toMatchObject([
      { type: "snapshot-progress", receivedBytes: HALF, isGap: false },
    ]);
    expect(lone.last.persist?.chunks).toMatchObject([{ offset: 0, isLast: false }]);
    expect(lone.last.messages).toEqual([]);
    hearChunk(lone, HALF, BYTES.length);
    const chunks = lone.readies.flatMap(({ persist }) => persist?.chunks ?? []);
    expect(chunks).toMatchObject([{ isLast: false }, { offset: HALF, isLast: true }]);
  });

  it("5. gives up an older snapshot for a younger one, and ignores what is left of it", () => {
    const lone = new LoneMember({ term: 3 });
    hearChunk(lone, 0, HALF);
    hearChunk(lone, 0, HALF, { snapshot: snapshot(7) });
    expect(lone.status.incoming).toEqual({ index: 7, receivedBytes: HALF });
    expect(hearChunk(lone, HALF, BYTES.length)).toEqual([]);
    expect(lone.status.incoming).toEqual({ index: 7, receivedBytes: HALF });
  });

  it("6. keeps the log when it has the snapshot's last entry, and what follows", () => {
    const lone = new LoneMember({ term: 3, log: [1, 2, 2, 2, 2, 3] });
    expect(hearChunk(lone, 0, 0)).toMatchObject([{ type: "append-accepted", matchIndex: 5 }]);
    expect(lone.status).toMatchObject({ commitIndex: 5, lastIndex: 6 });
    expect(lone.readies.some(({ persist }) => persist?.snapshot !== undefined)).toBe(false);
  });

  it("7. drops the whole log when it does not", () => {
    const lone = new LoneMember({ term: 3, log: [1, 1, 1, 1, 1, 1, 1], commit: 1 });
    hearChunk(lone, 0, BYTES.length);
    expect(lone.last.persist?.snapshot?.meta).toMatchObject({ index: 5, term: 2 });
    expect(lone.member.disk.entries).toEqual([]);
    expect(lone.status).toMatchObject({ firstIndex: 6, lastIndex: 5, commitIndex: 5 });
  });

  it("8. has the state machine begin from it, goes by its members, and acknowledges it", () => {
    const joining = new LoneMember({ id: 3, voters: [], term: 3 });
    expect(hearChunk(joining, 0, BYTES.length)).toMatchObject([
      { type: "snapshot-progress", receivedBytes: BYTES.length },
      { type: "append-accepted", matchIndex: 5 },
    ]);
    expect(joining.member.machine.commands).toEqual(["a", "b", "c"]);
    expect(joining.status.membership.voters).toEqual([1, 2, 3]);
    joining.hear("append", { from: 2, prevIndex: 5, prevTerm: 2, entries: entries(6, 3) });
    expect(joining.status.lastIndex).toBe(6);
  });

  it("acknowledges what is committed when the snapshot brings nothing new", () => {
    const lone = new LoneMember({ term: 3, log: [2, 2, 2, 2, 2, 2], commit: 6 });
    expect(hearChunk(lone, 0, HALF)).toMatchObject([{ type: "append-accepted", matchIndex: 6 }]);
    expect(lone.status.incoming).toBeUndefined();
  });
});

describe("the transfer of a snapshot", () => {
  it("asks for what is missing when a chunk comes early, and takes none twice", () => {
    const lone = new LoneMember({ term: 3 });
    expect(hearChunk(lone, HALF, BYTES.length)).toMatchObject([{ receivedBytes: 0, isGap: true }]);
    hearChunk(lone, 0, HALF);
    expect(hearChunk(lone, 0, HALF)).toMatchObject([{ receivedBytes: HALF, isGap: false }]);
    // Cut in another way: only what is new is written.
    hearChunk(lone, HALF - 2, HALF + 2);
    expect(lone.last.persist?.chunks).toMatchObject([{ offset: HALF }]);
    expect(lone.status.incoming?.receivedBytes).toBe(HALF + 2);
  });

  it("goes on after a crash where it was", () => {
    const lone = new LoneMember({ term: 3 });
    hearChunk(lone, 0, HALF);
    lone.member.crash();
    lone.member.start();
    expect(hearChunk(lone, 0, 0)).toMatchObject([{ receivedBytes: HALF }]);
  });

  it("goes on with another leader that has the same bytes, and begins anew with other bytes", () => {
    const lone = new LoneMember({ term: 3 });
    hearChunk(lone, 0, HALF);
    expect(hearChunk(lone, 0, 0, { from: 3, term: 4 })).toMatchObject([{ receivedBytes: HALF }]);
    const others = { snapshot: { ...snapshot(), checksum: 1 } };
    expect(hearChunk(lone, 0, 0, { from: 2, term: 5, ...others })).toMatchObject([
      { receivedBytes: 0 },
    ]);
  });

  it("takes an older snapshot of a later leader: the one before may never come again", () => {
    const lone = new LoneMember({ term: 3 });
    hearChunk(lone, 0, HALF, { snapshot: snapshot(7) });
    hearChunk(lone, 0, HALF, { from: 3, term: 4, snapshot: snapshot(6) });
    expect(lone.status.incoming).toEqual({ index: 6, receivedBytes: HALF });
  });

  it("installs nothing that does not match its checksum, and has all of it sent again", () => {
    const lone = new LoneMember({ term: 3 });
    const damaged = BYTES.map((byte) => byte ^ 1);
    expect(hearChunk(lone, 0, BYTES.length, { bytes: damaged })).toMatchObject([
      { receivedBytes: BYTES.length },
      { receivedBytes: 0, isGap: true },
    ]);
    expect(lone.status.commitIndex).toBe(0);
    hearChunk(lone, 0, BYTES.length);
    expect(lone.status.commitIndex).toBe(5);
  });

  it("does not take the log away from a member that stands for election", () => {
    const lone = new LoneMember({ term: 3, log: [1, 1] });
    const { member } = lone;
    hearChunk(lone, 0, HALF);
    member.raft.step({
      type: "snapshot-chunk",
      from: lone.status.leader!,
      to: lone.status.id,
      term: term(3),
      snapshot: snapshot(),
      offset: HALF,
      data: BYTES.slice(HALF),
    });
    member.take();
    member.raft.campaign();
    member.persist();
    member.finish();
    lone.work();
    expect(lone.status).toMatchObject({ role: "pre-candidate", lastIndex: 2, commitIndex: 0 });
    expect(hearChunk(lone, 0, 0)).toContainEqual(
      expect.objectContaining({ type: "append-accepted", matchIndex: 5 }),
    );
  });
});

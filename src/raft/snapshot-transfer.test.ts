import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { logIndex, term } from "../base/ids.ts";
import { IncomingSnapshot } from "./incoming-snapshot.ts";
import { membershipOf } from "./membership.ts";
import { type ChunkRange, SnapshotTransfer } from "./snapshot-transfer.ts";
import type { StoredSnapshot } from "./stored-snapshot.ts";

const OPTIONS = { chunkBytesMax: 10, chunksInFlightMax: 2, retryTicks: 3 };

function snapshotOf(sizeBytes: number): StoredSnapshot {
  const meta = { index: logIndex(5), term: term(1), membership: membershipOf([1]) };
  return { meta, sizeBytes, checksum: 7 };
}

/** All that may be sent now, as `offset+count`. */
function sent(transfer: SnapshotTransfer): readonly string[] {
  const ranges: string[] = [];
  for (let range = transfer.next(); range !== undefined; range = transfer.next()) {
    ranges.push(`${range.offset}+${range.byteCount}`);
  }
  return ranges;
}

describe("SnapshotTransfer", () => {
  it("asks how much is there, and goes on from the answer", () => {
    const transfer = new SnapshotTransfer(snapshotOf(35), OPTIONS);
    expect(sent(transfer)).toEqual(["0+0"]);
    expect(sent(transfer)).toEqual([]);
    transfer.acknowledge(10, false);
    expect(sent(transfer)).toEqual(["10+10", "20+10"]);
    transfer.acknowledge(20, false);
    expect(sent(transfer)).toEqual(["30+5"]);
    transfer.acknowledge(35, false);
    expect(sent(transfer)).toEqual([]);
  });

  it("goes back to a gap once, however many chunks report it", () => {
    const transfer = new SnapshotTransfer(snapshotOf(100), OPTIONS);
    sent(transfer);
    transfer.acknowledge(0, false);
    sent(transfer);
    transfer.acknowledge(0, true);
    expect(sent(transfer)).toEqual(["0+10", "10+10"]);
    transfer.acknowledge(0, true);
    expect(sent(transfer)).toEqual([]);
    transfer.acknowledge(10, true);
    expect(sent(transfer)).toEqual(["10+10", "20+10"]);
  });

  it("goes back when the receiver lost what it had", () => {
    const transfer = new SnapshotTransfer(snapshotOf(100), OPTIONS);
    sent(transfer);
    transfer.acknowledge(50, false);
    sent(transfer);
    transfer.acknowledge(0, true);
    expect(sent(transfer)).toEqual(["0+10", "10+10"]);
  });

  it("asks again when nothing is heard for some ticks", () => {
    const transfer = new SnapshotTransfer(snapshotOf(100), OPTIONS);
    sent(transfer);
    transfer.tick();
    transfer.tick();
    expect(sent(transfer)).toEqual([]);
    transfer.tick();
    expect(sent(transfer)).toEqual(["0+0"]);
    transfer.acknowledge(0, false);
    sent(transfer);
    for (let i = 0; i < 3; i++) transfer.tick();
    expect(sent(transfer)).toEqual(["0+0"]);
  });

  it("ignores an answer that is out of bounds", () => {
    const transfer = new SnapshotTransfer(snapshotOf(10), OPTIONS);
    sent(transfer);
    transfer.acknowledge(11, false);
    expect(sent(transfer)).toEqual([]);
  });

  it("brings every byte, once, over a link that loses, doubles and reorders", () => {
    const chance = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 95 }), fc.infiniteStream(chance), (size, chances) => {
        const draw = (): number => chances.next().value as number;
        const snapshot = snapshotOf(size);
        const bytes = Uint8Array.from({ length: size }, (_, i) => i);
        const transfer = new SnapshotTransfer(snapshot, OPTIONS);
        const incoming = new IncomingSnapshot(snapshot, term(1));
        const written: number[] = [];
        let underWay: ChunkRange[] = [];
        for (let i = 0; !incoming.isComplete; i++) {
          expect(i).toBeLessThan(5000);
          for (let next = transfer.next(); next !== undefined; next = transfer.next()) {
            const fate = draw();
            if (fate > 1) underWay.push(next);
            if (fate > 7) underWay.push(next);
          }
          if (draw() > 6) underWay = underWay.reverse();
          const range = underWay.shift();
          if (range === undefined) {
            transfer.tick();
            continue;
          }
          const { offset, byteCount } = range;
          const isGap = !incoming.receive(offset, bytes.slice(offset, offset + byteCount));
          for (const { data } of incoming.takeWrites()) written.push(...data);
          incoming.writesDurable();
          if (draw() > 0) transfer.acknowledge(incoming.receivedBytes, isGap);
        }
        expect(written).toEqual([...bytes]);
      }),
      { numRuns: 60 },
    );
  });
});

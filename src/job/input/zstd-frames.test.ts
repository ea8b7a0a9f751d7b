import { describe, expect, test } from "vitest";
import { ZstdFrames } from "./zstd-frames.ts";

// Frames in the format's own terms: magic, descriptor, header, blocks, perhaps a checksum.
const FRAMES: Record<string, string> = {
  "one raw block, content size of 1 byte, checksum": "28b52ffd 24 03 190000 616263 00112233",
  "a window, no content size, no checksum": "28b52ffd 00 58 190000 616263",
  "a repeated byte, then an empty last block": "28b52ffd 00 58 020500 61 010000",
  "a compressed block, content size of 2 bytes, dictionary of 1":
    "28b52ffd 61 07 0001 2d0000 0102030405",
  "content size of 4 bytes, dictionary of 2": "28b52ffd a2 0001 00000001 010000",
  "content size of 8 bytes, dictionary of 4, window":
    "28b52ffd c3 58 00000001 0000000000000001 010000",
  "a skippable frame": "512a4d18 03000000 ffffff",
  "an empty skippable frame": "5f2a4d18 00000000",
};

/** The bytes of a frame. */
function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(" ", ""), "hex");
}

describe("ZstdFrames", () => {
  test.each(Object.entries(FRAMES))("finds the end of %s", (_name, hex) => {
    const frame = bytesOf(hex);
    const followed = Buffer.concat([frame, bytesOf("28b52ffd")]);
    for (let length = 1; length < frame.length; length++) {
      const frames = new ZstdFrames();
      expect(frames.advance(frame, 0, length)).toBe(length);
      expect([frames.atFrameEnd, frames.count]).toEqual([false, 0]);
      expect(frames.advance(followed, length, followed.length)).toBe(frame.length);
      expect([frames.atFrameEnd, frames.count]).toEqual([true, 1]);
    }
  });

  test("walks from frame to frame, in pieces of any size", () => {
    const all = Object.values(FRAMES).map(bytesOf);
    const ends = all.map((_, index) => Buffer.concat(all.slice(0, index + 1)).length);
    const whole = Buffer.concat(all);
    for (let piece = 1; piece <= whole.length; piece++) {
      const frames = new ZstdFrames();
      const seen: number[] = [];
      for (let at = 0; at < whole.length; ) {
        at = frames.advance(whole, at, Math.min(at + piece, whole.length));
        if (frames.atFrameEnd) seen.push(at);
      }
      expect(seen).toEqual(ends);
    }
  });

  test.each([
    ["another magic", "1f8b0800"],
    ["a reserved kind of block", "28b52ffd 00 58 070000"],
  ])("refuses %s", (_name, hex) => {
    const bytes = bytesOf(hex);
    expect(new ZstdFrames().advance(bytes, 0, bytes.length)).toBe(-1);
  });
});

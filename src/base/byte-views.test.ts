import { describe, expect, it } from "vitest";
import { ByteViews } from "./byte-views.ts";

describe("ByteViews", () => {
  it("shows the bytes of each buffer, however they take turns", () => {
    const memory = Uint8Array.of(1, 2, 3, 4, 5, 6);
    const buffers = [memory.subarray(0, 2), memory.subarray(2, 4), memory.subarray(3)];
    const views = new ByteViews();
    for (const turn of [0, 1, 0, 0, 1, 2, 1, 0, 2, 2]) {
      const bytes = buffers[turn]!;
      const view = views.of(bytes);
      expect(view.byteLength).toBe(bytes.length);
      expect(view.getUint8(1)).toBe(bytes[1]);
    }
  });

  it("keeps the views of two", () => {
    const [a, b] = [new Uint8Array(1), new Uint8Array(1)];
    const views = new ByteViews();
    const first = views.of(a);
    views.of(b);
    expect(views.of(a)).toBe(first);
  });
});

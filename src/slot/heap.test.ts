import { describe, expect, test } from "vitest";
import { heapMiBFor, v8LimitMiB } from "./heap.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

describe("the heap of a slot", () => {
  test("is its share of four fifths of the machine, less its buffers", () => {
    expect(heapMiBFor(4, 256 * MIB, 8 * GIB)).toBe(1382);
  });

  test("fits the memory of a container", () => {
    expect(heapMiBFor(1, 64 * MIB, GIB)).toBe(755);
  });

  test("is never too small to run, nor larger than a thread has use for", () => {
    expect(heapMiBFor(8, 256 * MIB, GIB)).toBe(256);
    expect(heapMiBFor(1, 256 * MIB, 64 * GIB)).toBe(4096);
  });

  test("ends for V8 where it is three times as large, or all threads would be", () => {
    expect(v8LimitMiB(256, 8 * GIB)).toBe(768);
    expect(v8LimitMiB(755, GIB)).toBe(819);
    expect(v8LimitMiB(256, 128 * MIB)).toBe(256);
  });
});

import { describe, expect, it } from "vitest";
import { logIndex } from "../base/ids.ts";
import { InFlight } from "./in-flight.ts";

describe("InFlight", () => {
  it("is full at its bound of appends, and has room when the oldest are acknowledged", () => {
    const inFlight = new InFlight(2, 1000);
    inFlight.add(logIndex(3), 10);
    inFlight.add(logIndex(5), 20);
    expect(inFlight.isFull).toBe(true);
    inFlight.acknowledge(logIndex(2));
    expect(inFlight.isFull).toBe(true);
    inFlight.acknowledge(logIndex(4));
    expect(inFlight).toMatchObject({ count: 1, bytes: 20, isFull: false });
    inFlight.acknowledge(logIndex(9));
    expect(inFlight).toMatchObject({ count: 0, bytes: 0 });
  });

  it("is full at its bound of bytes, which the last append may pass", () => {
    const inFlight = new InFlight(10, 15);
    inFlight.add(logIndex(1), 10);
    expect(inFlight.isFull).toBe(false);
    inFlight.add(logIndex(2), 10);
    expect(inFlight.isFull).toBe(true);
  });
});

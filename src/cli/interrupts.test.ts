import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Interrupts } from "./interrupts.ts";

test("Interrupts: a second signal of another kind forces, with the code of that kind", () => {
  const signals = new EventEmitter();
  const told: (string | number)[] = [];
  let nowMs = 0;
  const interrupts = new Interrupts(
    { signals, nowMs: () => nowMs, exit: (code) => told.push(code) },
    { cancel: () => told.push("cancel"), force: () => told.push("force") },
  );
  expect(interrupts.exitCode).toBeUndefined();
  signals.emit("SIGINT", "SIGINT");
  nowMs = 100;
  signals.emit("SIGTERM", "SIGTERM");
  expect(told).toEqual(["cancel", "force", 143]);
  expect(interrupts.exitCode).toBe(130);
  interrupts.close();
  expect(signals.eventNames()).toEqual([]);
});

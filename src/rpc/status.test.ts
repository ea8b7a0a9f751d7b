import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import type { SheafError } from "../base/error.ts";
import { errorOf } from "./status.ts";

/** What gRPC says of a connection that was reset. */
function resetAt(time: string): ServiceError {
  const last = `Error: read ECONNRESET (${time})`;
  const details = `No connection established. Last error: ${last}. Resolution note: `;
  return Object.assign(new Error(details), {
    code: status.UNAVAILABLE,
    details,
    metadata: new Metadata(),
  });
}

describe("errorOf", () => {
  test("tells the same trouble in the same words, whenever it came, so that it is logged once", () => {
    const error = errorOf(resetAt("2026-11-30T23:10:45.845Z"), "127.0.0.1:1") as SheafError;
    expect(error.data.reason).toBe("read ECONNRESET");
    expect(error.message).toBe("Cannot reach 127.0.0.1:1: read ECONNRESET.");
  });
});

import { expect, test } from "vitest";
import { readSettings } from "./s3-settings.ts";

test("readSettings: tries and the time-out are those of the environment, within bounds", () => {
  expect(readSettings({})).toMatchObject({ policy: { triesMax: 10 }, stallMs: 30_000 });
  const env = { AWS_MAX_ATTEMPTS: "3", SHEAF_S3_TIMEOUT: "2m" };
  expect(readSettings(env)).toMatchObject({ policy: { triesMax: 3 }, stallMs: 120_000 });
  for (const AWS_MAX_ATTEMPTS of ["0", "101", "1.5", "many", ""]) {
    expect(() => readSettings({ AWS_MAX_ATTEMPTS })).toThrow("a whole number from 1 to 100");
  }
  expect(() => readSettings({ SHEAF_S3_TIMEOUT: "30" })).toThrow("a duration such as 30s");
});

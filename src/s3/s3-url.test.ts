import { expect, test } from "vitest";
import { isS3Url, parseS3Url, s3Url } from "./s3-url.ts";

test("s3Url and parseS3Url are each other's inverse, with the key as it is", () => {
  for (const key of ["", "a", "a/b/", "/a", "a//b", "a b%20+é?#&", "../x"]) {
    const location = { bucket: "my.bucket-1", key };
    expect(parseS3Url(s3Url(location))).toEqual(location);
  }
  expect(parseS3Url("s3://bucket")).toEqual({ bucket: "bucket", key: "" });
});

test("parseS3Url: what is no bucket is told", () => {
  expect(() => parseS3Url("s3:///key")).toThrow(
    'Cannot use "s3:///key": it names no bucket. Write s3://BUCKET/KEY.',
  );
  expect(() => parseS3Url("s3://a b/key")).toThrow('"a b" is no name of a bucket');
});

test("isS3Url: a folder of this machine is none", () => {
  expect(isS3Url("s3://bucket/key")).toBe(true);
  for (const path of ["s3/bucket", "./s3://bucket", "s3:", "/s3://x", ""]) {
    expect(isS3Url(path)).toBe(false);
  }
});

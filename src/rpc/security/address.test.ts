import { describe, expect, test } from "vitest";
import { addressText, checkListen, isLoopback, parseAddress } from "./address.ts";

describe("an address", () => {
  test.each([
    ["127.0.0.1:7077", { host: "127.0.0.1", port: 7077 }],
    ["[::1]:7077", { host: "::1", port: 7077 }],
    ["master-1.example:0", { host: "master-1.example", port: 0 }],
  ])("%s is read and written", (text, address) => {
    expect(parseAddress("--listen", text)).toEqual(address);
    expect(addressText(address)).toBe(text);
  });

  test.each([
    "",
    "7077",
    ":7077",
    "host",
    "host:",
    "host:65536",
    "host:1e3",
    "::1:7077",
    "[x]:1",
    "a b:1",
  ])("is not %j", (text) => {
    expect(() => parseAddress("--listen", text)).toThrow(/--listen takes HOST:PORT/);
  });
});

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["::1", true],
  ["localhost", true],
  ["LOCALHOST", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["127.0.0.1.example", false],
  ["127.example", false],
  ["localhost.example", false],
  ["::ffff:127.0.0.1", false],
])("%s is loopback: %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

describe("listening", () => {
  const address = (host: string) => ({ host, port: 7077 });

  test.each([
    ["127.0.0.1", false, false],
    ["::1", false, undefined],
    ["0.0.0.0", true, true],
    ["0.0.0.0", true, undefined],
  ])("on %s with TLS: %s and a token: %s is safe", (host, hasTls, hasToken) => {
    checkListen(address(host), { hasTls, hasToken });
  });

  test.each([
    ["0.0.0.0", false, false, "without TLS and a client token"],
    ["0.0.0.0", true, false, "without a client token"],
    ["0.0.0.0", false, true, "without TLS:"],
    ["10.1.2.3", false, undefined, "without TLS:"],
    ["master.example", false, true, "without TLS:"],
  ])("on %s with TLS: %s and a token: %s is refused", (host, hasTls, hasToken, words) => {
    const listen = () => checkListen(address(host), { hasTls, hasToken });
    expect(listen).toThrow(words);
    expect(listen).toThrow(/sheaf certs DIR/);
  });
});

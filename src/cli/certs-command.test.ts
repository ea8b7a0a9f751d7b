/**
 * `sheaf certs`: what it makes is what TLS and other programs take, and is nobody else's to read.
 */

import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeProcess } from "../../test/support/fake-process.ts";
import { main } from "./main.ts";

const root = mkdtempSync(join(tmpdir(), "sheaf-certs-"));
afterAll(() => rmSync(root, { recursive: true }));

async function certs(...words: string[]) {
  const process = new FakeProcess();
  process.cwd = root;
  const exitCode = await main(["certs", ...words], process);
  return { exitCode, stderr: process.errorText, stdout: process.stdout.text };
}

const pem = (folder: string, name: string) => readFileSync(join(root, folder, name), "utf8");
const certificate = (folder: string, name: string) => new X509Certificate(pem(folder, name));
const SECRETS = [
  "ca-key.pem",
  "client-key.pem",
  "client-token",
  "master-key.pem",
  "worker-key.pem",
];

describe("sheaf certs", () => {
  beforeAll(async () => {
    const hosts = "master.example,*.workers.example,10.1.2.3,fe80::1:2";
    const { exitCode, stdout, stderr } = await certs("one", "--hosts", hosts, "--days", "30");
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
    expect(stderr).toMatch(/^Made certificates in one, valid for 30 days\.\n\nNext, copy them/);
  });

  test("makes an authority, three roles and a token", () => {
    expect(readdirSync(join(root, "one")).sort()).toEqual(
      ["ca.pem", "client.pem", "master.pem", "worker.pem", ...SECRETS].sort(),
    );
    expect(pem("one", "client-token")).toMatch(/^[\w-]{43}\n$/);
  });

  test("lets nobody else read a secret", () => {
    for (const name of SECRETS)
      expect(statSync(join(root, "one", name)).mode & 0o777, name).toBe(0o600);
    expect(statSync(join(root, "one")).mode & 0o777).toBe(0o700);
  });

  test.each(["master", "worker", "client"])("signs the certificate of a %s", (role) => {
    const authority = certificate("one", "ca.pem");
    const leaf = certificate("one", `${role}.pem`);
    expect(authority.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.subjectAltName).toContain(`URI:sheaf://role/${role}`);
    const days = (Date.parse(leaf.validTo) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThan(30.1);
    expect(leaf.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  });

  test("names hosts in the certificates of nodes, and none in a client's", () => {
    const master = certificate("one", "master.pem");
    expect(master.checkHost("master.example")).toBe("master.example");
    expect(master.checkHost("w7.workers.example")).toBe("*.workers.example");
    expect(master.checkIP("10.1.2.3")).toBe("10.1.2.3");
    expect(master.checkIP("fe80::1:2")).toBe("fe80::1:2");
    expect(certificate("one", "client.pem").subjectAltName).toBe("URI:sheaf://role/client");
  });

  test("makes what OpenSSL verifies, for the purposes it is for and no other", (context) => {
    const openssl = (...words: string[]) =>
      spawnSync("openssl", words, { cwd: join(root, "one"), encoding: "utf8" });
    if (openssl("version").status !== 0) context.skip("openssl is not there");
    const verify = (purpose: string, file: string) =>
      openssl("verify", "-x509_strict", "-CAfile", "ca.pem", "-purpose", purpose, file);
    for (const file of ["master.pem", "worker.pem"]) {
      expect(verify("sslserver", file).stdout).toBe(`${file}: OK\n`);
      expect(verify("sslclient", file).stdout).toBe(`${file}: OK\n`);
    }
    expect(verify("sslclient", "client.pem").stdout).toBe("client.pem: OK\n");
    expect(verify("sslserver", "client.pem").status).not.toBe(0);
    const text = openssl("x509", "-in", "worker.pem", "-noout", "-text").stdout;
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
  });

  test("overwrites nothing, not even a broken link", async () => {
    const before = pem("one", "ca.pem");
    const again = await certs("one");
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toMatch(/^error: Cannot make certificates in .*ca\.pem is there already/);
    expect(pem("one", "ca.pem")).toBe(before);
    await certs("linked");
    rmSync(join(root, "linked"), { recursive: true });
    spawnSync("mkdir", [join(root, "linked")]);
    symlinkSync("/nowhere/at/all", join(root, "linked", "client-token"));
    expect((await certs("linked")).exitCode).toBe(2);
    expect(readdirSync(join(root, "linked"))).toEqual(["client-token"]);
  });

  test("renews certificates under the same authority, with the same token", async () => {
    const { exitCode, stderr } = await certs("two", "--ca", "one");
    expect({ exitCode, words: stderr.includes("the same as before") }).toEqual({
      exitCode: 0,
      words: true,
    });
    expect(readdirSync(join(root, "two"))).not.toContain("ca-key.pem");
    expect(pem("two", "client-token")).toBe(pem("one", "client-token"));
    expect(pem("two", "worker.pem")).not.toBe(pem("one", "worker.pem"));
    const authority = certificate("one", "ca.pem");
    expect(certificate("two", "worker.pem").verify(authority.publicKey)).toBe(true);
  });

  test.each([
    [["bad", "--days", "0"], '--days takes a whole number from 1 to 3650, not "0".'],
    [["bad", "--days", "many"], '--days takes a whole number from 1 to 3650, not "many".'],
    [
      ["bad", "--hosts", "a b"],
      '--hosts takes host names and IP addresses with commas between, not "a b".',
    ],
    [
      ["bad", "--hosts", "a,,b"],
      '--hosts takes host names and IP addresses with commas between, not "a,,b".',
    ],
    [
      ["bad", "--hosts", "1.2.3.256"],
      '--hosts takes host names and IP addresses with commas between, not "1.2.3.256".',
    ],
    [
      ["bad", "--hosts", "x,URI:sheaf"],
      '--hosts takes host names and IP addresses with commas between, not "x,URI:sheaf".',
    ],
    [[], "No folder was given. Usage: sheaf certs DIR [options]"],
  ])("refuses %j", async (words, message) => {
    expect(await certs(...words)).toMatchObject({ exitCode: 2, stderr: `error: ${message}\n` });
  });

  test.each([
    ["no folder of certificates", "nothing", /Cannot use the authority in .*nothing: ENOENT/],
    [
      "one without the authority's key",
      "two",
      /Cannot use the authority in .*two: ENOENT.*ca-key\.pem/,
    ],
  ])("renews from %s: no", async (_what, from, message) => {
    const { exitCode, stderr } = await certs("three", "--ca", from);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });
});

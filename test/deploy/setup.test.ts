/**
 * `sheaf-setup`, which makes certificates and token of a cluster of containers: run here as it runs
 * there, with the command line of the checkout.
 */

import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const SECRETS = ["client-token", "master-key.pem", "worker-key.pem"];

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sheaf-setup-"));
  for (const role of ["authority", "master", "worker", "client"]) mkdirSync(join(root, role));
});
afterEach(() => rmSync(root, { recursive: true }));

function setup(...words: string[]) {
  return setupWith({}, ...words);
}

function setupWith(env: NodeJS.ProcessEnv, ...words: string[]) {
  const path = `${join(ROOT, "bin")}${delimiter}${process.env.PATH}`;
  const { status, stdout, stderr } = spawnSync(
    "sh",
    [join(ROOT, "deploy/image/sheaf-setup.sh"), ...words],
    { encoding: "utf8", env: { ...process.env, PATH: path, SHEAF_SETUP: root, ...env } },
  );
  return { status, stdout, stderr };
}
const filesOf = (role: string) => readdirSync(join(root, role)).sort();
const read = (path: string) => readFileSync(join(root, path), "utf8");

test("sheaf-setup gives each role what it needs and no more, secrets readable by their owner alone", () => {
  expect(setup()).toEqual({
    status: 0,
    stdout: "Made the certificates and the token of the cluster.\n",
    stderr: "",
  });
  expect(filesOf("master")).toEqual(["ca.pem", "client-token", "master-key.pem", "master.pem"]);
  expect(filesOf("worker")).toEqual(["ca.pem", "worker-key.pem", "worker.pem"]);
  expect(filesOf("client")).toEqual(["ca.pem", "client-token"]);
  for (const role of ["master", "worker", "client"]) {
    for (const name of filesOf(role)) {
      const mode = statSync(join(root, role, name)).mode & 0o777;
      expect([name, mode]).toEqual([name, SECRETS.includes(name) ? 0o600 : 0o644]);
    }
  }
});

test("sheaf-setup changes nothing when it is called again, as at each start of the cluster", () => {
  setup();
  const before = read("master/master-key.pem");
  expect(setup()).toMatchObject({
    status: 0,
    stdout: "The cluster has its certificates and its token.\n",
  });
  expect(read("master/master-key.pem")).toBe(before);
});

test("sheaf-setup renew makes new certificates of the same authority, again and again", () => {
  setup();
  const authority = read("client/ca.pem");
  const token = read("client/client-token");
  const seen = new Set([read("worker/worker.pem")]);
  for (let time = 0; time < 2; time++) {
    expect(setup("renew").status).toBe(0);
    expect(read("worker/ca.pem")).toBe(authority);
    expect(read("master/client-token")).toBe(token);
    seen.add(read("worker/worker.pem"));
  }
  expect(seen.size).toBe(3);
});

test("sheaf-setup names the hosts that it is told of in the certificates, those that it renews too", () => {
  for (const words of [[], ["renew"]]) {
    expect(setupWith({ SHEAF_HOSTS: "localhost,master-1" }, ...words).status).toBe(0);
    const { subjectAltName } = new X509Certificate(read("master/master.pem"));
    expect(subjectAltName).toContain("DNS:localhost, DNS:master-1");
  }
});

test("sheaf-setup makes anew what an earlier call left half made", () => {
  mkdirSync(join(root, "authority/fresh"));
  writeFileSync(join(root, "authority/fresh/ca.pem"), "half");
  expect(setup().status).toBe(0);
  expect(read("client/ca.pem")).toContain("BEGIN CERTIFICATE");
});

test("sheaf-setup fails, with the reason, where it cannot write", () => {
  rmSync(join(root, "authority"), { recursive: true });
  writeFileSync(join(root, "authority"), "not a folder");
  chmodSync(join(root, "authority"), 0o600);
  const { status, stdout, stderr } = setup();
  expect(status).not.toBe(0);
  expect(stdout).toBe("");
  expect(stderr).toContain("authority");
});

/**
 * `sheaf-health`, which Docker and Kubernetes run to learn how a node is: asked of real servers.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RpcServer } from "../../src/rpc/server/rpc-server.ts";
import { HealthRegister } from "../../src/rpc/services/health.ts";
import { workerService } from "../../src/rpc/services/worker-service.ts";
import { ClusterCertificates } from "../support/cluster-certificates.ts";

const SCRIPT = join(import.meta.dirname, "../../deploy/image/sheaf-health.mjs");

const certificates = new ClusterCertificates();
const health = new HealthRegister();
let server: RpcServer;
beforeAll(async () => {
  server = await RpcServer.listen({
    address: { host: "127.0.0.1", port: 0 },
    tls: certificates.good("worker"),
    token: undefined,
    services: [health.service()],
    onTrouble: () => {},
    onBug: (_method, thrown) => {
      throw thrown;
    },
  });
});
afterAll(async () => {
  await server.close(0);
  certificates.remove();
});

/** Asynchronously, because the server that answers is in this process. */
async function ask(folder: string, ...words: string[]) {
  const child = spawn(process.execPath, [SCRIPT, ...words], {
    env: { ...process.env, SHEAF_CERTS: certificates.folder(folder) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, said: said.trim() };
}

describe("sheaf-health", () => {
  const address = () => server.addressText;

  test("says that a server serves", async () => {
    expect(await ask("good", address())).toEqual({ code: 0, said: `${address()} serves` });
  });

  test("says of one service whether it does", async () => {
    const { service } = workerService;
    expect(service).toBe("sheaf.v1.WorkerService");
    health.set(service, "not-serving");
    expect(await ask("good", address(), service)).toEqual({
      code: 1,
      said: `${service} at ${address()} does not serve`,
    });
    health.set(service, "serving");
    expect((await ask("good", address(), service)).code).toBe(0);
  });

  test("fails for a service that is not there", async () => {
    expect(await ask("good", address(), "x.Y")).toEqual({
      code: 1,
      said: `x.Y at ${address()}: There is no service "x.Y" here.`,
    });
  });

  test("fails where nothing listens", async () => {
    const { code, said } = await ask("good", "127.0.0.1:1");
    expect(code).toBe(1);
    expect(said).toContain("ECONNREFUSED");
  });

  test("fails at a node of another authority", async () => {
    const { code, said } = await ask("foreign", address());
    expect(code).toBe(1);
    expect(said).toMatch(/certificate/i);
  });
});

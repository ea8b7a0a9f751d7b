/**
 * The compose file as it is written: what each container may do, see and take. That it works is tested
 * in test/docker, where there is an engine.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { allPages } from "../docs/support/pages.ts";
import { callOfSheaf } from "./support/call-of-sheaf.ts";

const MASTERS = ["master-1", "master-2", "master-3"];
const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface Service {
  readonly [word: string]: unknown;
  readonly user: string;
  readonly scale?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}

const file = parse(read("deploy/compose.yaml"), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const services = Object.entries(file.services);
const settings = new Map(
  read("deploy/.env")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("=") as [string, string]),
);

/** What docker-compose 1.29 knows of a service, as far as it is used; newer words it refuses. */
const KNOWN = new Set([
  ...["image", "build", "user", "read_only", "tmpfs", "cap_drop", "security_opt", "depends_on"],
  ...["restart", "scale", "command", "environment", "mem_limit", "healthcheck", "volumes"],
  "profiles",
]);
const KNOWN_OF_HEALTH = ["interval", "timeout", "retries", "start_period", "test"];

const mountsOf = (name: string) =>
  file.services[name]!.volumes.map((volume) => volume.replace(/\$\{\w+:-(\w+)\}/, "$1"));

describe("the compose file", () => {
  test("says nothing that docker-compose 1.29 does not know", () => {
    const words = Object.keys(file).filter((word) => !word.startsWith("x-"));
    expect(words).toEqual(["services", "volumes"]);
    for (const [name, service] of services) {
      expect([name, Object.keys(service).filter((word) => !KNOWN.has(word))]).toEqual([name, []]);
      const health = Object.keys(service.healthcheck ?? {});
      expect(health.filter((word) => !KNOWN_OF_HEALTH.includes(word))).toEqual([]);
    }
  });

  test("has three masters, eight workers, a step that makes secrets, and a client", () => {
    expect(services.map(([name]) => name)).toEqual(["setup", ...MASTERS, "worker", "client"]);
    expect(file.services.worker!.scale).toBe(`\${SHEAF_WORKERS:-8}`);
  });

  test("starts three masters as one group, which workers and clients know as a whole", () => {
    const peers = MASTERS.map((name, index) => `${index + 1}=${name}:7077`).join(",");
    for (const [index, name] of MASTERS.entries()) {
      const { command, environment } = file.services[name]!;
      // "$$" is a "$" to compose.
      const words = command!.map((word) => word.replaceAll("$$", "$"));
      expect(callOfSheaf(words, environment!).join(" ")).toBe(
        `master --id ${index + 1} --peers ${peers} --listen 0.0.0.0:7077 ` +
          "--data /var/lib/sheaf --certs /certs",
      );
    }
    const all = MASTERS.map((name) => `${name}:7077`).join(",");
    expect(file.services.worker!.environment!.SHEAF_MASTERS).toBe(all);
    expect(file.services.client!.environment!.SHEAF_MASTERS).toBe(all);
    expect(file.services.setup!.environment!.SHEAF_HOSTS!.split(",")).toEqual(
      expect.arrayContaining(["localhost", ...MASTERS]),
    );
  });

  test("gives no container more than it needs: no root, no rights, no writing, no end of memory", () => {
    for (const [name, service] of services) {
      expect([name, service]).toMatchObject([
        name,
        {
          user: `\${SHEAF_USER:-10001:10001}`,
          read_only: true,
          cap_drop: ["ALL"],
          security_opt: ["no-new-privileges:true"],
          mem_limit: expect.stringMatching(/^\d+[mg]$|^\$\{SHEAF_WORKER_MEMORY:-1g\}$/),
        },
      ]);
      expect(Object.keys(service)).not.toContain("ports");
      expect(Object.keys(service)).not.toContain("privileged");
    }
  });

  test("shows each role its own secrets, and the authority's key to the setup alone", () => {
    expect(mountsOf("setup")).toEqual([
      "authority:/setup/authority",
      "master-certs:/setup/master",
      "worker-certs:/setup/worker",
      "client-certs:/setup/client",
    ]);
    for (const name of [...MASTERS, "worker", "client"]) {
      const certs = mountsOf(name).filter((mount) => /cert|authority/.test(mount));
      expect(certs).toEqual([`${name.replace(/-\d$/, "")}-certs:/certs:ro`]);
    }
    const secret = services.flatMap(([, { environment = {} }]) => Object.keys(environment));
    expect(secret.filter((name) => /TOKEN|KEY/.test(name))).toEqual([]);
  });

  test("gives every node a disk of its own, and all of them the data", () => {
    for (const name of [...MASTERS, "worker", "client"])
      expect(mountsOf(name)).toContain("data:/data");
    // A volume without a name is another one for each container.
    expect(mountsOf("worker")).toContain("/var/lib/sheaf");
    for (const name of MASTERS) {
      expect(mountsOf(name)).toContain(`${name}:/var/lib/sheaf`);
      expect(Object.keys(file.volumes)).toContain(name);
    }
  });

  test("asks masters and workers how they are, and starts again those that end", () => {
    for (const name of MASTERS) {
      expect(file.services[name]).toMatchObject({
        restart: "unless-stopped",
        healthcheck: { test: ["CMD", "sheaf-health", "localhost:7077"] },
      });
    }
    expect(file.services.worker).toMatchObject({
      restart: "unless-stopped",
      healthcheck: { test: ["CMD", "sheaf-health", "localhost:7078", "sheaf.v1.WorkerService"] },
    });
  });

  test("has the settings of .env as its defaults", () => {
    const defaults = [...read("deploy/compose.yaml").matchAll(/\$\{(SHEAF_\w+):-([^}]+)\}/g)];
    for (const [, name, value] of defaults) {
      expect([name, settings.get(name!)]).toEqual([name, value]);
    }
    expect(new Set(defaults.map(([, name]) => name))).toEqual(
      new Set([...settings.keys()].filter((name) => name !== "COMPOSE_PROJECT_NAME")),
    );
  });
});

test("the README shows the commands of the page on containers, which test/docker runs", () => {
  const blocksOf = (path: string) => allPages().find((page) => page.path === path)!.blocks;
  const shown = blocksOf("README.md").find(({ text }) => text.startsWith("docker compose"));
  expect(shown).toBeDefined();
  expect(blocksOf("docs/how-to/docker.md")[0]!.text).toContain(shown!.text);
});

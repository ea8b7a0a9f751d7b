/**
 * The manifests for Kubernetes: the compiler checks them against the types of its API (the package
 * kubernetes-types, made of the API's OpenAPI description): no field that is not there, none missing,
 * none of another type. And they agree with each other, and with what Sheaf makes and listens on.
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StatefulSet } from "kubernetes-types/apps/v1.js";
import type { Job } from "kubernetes-types/batch/v1.js";
import type { PodTemplateSpec, Service } from "kubernetes-types/core/v1.js";
import type { NetworkPolicy } from "kubernetes-types/networking/v1.js";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1.js";
import { afterAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { callOfSheaf } from "./support/call-of-sheaf.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "deploy/k8s");
/** Where the masters are called, by the names that a headless service gives to pods. */
const PEERS = [0, 1, 2].map((ordinal) => `master-${ordinal}.master:7077`);

interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly generateName?: string };
}
interface Kustomization {
  readonly resources: readonly string[];
  readonly secretGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
}

function documents(file: string): unknown[] {
  return parseAllDocuments(readFileSync(join(FOLDER, file), "utf8")).map((document) => {
    expect(document.errors, file).toEqual([]);
    return document.toJS();
  });
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
const [kustomization] = documents("kustomization.yaml") as [Kustomization];
const manifests = files
  .filter((file) => file !== "kustomization.yaml")
  .flatMap((file) => documents(file).map((it) => ({ ...(it as Manifest), file })));

function find<T>(kind: string, name?: string): T {
  const found = manifests.find(
    (it) => it.kind === kind && (name === undefined || it.metadata.name === name),
  );
  expect(found, `${kind} ${name}`).toBeDefined();
  return found as T;
}

const nodes = ["master", "worker"].map((name) => ({
  name,
  set: find<StatefulSet>("StatefulSet", name),
  service: find<Service>("Service", name),
}));
const job = find<Job>("Job");
const pods: readonly (readonly [string, PodTemplateSpec])[] = [
  ...nodes.map(({ name, set }) => [name, set.spec!.template] as const),
  ["client", job.spec!.template],
];

/** A folder from where the compiler finds the types. */
const folder = mkdtempSync(join(ROOT, "node_modules/.k8s-types-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the compiler has against manifests. */
function faultsOf(them: readonly Manifest[]): string {
  const lines = them.map(({ file, ...manifest }, index) => {
    const { apiVersion, kind } = manifest;
    const group = (apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`).replace(
      /^([\w-]+)[^/]*/,
      "$1",
    );
    const type = `import("kubernetes-types/${group}.js").${kind}`;
    return `export const m${index}: ${type} = ${JSON.stringify(manifest)}; // ${file}`;
  });
  writeFileSync(join(folder, "manifests.ts"), `${lines.join("\n")}\n`);
  const compilerOptions = { strict: true, noEmit: true, module: "nodenext", types: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const { stdout } = spawnSync(process.execPath, [compiler, "--pretty", "false"], {
    cwd: folder,
    encoding: "utf8",
  });
  return stdout;
}

describe("the manifests", () => {
  test("are what the API of Kubernetes takes", () => {
    expect(faultsOf(manifests)).toBe("");
  });

  test("would be refused with a field misspelt, missing, or of another type", () => {
    const set = JSON.stringify(nodes[0]!.set);
    const wrong = [
      set.replace('"volumeMounts"', '"volumeMount"'),
      set.replace(/"serviceName":"master",/, ""),
      set.replace('"replicas":3', '"replicas":"3"'),
    ].map((text) => JSON.parse(text) as Manifest);
    const faults = faultsOf(wrong);
    expect(faults).toMatch(/volumeMount"?' does not exist/);
    expect(faults).toContain("Property 'serviceName' is missing");
    expect(faults).toContain("Type 'string' is not assignable to type 'number'");
  });

  test("are all applied together, but for the job, which is created each time that it is to run", () => {
    const applied = files.filter((file) => file !== "kustomization.yaml" && file !== jobFile());
    expect([...kustomization.resources].sort()).toEqual(applied.sort());
    expect(job.metadata!.generateName).toBe("word-count-");
  });

  test("select the pods that they make", () => {
    for (const { set, service } of nodes) {
      const { labels } = set.spec!.template.metadata!;
      expect(set.spec!.selector.matchLabels).toEqual(labels);
      expect(service.spec!.selector).toEqual(labels);
      expect(set.spec!.serviceName).toBe(service.metadata!.name);
      // Headless, so that each pod has a name, and has it before it is ready.
      expect(service.spec).toMatchObject({ clusterIP: "None", publishNotReadyAddresses: true });
    }
    const policy = find<NetworkPolicy>("NetworkPolicy");
    for (const [, pod] of pods) {
      expect(pod.metadata!.labels).toMatchObject(policy.spec!.podSelector.matchLabels!);
    }
  });

  test("start three masters as one group, each with the number of its pod and one", () => {
    const [master] = nodes;
    expect(master!.set.spec!.replicas).toBe(PEERS.length);
    const peers = PEERS.map((address, index) => `${index + 1}=${address}`).join(",");
    // "$$" is a "$" to Kubernetes.
    const words = wordsOf(master!.set.spec!.template).map((word) => word.replaceAll("$$", "$"));
    for (const ordinal of PEERS.keys()) {
      expect(callOfSheaf(words, { POD_NAME: `master-${ordinal}` })).toEqual([
        ...["master", "--id", `${ordinal + 1}`, `--peers=${peers}`, "--listen=0.0.0.0:7077"],
        ...["--data=/var/lib/sheaf/master", "--certs=/certs"],
      ]);
    }
  });

  test("let one master at a time be taken away, because two of three are a majority", () => {
    const [master] = nodes;
    const { spec } = find<PodDisruptionBudget>("PodDisruptionBudget");
    expect(spec).toEqual({ maxUnavailable: 1, selector: master!.set.spec!.selector });
  });

  test("start eight workers, and call each other where they listen", () => {
    const [master, worker] = nodes;
    expect(worker!.set.spec!.replicas).toBe(8);
    for (const [name, pod] of pods.slice(1)) {
      expect([name, ...wordsOf(pod)]).toContain(`--masters=${PEERS.join(",")}`);
    }
    for (const { set, service } of [master!, worker!]) {
      const [container] = set.spec!.template.spec!.containers;
      const [{ port }] = service.spec!.ports as [{ port: number }];
      expect(container!.ports![0]!.containerPort).toBe(port);
      expect(wordsOf(set.spec!.template).join(" ")).toMatch(
        new RegExp(`--listen[ =]0\\.0\\.0\\.0:${port}`),
      );
      for (const probe of [container!.readinessProbe, container!.livenessProbe]) {
        expect(probe!.exec!.command!.slice(0, 2)).toEqual(["sheaf-health", `localhost:${port}`]);
      }
    }
    expect(wordsOf(worker!.set.spec!.template)).toContain("--advertise=$(POD_NAME).worker:7078");
  });

  test("mount what is there, and the secrets of their role alone", () => {
    const secrets = new Map(kustomization.secretGenerator.map(({ name, files }) => [name, files]));
    for (const [role, pod] of pods) {
      const { volumes = [], containers } = pod.spec!;
      const claimed = nodes
        .filter(({ name }) => name === role)
        .flatMap(({ set }) => set.spec!.volumeClaimTemplates ?? [])
        .map(({ metadata }) => metadata!.name);
      const named = [...volumes.map(({ name }) => name), ...claimed].sort();
      expect(containers[0]!.volumeMounts!.map(({ name }) => name).sort()).toEqual(named);
      const mounted = volumes.flatMap(({ secret }) => secret?.secretName ?? []);
      expect(mounted).toEqual([`${role}-certs`]);
      const claims = volumes.flatMap((it) => it.persistentVolumeClaim?.claimName ?? []);
      for (const claim of claims) find("PersistentVolumeClaim", claim);
      const own = role === "client" ? [] : [`certs/${role}.pem`, `certs/${role}-key.pem`];
      const token = role === "worker" ? [] : ["certs/client-token"];
      expect(secrets.get(`${role}-certs`)).toEqual(["certs/ca.pem", ...own, ...token]);
    }
  });

  test("give no pod more than the strictest of the standard policies allows", () => {
    for (const [name, { spec }] of pods) {
      expect([name, spec]).toMatchObject([
        name,
        {
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 10001,
            seccompProfile: { type: "RuntimeDefault" },
          },
        },
      ]);
      expect(spec!.containers.map(({ securityContext }) => securityContext)).toEqual([
        {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
      ]);
      expect(spec!.containers[0]!.resources!.limits).toHaveProperty("memory");
    }
  });
});

function jobFile(): string {
  return manifests.find(({ kind }) => kind === "Job")!.file;
}

function wordsOf({ spec }: PodTemplateSpec): string[] {
  const { command = [], args = [] } = spec!.containers[0]!;
  return [...command, ...args];
}

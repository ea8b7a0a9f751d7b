/**
 * The tree shows the architecture, and this test says so: imports point from a layer to those below
 * it, never up, never in a circle; the pure layers see nothing of the outside world.
 */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const SOURCE = join(import.meta.dirname, "../../src");

/** From the bottom to the top. A file of a layer may import its own layer and those before it. */
const LAYERS = [
  "base",
  "s3",
  "job",
  "shuffle",
  "task",
  "bundle",
  "slot",
  "scheduler",
  "raft",
  "storage",
  "rpc",
  "replica",
  "local",
  "master",
  "worker",
  "client",
  "cli",
];
/** Made by a program, and imported by `rpc` alone. */
const GENERATED = "rpc/generated/";
/** Files that stand above all layers but the command line. */
const PUBLIC = ["index.ts", "testing.ts"];
/** Layers that take events and return effects: no clock, no randomness, no I/O. */
const PURE = ["scheduler", "raft"];

interface Import {
  readonly from: string;
  readonly to: string;
}

function sourceFiles(): string[] {
  return readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .sort();
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(SOURCE, file), "utf8");
  const statements = text.matchAll(
    /^(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/gm,
  );
  return [...statements].map((match) => match[1] ?? match[2]!);
}

function internalImports(): Import[] {
  return sourceFiles().flatMap((from) =>
    importsOf(from)
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => ({ from, to: relative(SOURCE, join(SOURCE, dirname(from), specifier)) })),
  );
}

function layerOf(file: string): number {
  if (PUBLIC.includes(file)) return LAYERS.indexOf("cli") - 0.5;
  const layer = LAYERS.indexOf(file.split("/")[0]!);
  if (layer < 0) throw new Error(`${file} is in no layer. Add its folder to LAYERS, in its place.`);
  return layer;
}

describe("the layers of src", () => {
  it("are imported downwards only", () => {
    const upward = internalImports().filter(({ from, to }) => layerOf(to) > layerOf(from));
    expect(upward.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it("see the generated code from rpc alone", () => {
    const others = internalImports().filter(
      ({ from, to }) => to.startsWith(GENERATED) && !from.startsWith("rpc/"),
    );
    expect(others.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it("have no circular imports", () => {
    const graph = new Map<string, string[]>();
    for (const { from, to } of internalImports()) graph.set(from, [...(graph.get(from) ?? []), to]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
        return;
      }
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it.each(PURE)("%s is pure", (layer) => {
    for (const file of sourceFiles().filter((name) => name.startsWith(`${layer}/`))) {
      const text = readFileSync(join(SOURCE, file), "utf8");
      expect(
        importsOf(file).filter((name) => name.startsWith("node:")),
        file,
      ).toEqual([]);
      expect(text, file).not.toMatch(
        /\b(Date\.now|Math\.random|performance\.|setTimeout|setInterval|process\.)/,
      );
    }
  });
});

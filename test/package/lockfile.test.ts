/**
 * What `npm ci` needs of package-lock.json on every machine. A registry that mirrors only some of the
 * platforms' packages makes npm leave the others out of the lock, and `npm ci` then refuses it.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./user-project.ts";

interface Locked {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

test.each(["package-lock.json", "bench/package-lock.json"])(
  "%s holds the packages of every platform",
  (path) => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, path), "utf8")) as {
      packages: Readonly<Record<string, Locked>>;
    };
    const missing = Object.values(packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => packages[`node_modules/${name}`]?.version === undefined);
    expect(missing).toEqual([]);
  },
);

/**
 * From a job file to a bundle: esbuild turns the user's TypeScript, its imports and its npm
 * dependencies into one ES module with a source map. Whatever is wrong with the file is said in
 * terms of the user's own lines.
 */

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildOptions, BuildResult } from "esbuild";
import { SheafError } from "../base/error.ts";
import { JOB_CODE_BYTES_MAX } from "../base/limits.ts";
import { sizeInWords } from "../base/size.ts";
import { bundleFailure, bundlerFailure, isBuildFailure, warningText } from "./bundle-error.ts";
import {
  ADDRESS_DEFINES,
  addressPlugin,
  nativeAddonPlugin,
  runtimePlugin,
  usesAddresses,
  withoutAddressImport,
} from "./bundle-plugin.ts";
import type { JobBundle } from "./job-bundle.ts";
import { findJobFile } from "./job-file.ts";
import { displayPath, jobName } from "./job-name.ts";

export type { JobBundle } from "./job-bundle.ts";

/** What esbuild names the code it brings itself for `require()` of what is not bundled. */
const USES_REQUIRE = /^var __require = /m;
/** A source of the map that is not a path: `sheaf-address:...`, `webpack://...`. */
const HAS_SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/**
 * Bundles the job file at `entryPath`, relative to `cwd`. It is read, resolved and compiled, but
 * not run.
 *
 * @throws SheafError `JOB_INVALID` when there is no such file, when it or what it imports does not
 *   compile, or when an import cannot be found; the message shows the line.
 */
export async function bundleJob(entryPath: string, cwd = process.cwd()): Promise<JobBundle> {
  const entry = await findJobFile(entryPath, cwd);
  const nativeAddons = new Set<string>();
  const output = await build(entry, cwd, (name) => nativeAddons.add(name));
  const { code, map } = withRequire(
    output.code,
    absoluteSources(output.map, dirname(entry)),
    entry,
  );
  const bytes = Buffer.byteLength(code);
  if (bytes > JOB_CODE_BYTES_MAX) {
    throw new SheafError(
      "JOB_INVALID",
      `Cannot bundle the job ${displayPath(entry, cwd)}: its code and dependencies take ` +
        `${sizeInWords(bytes)}, and the limit is ${sizeInWords(JOB_CODE_BYTES_MAX)}. ` +
        "Read data from files instead of importing it.",
    );
  }
  return {
    code,
    map: JSON.stringify(map),
    hash: createHash("sha256").update(code).digest("hex"),
    entry,
    entryName: jobName(resolve(cwd, entryPath)),
    cwd,
    nativeAddons: [...nativeAddons].sort(),
    warnings: output.warnings,
  };
}

interface BuildOutput {
  readonly code: string;
  readonly map: SourceMapJson;
  readonly warnings: readonly string[];
}

/** The fields of a source map that are touched here. */
interface SourceMapJson {
  sources: string[];
  sourcesContent?: (string | null)[];
  mappings: string;
}

async function build(
  entry: string,
  cwd: string,
  foundAddon: (packageName: string) => void,
): Promise<BuildOutput> {
  const folder = dirname(entry);
  const plugins = [runtimePlugin, nativeAddonPlugin(foundAddon)];
  const options = {
    entryPoints: [entry],
    // Paths in comments and messages are relative to it, so the code is the same wherever the
    // command is given.
    absWorkingDir: folder,
    outdir: folder,
    write: false,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // esbuild takes Node for a target that lacks them and makes a `new RegExp(...)` of a literal,
    // compiled again for every record.
    supported: Object.fromEntries(REGEXP_FEATURES.map((name) => [`regexp-${name}`, true])),
    sourcemap: "external",
    sourcesContent: true,
    legalComments: "none",
    charset: "utf8",
    // Without keepNames: it wraps every closure in a call, and one made per record then costs
    // 230 ns instead of 9.
    keepNames: false,
    define: ADDRESS_DEFINES,
    logLevel: "silent",
    logOverride: { "unsupported-dynamic-import": "warning", "unsupported-require-call": "warning" },
    plugins,
  } satisfies BuildOptions;
  let result = await runEsbuild(options, entry, cwd);
  if (usesAddresses(codeOf(result))) {
    result = await runEsbuild({ ...options, plugins: [...plugins, addressPlugin] }, entry, cwd);
  }
  const mapFile = result.outputFiles!.find((file) => file.path.endsWith(".map"))!;
  const warnings = result.warnings.map((warning) => warningText(warning, folder, cwd));
  return { code: codeOf(result), map: JSON.parse(mapFile.text) as SourceMapJson, warnings };
}

/** Parts of regular expressions that every Node since 20 has. */
const REGEXP_FEATURES = [
  "dot-all-flag",
  "lookbehind-assertions",
  "match-indices",
  "named-capture-groups",
  "set-notation",
  "sticky-and-unicode-flags",
  "unicode-property-escapes",
];

/**
 * Loaded when needed, since a slot's thread never bundles; by `require`, which takes 6 to 13 ms
 * where `import()` takes 31 to 67 (Node 20).
 */
async function runEsbuild(options: BuildOptions, entry: string, cwd: string): Promise<BuildResult> {
  try {
    const esbuild = createRequire(import.meta.url)("esbuild") as typeof import("esbuild");
    return await esbuild.build(options);
  } catch (error) {
    if (isBuildFailure(error)) throw bundleFailure(error.errors, entry, cwd);
    throw bundlerFailure(error, entry, cwd);
  }
}

function codeOf(result: BuildResult): string {
  return result.outputFiles!.find((file) => !file.path.endsWith(".map"))!.text;
}

/** The map with absolute paths for sources, and with their text as the user wrote it. */
function absoluteSources(map: SourceMapJson, folder: string): SourceMapJson {
  return {
    ...map,
    sources: map.sources.map((path) => (HAS_SCHEME.test(path) ? path : resolve(folder, path))),
    sourcesContent: (map.sourcesContent ?? []).map((text) => text && withoutAddressImport(text)),
  };
}

/** CommonJS dependencies `require` built-in modules: defines it on a line before the others. */
function withRequire(
  code: string,
  map: SourceMapJson,
  entry: string,
): { code: string; map: SourceMapJson } {
  if (!USES_REQUIRE.test(code)) return { code, map };
  const address = JSON.stringify(pathToFileURL(entry).href);
  const line =
    'import { createRequire as __sheaf_createRequire } from "node:module"; ' +
    `const require = __sheaf_createRequire(${address});\n`;
  return { code: line + code, map: { ...map, mappings: `;${map.mappings}` } };
}

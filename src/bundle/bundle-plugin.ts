/**
 * What esbuild has to be told to bundle a job: that `sheaf` is the one that runs, that a file keeps
 * its own address (`import.meta.url`, `__dirname`, ...), and that native addons cannot travel.
 */

import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Loader, Plugin, PluginBuild } from "esbuild";
import { RUNTIME_TOKENS } from "./job-bundle.ts";

/** Replaces what a module knows of its own address; the plugin defines these names per file. */
export const ADDRESS_DEFINES: Readonly<Record<string, string>> = {
  "import.meta.url": "__sheaf_url",
  "import.meta.dirname": "__sheaf_dirname",
  "import.meta.filename": "__sheaf_filename",
  __dirname: "__sheaf_dirname",
  __filename: "__sheaf_filename",
};

const ADDRESS_USE = /\bimport\.meta\b|\b__dirname\b|\b__filename\b/;
const ADDRESS_IMPORT =
  "\nimport { __sheaf_url, __sheaf_dirname, __sheaf_filename } from 'sheaf-address:";

/** Whether bundled code asks for the address of one of its files. */
export function usesAddresses(code: string): boolean {
  return /\b__sheaf_(?:url|dirname|filename)\b/.test(code);
}

/** A source as the user wrote it, without what `addressPlugin` appended. */
export function withoutAddressImport(source: string): string {
  const appended = source.lastIndexOf(ADDRESS_IMPORT);
  return appended === -1 ? source : source.slice(0, appended);
}

/**
 * Leaves `sheaf` and `sheaf/testing` as tokens, wherever they are imported from, and checks that
 * Node has what is imported from it: esbuild would leave that to the thread that loads the job.
 */
export const runtimePlugin: Plugin = {
  name: "sheaf-runtime",
  setup(build: PluginBuild) {
    const namespace = "sheaf-runtime";
    build.onResolve({ filter: /^sheaf(?:\/testing)?$/ }, ({ path, kind }) => {
      // `import()` and `require()` go through a module of ours, so that a token is only ever the
      // subject of an import statement, on a line of its own.
      if (kind !== "import-statement") return { path, namespace };
      return { path: RUNTIME_TOKENS.get(path)!, external: true };
    });
    build.onResolve({ filter: /^(?:sheaf\/|node:)/ }, ({ path, kind }) => {
      if (path.startsWith("sheaf/")) return { errors: [{ text: `Sheaf has no module "${path}"` }] };
      if (isBuiltin(path) || kind !== "import-statement") return undefined;
      return { errors: [{ text: `Node ${process.versions.node} has no module "${path}"` }] };
    });
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => {
      return { contents: `export * from ${JSON.stringify(path)};` };
    });
  },
};

/** Replaces native addons by a module that throws, and reports the packages that hold them. */
export function nativeAddonPlugin(found: (packageName: string) => void): Plugin {
  return {
    name: "sheaf-native-addon",
    setup(build) {
      build.onLoad({ filter: /\.node$/, namespace: "file" }, ({ path }) => {
        const owner = packageOf(path) ?? path;
        found(owner);
        const message = `${owner} is a native addon, which cannot be part of a job.`;
        return {
          contents: `module.exports = (() => { throw new Error(${JSON.stringify(message)}); })();`,
        };
      });
    },
  };
}

/** The package that a file below `node_modules` belongs to. */
export function packageOf(path: string): string | undefined {
  const parts = path.replaceAll("\\", "/").split("/node_modules/").at(-1)!.split("/");
  if (!path.includes("node_modules")) return undefined;
  return parts[0]!.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
}

/**
 * Gives every file that asks for it its own address. The names come from an import at the end of
 * the file: imports are hoisted, so no line or column before it moves. It reads every file in
 * JavaScript, so it is used only for the few jobs that need it.
 */
export const addressPlugin: Plugin = {
  name: "sheaf-address",
  setup(build) {
    build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: "file" }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      if (!ADDRESS_USE.test(source)) return undefined;
      const encoded = encodeURIComponent(path).replaceAll("'", "%27");
      const contents = `${source}${ADDRESS_IMPORT}${encoded}';`;
      return { contents, loader: loaderOf(path) };
    });
    build.onResolve({ filter: /^sheaf-address:/ }, ({ path }) => {
      return {
        path: decodeURIComponent(path.slice(path.indexOf(":") + 1)),
        namespace: "sheaf-address",
      };
    });
    build.onLoad({ filter: /.*/, namespace: "sheaf-address" }, ({ path }) => ({
      contents: [
        `export const __sheaf_url = ${JSON.stringify(pathToFileURL(path).href)};`,
        `export const __sheaf_dirname = ${JSON.stringify(dirname(path))};`,
        `export const __sheaf_filename = ${JSON.stringify(path)};`,
      ].join("\n"),
    }));
  },
};

function loaderOf(path: string): Loader {
  const extension = extname(path).slice(1).replace(/^[cm]/, "");
  return extension as "js" | "jsx" | "ts" | "tsx";
}

/**
 * From a bundle to the job in it: evaluates the module in this thread and checks what it exports.
 * The same module serves every call with the same bundle. A job whose module loops for ever holds
 * its thread; whoever owns the thread watches it.
 */

import { url as inspectorUrl } from "node:inspector";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import { SheafError } from "../base/error.ts";
import { JOB_LOAD_TIMEOUT_MS } from "../base/limits.ts";
import type { AnyJob } from "../job/job.ts";
import type { PipelineStep } from "../job/pipeline.ts";
import { type JobBundle, MODULE_ADDRESS, type RuntimeModules, scriptUrl } from "./job-bundle.ts";
import { displayPath } from "./job-name.ts";
import { missingExport } from "./missing-export.ts";
import { describeUserError, formatUserError } from "./user-error.ts";

/** A job that is ready to run; a single job is a pipeline of one step. */
export interface LoadedJob {
  /** What its module exports by default. */
  readonly kind: "job" | "pipeline";
  readonly steps: readonly PipelineStep[];
  readonly bundle: JobBundle;
}

/** How a bundle is loaded; the defaults fit every caller but a test. */
export interface LoadOptions {
  /** What `sheaf` and `sheaf/testing` mean to the job: the Sheaf that runs. */
  readonly runtime?: RuntimeModules;
  readonly timeoutMs?: number;
  /** For breakpoints in .ts files; on when this thread has a debugger. */
  readonly inlineSourceMap?: boolean;
}

/** The Sheaf that runs: the modules one folder up, compiled or not as this one is. */
const RUNNING_SHEAF: RuntimeModules = {
  index: new URL(`../index${import.meta.url.slice(-3)}`, import.meta.url).href,
  testing: new URL(`../testing${import.meta.url.slice(-3)}`, import.meta.url).href,
};

/**
 * Begins to load what every job imports, for whoever has to wait for the bundle. Whether that worked
 * is learned when the bundle is loaded.
 */
export function loadRuntimeAhead(): void {
  import(RUNNING_SHEAF.index).catch(() => undefined);
}

/**
 * Evaluates a bundle and takes the job out of it.
 *
 * @throws SheafError `JOB_INVALID` when the module throws, does not finish in time, or exports no
 *   job by default; the message shows the user's line.
 */
export async function loadBundle(bundle: JobBundle, options: LoadOptions = {}): Promise<LoadedJob> {
  const runtime = options.runtime ?? RUNNING_SHEAF;
  const inlineMap = options.inlineSourceMap ?? inspectorUrl() !== undefined;
  const address = moduleAddress(bundle, runtime, inlineMap);
  const exports = await importInTime(
    address,
    bundle,
    runtime,
    options.timeoutMs ?? JOB_LOAD_TIMEOUT_MS,
  );
  return { ...definitionIn(exports, bundle), bundle };
}

type Exports = Readonly<Record<string, unknown>>;

/**
 * The module as a `data:` URL: nothing is left on a disk, which may be read-only, and it loads as
 * fast as a file. `sourceURL` keeps the URL, which is all the code, out of stack frames.
 */
function moduleAddress(bundle: JobBundle, runtime: RuntimeModules, inlineMap: boolean): string {
  const code = bundle.code.replace(
    /^((?:.* from|import) )"sheaf-runtime:(index|testing)"/gm,
    (_, before: string, name: keyof RuntimeModules) => before + JSON.stringify(runtime[name]),
  );
  const lines = [code];
  if (inlineMap) {
    const map = Buffer.from(mapForDebugger(bundle)).toString("base64");
    lines.push(`//# sourceMappingURL=data:application/json;base64,${map}`);
  }
  lines.push(`//# sourceURL=${scriptUrl(bundle)}`, "");
  return `${MODULE_ADDRESS}${Buffer.from(lines.join("\n")).toString("base64")}`;
}

/** The source map with addresses for sources, as debuggers want them. */
function mapForDebugger(bundle: JobBundle): string {
  const map = JSON.parse(bundle.map) as { sources: string[] };
  const sources = map.sources.map((path) => (isAbsolute(path) ? pathToFileURL(path).href : path));
  return JSON.stringify({ ...map, sources });
}

/** Frames kept of what a module throws while it loads: Node's loader alone takes the usual ten. */
const LOADING_FRAMES = 50;

async function importInTime(
  address: string,
  bundle: JobBundle,
  runtime: RuntimeModules,
  timeoutMs: number,
): Promise<Exports> {
  const frames = Error.stackTraceLimit;
  Error.stackTraceLimit = LOADING_FRAMES;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    const late = `its module did not load within ${timeoutMs / 1000} s.`;
    const why = `${late} Is there an await that never ends?`;
    timer = setTimeout(() => reject(invalid(bundle, why)), timeoutMs);
  });
  const loaded = import(address).catch(async (error: unknown) => {
    throw (await missingExport(error, bundle, runtime)) ?? whileLoading(error, bundle);
  });
  try {
    return (await Promise.race([loaded, tooLong])) as Exports;
  } finally {
    clearTimeout(timer);
    // Unless the module has set it for itself.
    if (Error.stackTraceLimit === LOADING_FRAMES) Error.stackTraceLimit = frames;
  }
}

/** The module threw: in its own words, at its own line. */
function whileLoading(error: unknown, bundle: JobBundle): SheafError {
  const text = formatUserError(describeUserError(error, bundle));
  const addons = bundle.nativeAddons.join(", ");
  const advice =
    addons === "" ? "" : `\n\nNative addons cannot be part of a job, and this one uses: ${addons}.`;
  const isOurs = error instanceof Error && error.name === "SheafError";
  if (isOurs) return invalid(bundle, `${text}${advice}`, error);
  return invalid(bundle, `it threw while loading.\n\n${text}${advice}`, error);
}

type Definition = Omit<LoadedJob, "bundle">;

/** The job or pipeline that a module exports by default. */
function definitionIn(exports: Exports, bundle: JobBundle): Definition {
  const exported = fromCommonJs(exports.default);
  const definition = asDefinition(exported);
  if (definition !== undefined) return definition;
  if (exported !== undefined) throw invalid(bundle, whatItIs(exported));
  const job = Object.keys(exports).find((name) => asDefinition(exports[name]) !== undefined);
  const advice =
    job === undefined
      ? "it has no default export. Write: export default defineJob({ ... });"
      : `it exports "${job}", but not by default. Add: export default ${job};`;
  throw invalid(bundle, advice);
}

/** A CommonJS module made from `export default` holds the job one level deeper. */
function fromCommonJs(exported: unknown): unknown {
  const isWrapped = typeof exported === "object" && exported !== null && "__esModule" in exported;
  return isWrapped ? (exported as { default?: unknown }).default : exported;
}

function asDefinition(value: unknown): Definition | undefined {
  if (typeof value !== "object" || value === null || !("kind" in value)) return undefined;
  if (value.kind === "job" && "definition" in value) {
    return { kind: "job", steps: [{ job: value as AnyJob, times: 1, until: undefined }] };
  }
  if (value.kind === "pipeline" && "steps" in value && Array.isArray(value.steps)) {
    return { kind: "pipeline", steps: value.steps as readonly PipelineStep[] };
  }
  return undefined;
}

/** Why a default export is not a job. */
function whatItIs(exported: unknown): string {
  if (exported === null) return whatItShouldBe("null");
  if (Array.isArray(exported)) return whatItShouldBe("an array");
  if (typeof exported !== "object") return whatItShouldBe(`a ${typeof exported}`);
  if ("then" in exported)
    return "its default export is a promise. Write: export default await ...;";
  if (!("map" in exported)) return whatItShouldBe("an object");
  return "its default export is a plain object. Write: export default defineJob({ ... });";
}

function whatItShouldBe(kind: string): string {
  const write = "Write: export default defineJob({ ... }); or export a pipeline(...).";
  return `its default export is ${kind}, not a job. ${write}`;
}

function invalid(bundle: JobBundle, why: string, cause?: unknown): SheafError {
  const job = displayPath(bundle.entry, bundle.cwd);
  return new SheafError("JOB_INVALID", `Cannot load the job ${job}: ${why}`, { cause });
}

/**
 * Remembers which file called `defineJob` or `pipeline`, because `run(job)` needs the module: a
 * job's functions cannot be sent to another thread, but its file can be loaded there.
 */

const files = new WeakMap<object, string>();

/** Notes the file from which `definer` was called as the origin of `definition`. */
export function rememberFile<T extends object>(
  definition: T,
  definer: (...of: never[]) => unknown,
): T {
  const file = callerOf(definer);
  if (file !== undefined) files.set(definition, file);
  return definition;
}

/** Notes for `definition` the file of what it was made from. */
export function inheritFile<T extends object>(from: object, definition: T): T {
  const file = files.get(from);
  if (file !== undefined) files.set(definition, file);
  return definition;
}

/** The URL or path of the file that defined it, if it is known. */
export function definedIn(definition: object): string | undefined {
  return files.get(definition);
}

function callerOf(definer: (...of: never[]) => unknown): string | undefined {
  const prepare = Error.prepareStackTrace;
  const limit = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_error, sites) => sites;
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, definer);
    const [site] = holder.stack as NodeJS.CallSite[];
    return site?.getFileName() ?? undefined;
  } finally {
    Error.prepareStackTrace = prepare;
    Error.stackTraceLimit = limit;
  }
}

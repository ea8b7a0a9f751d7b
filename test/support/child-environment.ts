/**
 * The environment for programs that a test starts as a user would, without what `npm test` and
 * vitest have put into ours: npm would take our folder for theirs, and vitest would think it is us.
 */

import process from "node:process";

const OURS =
  /^(npm_(?!config_)|npm_config_(local_prefix|prefix)$|INIT_CWD$|VITEST|NODE_ENV$|TEST$)/;

/** What a user's own shell would have, with `values` on top; colours are off. */
export function childEnvironment(values: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !OURS.test(name));
  return {
    ...Object.fromEntries(inherited),
    NO_COLOR: "1",
    FORCE_COLOR: undefined,
    npm_config_update_notifier: "false",
    npm_config_loglevel: "error",
    ...values,
  };
}

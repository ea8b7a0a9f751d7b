/** The tests that need a Docker engine, one after the other: `npm run test:cluster`. */

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/docker/**/*.test.ts"],
    globalSetup: "test/docker/support/say-engine.ts",
    fileParallelism: false,
    // Minutes on a machine that does other things, too.
    testTimeout: 480_000,
    hookTimeout: 600_000,
  },
});

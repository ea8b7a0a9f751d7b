import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts", "bench/**/*.test.ts"],
    // These need a Docker engine: `npm run test:cluster`.
    exclude: [...configDefaults.exclude, "test/docker/**"],
    // Integration tests start processes and threads of their own; two at once fill two cores.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

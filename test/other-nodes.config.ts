/**
 * The tests that run on other versions of Node, too (scripts/test-nodes.ts): without what does not depend
 * on them, and what others cover that stay; of a cluster, all examples on real workers.
 */

import { testsWithout } from "../vitest.config.ts";

export default testsWithout([
  "bench/**",
  "test/{architecture,deploy,docker,docs,raft,replica,scheduler,simulation,storage}/**",
  "test/cluster/!(examples).test.ts",
  "test/integration/s3.test.ts",
]);

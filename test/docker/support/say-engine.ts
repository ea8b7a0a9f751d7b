/** Says, before the tests of the cluster of containers, with what they run, or why they do not. */

import { findEngine } from "./engine.ts";

export default function sayEngine(): void {
  const engine = findEngine();
  console.log(
    engine.runs
      ? `A cluster of containers is tested with Docker ${engine.version} and ${engine.compose.join(" ")}.`
      : `The cluster of containers is NOT tested: ${engine.reason} on this machine.`,
  );
}

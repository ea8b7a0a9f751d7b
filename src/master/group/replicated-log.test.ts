import { expect, test } from "vitest";
import { REPLICA_LIMITS } from "../../replica/limits.ts";
import { replicatedLog } from "./replicated-log.ts";

const { proposalsMax, waitingBytesMax } = REPLICA_LIMITS;
const command = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes);

test.each([
  ["commands", Array.from({ length: 3 * proposalsMax }, () => command(1))],
  ["bytes", Array.from({ length: 90 }, () => command(waitingBytesMax / 30))],
])("more %s at once than a member takes go to it in order, a part at a time", async (_, all) => {
  const taken: Uint8Array[] = [];
  let isBusy = false;
  const log = replicatedLog({
    async proposeAll(commands) {
      expect(isBusy).toBe(false);
      expect(commands.length).toBeLessThan(proposalsMax);
      const bytes = commands.reduce((sum, { length }) => sum + length, 0);
      expect(bytes).toBeLessThan(waitingBytesMax);
      isBusy = true;
      await Promise.resolve();
      isBusy = false;
      taken.push(...commands);
    },
  });
  await log.append(all);
  expect(taken).toHaveLength(all.length);
  expect(taken.every((each, i) => each === all[i])).toBe(true);
});

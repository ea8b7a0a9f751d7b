/**
 * What a bad disk does to files while nobody looks.
 */

import type { Chance } from "../../storage/support/chance.ts";
import { SECTOR_BYTES } from "../../storage/support/simulated-file.ts";
import type { SimulatedMachine } from "../../storage/support/simulated-machine.ts";

/** One file of the machine loses a bit, a sector, or itself. */
export function damageFiles(machine: SimulatedMachine, chance: Chance): void {
  const names = [...machine.files.keys()].sort();
  if (names.length === 0) return;
  const name = chance.pick(names);
  const file = machine.files.get(name)!;
  switch (chance.below(3)) {
    case 0:
      return file.rot(chance.below(file.sizeBytes), 1 << chance.below(8));
    case 1:
      return file.clearSector(chance.below(Math.ceil(file.sizeBytes / SECTOR_BYTES)));
    default:
      // A member that has lost who it is would be a new one to itself.
      if (name !== "state") machine.lose(name);
  }
}

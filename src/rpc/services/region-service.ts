/**
 * The contract of the RegionService: workers fetch from workers.
 */

import { contract } from "../contract.ts";
import { RegionServiceDefinition } from "../generated/sheaf/v1/region.ts";
import { regionChunkForm, regionRequestForm } from "../wire/region-calls.ts";

/** Chunks that wait in a server for a slow reader, of each stream. */
export const REGION_CHUNKS_PENDING_MAX = 3;

export const regionService = contract(RegionServiceDefinition, ["worker"], {
  fetchRegion: {
    request: regionRequestForm,
    answer: regionChunkForm,
    answersPendingMax: REGION_CHUNKS_PENDING_MAX,
  },
});

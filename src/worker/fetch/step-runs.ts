/**
 * The input of an attempt that reads runs of the step before: what lies on other workers is fetched
 * first, and the split then names files of this machine.
 */

import { SheafError } from "../../base/error.ts";
import type { Incarnation } from "../../base/ids.ts";
import type { RunPlace, Segment, Split } from "../../job/input/input.ts";
import type { RegionShelf } from "../../rpc/regions/region-shelf.ts";
import type { RunRegion } from "../../shuffle/merge-runs.ts";
import type { FetchRequester } from "./fetch-queue.ts";
import { regionFault, type WantedRegion } from "./wanted-region.ts";

/** Where runs come from. */
export interface RunSources {
  readonly incarnation: Incarnation;
  readonly shelf: RegionShelf;
  readonly requester: FetchRequester;
  readonly signal: AbortSignal;
  /** Told of a run that could not be had, before the error is thrown. */
  readonly onFault: (wanted: WantedRegion, error: SheafError) => void;
  /** Told of a run of this very worker, which is read where it is. */
  readonly onFound: (wanted: WantedRegion, path: string) => void;
}

/** The split with its runs here. Throws `REGION_UNAVAILABLE`, `NO_SPACE`, or the signal's reason. */
export async function withRunsHere(split: Split, sources: RunSources): Promise<Split> {
  if (split.segments.every(({ run }) => run?.place === undefined)) return split;
  const segments = await Promise.all(
    split.segments.map(async (segment): Promise<Segment> => {
      const { run } = segment;
      if (run?.place === undefined) return segment;
      const { path, offset } = await runHere(segment, run.place, sources);
      const { records, blockBytesMax } = run;
      const file = { ...segment.file, path };
      const end = offset + segment.end - segment.start;
      return { file, start: offset, end, run: { records, blockBytesMax } };
    }),
  );
  return { ...split, segments };
}

/** The runs themselves, in order. */
export async function runsHere(split: Split, sources: RunSources): Promise<RunRegion[]> {
  const { segments } = await withRunsHere(split, sources);
  return segments.map(({ file, start, end, run }) => ({
    path: file.path,
    offset: start,
    lengthBytes: end - start,
    records: run?.records ?? 0,
    blockBytesMax: run?.blockBytesMax ?? 0,
  }));
}

async function runHere(
  { start, end, run }: Segment,
  { producer, worker, incarnation, address }: RunPlace,
  sources: RunSources,
): Promise<Pick<RunRegion, "path" | "offset">> {
  const { records = 0, blockBytesMax = 0 } = run ?? {};
  const lengthBytes = end - start;
  if (lengthBytes === 0) return { path: "", offset: 0 };
  const wanted: WantedRegion = {
    source: { worker, incarnation, address },
    producer,
    partition: producer.task,
    region: { lengthBytes, records, blockBytesMax },
  };
  try {
    if (incarnation !== sources.incarnation) {
      return await sources.requester.fetch(wanted, sources.signal);
    }
    const found = find(wanted, sources.shelf);
    sources.onFound(wanted, found.path);
    return found;
  } catch (thrown) {
    sources.signal.throwIfAborted();
    if (thrown instanceof SheafError && thrown.code === "REGION_UNAVAILABLE") {
      sources.onFault(wanted, thrown);
    }
    throw thrown;
  }
}

function find(wanted: WantedRegion, shelf: RegionShelf): Pick<RunRegion, "path" | "offset"> {
  try {
    return shelf.find({ ...wanted, lengthBytes: wanted.region.lengthBytes });
  } catch (thrown) {
    if (!(thrown instanceof SheafError)) throw thrown;
    throw regionFault(wanted, "gone", thrown.message);
  }
}

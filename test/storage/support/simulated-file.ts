/**
 * A file as an operating system keeps it: what a program sees is the page cache; what outlives a loss
 * of power is on the platter, sector by sector. Of what was written since the last sync, a crash may
 * keep any version of each sector, and any size that the file had.
 */

import type { Chance } from "./chance.ts";

export const SECTOR_BYTES = 512;

/** Something on its way to the platter, with the time of its writing. */
interface Dated<T> {
  readonly time: number;
  readonly value: T;
}

export class SimulatedFile {
  #cache: Buffer = Buffer.alloc(0);
  #durable: Buffer = Buffer.alloc(0);
  #time = 0;
  /** Images of sectors, and sizes, that are not durable; the oldest first. */
  #images = new Map<number, Dated<Buffer>[]>();
  #sizes: Dated<number>[] = [];
  /** Sectors that can be read no more. */
  readonly #lost = new Set<number>();

  /** A copy in which everything is durable. */
  clone(): SimulatedFile {
    const copy = new SimulatedFile();
    copy.#cache = Buffer.from(this.#cache);
    copy.#durable = Buffer.from(this.#cache);
    return copy;
  }

  get sizeBytes(): number {
    return this.#cache.length;
  }

  /** What a program sees. */
  get bytes(): Buffer {
    return this.#cache;
  }

  read(target: Uint8Array, offset: number): number {
    const end = Math.min(offset + target.length, this.#cache.length);
    if (end <= offset) return 0;
    for (const sector of this.#lost) {
      const start = sector * SECTOR_BYTES;
      if (start < end && start + SECTOR_BYTES > offset) throw ioError("EIO", "read");
    }
    target.set(this.#cache.subarray(offset, end));
    return end - offset;
  }

  write(bytes: Uint8Array, offset: number): void {
    const end = offset + bytes.length;
    if (end > this.#cache.length) this.#cache = resized(this.#cache, end);
    // Also where the file was as long before, in the cache alone, because a sync had failed.
    if (end > this.#durable.length) this.#sizes.push({ time: ++this.#time, value: end });
    this.#cache.set(bytes, offset);
    this.#note(offset, end);
  }

  truncate(sizeBytes: number): void {
    const before = this.#cache.length;
    this.#cache = resized(this.#cache, sizeBytes);
    this.#sizes.push({ time: ++this.#time, value: sizeBytes });
    this.#note(Math.min(before, sizeBytes), Math.max(before, sizeBytes));
  }

  /** The moment at which a sync begins. */
  get time(): number {
    return this.#time;
  }

  /** What was written up to a moment is durable. */
  makeDurable(moment: number): void {
    const isDurable = ({ time }: Dated<unknown>): boolean => time <= moment;
    const size = this.#sizes.findLast(isDurable)?.value ?? this.#durable.length;
    const durable = resized(this.#durable, size);
    for (const [sector, images] of this.#images) {
      const image = images.findLast(isDurable)?.value;
      if (image !== undefined) put(durable, sector, image);
      this.#images.set(
        sector,
        images.filter((dated) => !isDurable(dated)),
      );
    }
    this.#sizes = this.#sizes.filter((dated) => !isDurable(dated));
    this.#durable = durable;
  }

  /** A sync fails: any part is durable, and all of it counts as clean from now on. */
  failSync(chance: Chance): void {
    this.#durable = this.#afterCrash(chance);
    this.#images.clear();
    this.#sizes = [];
  }

  /** The power is lost. */
  losePower(chance: Chance): void {
    this.failSync(chance);
    this.#cache = Buffer.from(this.#durable);
  }

  /** Changes bits of a byte, on the platter as in the cache. */
  rot(offset: number, mask: number): void {
    for (const bytes of [this.#cache, this.#durable]) {
      if (offset < bytes.length) bytes[offset]! ^= mask;
    }
  }

  /** A sector holds zeros, on the platter as in the cache. */
  clearSector(sector: number): void {
    for (const bytes of [this.#cache, this.#durable]) {
      bytes.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES).fill(0);
    }
  }

  /** A sector can be read no more. */
  loseSector(sector: number): void {
    this.#lost.add(sector);
  }

  #note(from: number, to: number): void {
    const time = ++this.#time;
    const last = Math.ceil(to / SECTOR_BYTES);
    for (let sector = Math.floor(from / SECTOR_BYTES); sector < last; sector++) {
      const value = Buffer.alloc(SECTOR_BYTES);
      value.set(this.#cache.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES));
      this.#images.set(sector, [...(this.#images.get(sector) ?? []), { time, value }]);
    }
  }

  #afterCrash(chance: Chance): Buffer {
    const sizes = [this.#durable.length, ...this.#sizes.map(({ value }) => value)];
    const after = resized(this.#durable, chance.pick(sizes));
    for (const [sector, images] of this.#images) {
      const image = chance.pick([undefined, ...images])?.value;
      if (image !== undefined) put(after, sector, image);
    }
    return after;
  }
}

/** An error as the operating system's calls have them. */
export function ioError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${syscall}`), { code, syscall });
}

function resized(bytes: Buffer, sizeBytes: number): Buffer {
  const copy = Buffer.alloc(sizeBytes);
  bytes.copy(copy, 0, 0, sizeBytes);
  return copy;
}

/** Puts a sector's image where it belongs, as far as the file reaches. */
function put(bytes: Buffer, sector: number, image: Buffer): void {
  const start = sector * SECTOR_BYTES;
  if (start < bytes.length) {
    image.copy(bytes, start, 0, Math.min(SECTOR_BYTES, bytes.length - start));
  }
}

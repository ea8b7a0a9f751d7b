/**
 * Makes faults happen, and undoes them: each when its time is over, and all that are left when the
 * cluster is to heal.
 */

import { Chance } from "../../storage/support/chance.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { SimulatedMaster } from "../cluster/simulated-master.ts";
import type { Host } from "../world/host.ts";
import { FAIR } from "../world/network.ts";
import { Ambush } from "./ambush.ts";
import { damageFiles } from "./damage-files.ts";
import type { Fault } from "./fault.ts";
import { ForgottenVote } from "./forgotten-vote.ts";
import type { Plot } from "./plot.ts";
import { ShortReigns } from "./short-reigns.ts";
import { SplitReplacement } from "./split-replacement.ts";

const FLAP_MS = 400;
const STOP_MS = 5000;
/** So long it is waited for a worker that writes. */
const WRITER_MS = 20_000;
const CLOCK_JUMP_MS = 7_200_000;
const PLOT_MS_MIN = 5000;
const RESTART_MS = 20;

/** See the head of this file. */
export class Injector {
  readonly #cluster: Cluster;
  readonly #undo = new Set<() => void>();
  readonly #plots = new Set<Plot>();
  #isHealed = false;

  constructor(cluster: Cluster, faults: readonly Fault[]) {
    this.#cluster = cluster;
    const { world } = cluster;
    for (const fault of faults) {
      world.after(fault.atMs, () => {
        if (!this.#isHealed) this.#inject(fault);
      });
    }
  }

  /** To be called after each event: some faults wait for their moment. */
  look(): void {
    for (const plot of this.#plots) {
      if (plot.isOver()) this.#plots.delete(plot);
    }
  }

  /** Nothing goes wrong any more, and all that was wrong is mended. */
  heal(): void {
    this.#isHealed = true;
    this.#plots.clear();
    for (const undo of [...this.#undo]) undo();
    const { masters, workers, network } = this.#cluster;
    network.weather = FAIR;
    for (const master of masters) master.start();
    for (const worker of workers) worker.start();
  }

  #inject(fault: Fault): void {
    const { world, network, workers } = this.#cluster;
    const { sometimes } = world;
    const chance = new Chance(Math.floor(fault.draw * 2 ** 31));
    world.note("fault", fault.kind);
    switch (fault.kind) {
      case "weather": {
        network.weather = {
          lostShare: chance.pick([0, 0.02, 0.1, 0.3]),
          doubledShare: chance.pick([0, 0.05, 0.2]),
          lateShare: chance.pick([0, 0.1, 0.5]),
          lateMs: chance.pick([5, 50, 500]),
        };
        this.#later(fault, () => {
          network.weather = FAIR;
        });
        return;
      }
      case "cut both ways":
      case "cut one way":
      case "flap":
        return this.#partition(fault, chance);
      case "isolate a master": {
        const master = this.#master(chance);
        const others = this.#hosts.filter((host) => host !== master?.host);
        if (master === undefined) return;
        const ways = chance.pick(["in", "out", "both", "both"]);
        sometimes.saw(ways === "both" ? "links cut both ways" : "links cut one way");
        if (ways !== "in") this.#cut(fault, [master.host], others);
        if (ways !== "out") this.#cut(fault, others, [master.host]);
        return;
      }
      case "kill a master":
      case "power loss":
        return this.#down(fault, [this.#master(chance)], fault.kind === "power loss");
      case "power loss of all masters":
        sometimes.saw("all masters lose power");
        return this.#down(fault, this.#cluster.masters, true);
      case "stop a master": {
        const host = this.#master(chance)?.host;
        if (host !== undefined) this.#stop(fault, host, "master stopped");
        return;
      }
      case "slow master": {
        const host = this.#master(chance)?.host;
        if (host === undefined) return;
        sometimes.saw("master slow");
        return this.#slow(fault, host, chance.pick([3, 10, 100]));
      }
      case "end a master in order": {
        const master = this.#master(chance);
        if (master?.life === undefined) return;
        sometimes.saw("master ends in order");
        const { process } = master.life;
        const ended = (): void => this.#down(fault, [master], false);
        process.run(() => void master.life?.handOver().then(ended));
        return;
      }
      case "clock jump": {
        const host = this.#master(chance)?.host;
        if (host === undefined) return;
        sometimes.saw("clock jumps");
        host.wallOffsetMs += chance.between(-CLOCK_JUMP_MS, CLOCK_JUMP_MS);
        return;
      }
      case "full disk":
      case "failed fsync": {
        const disk = this.#master(chance)?.disk;
        if (disk === undefined) return;
        sometimes.saw(fault.kind);
        const kind = fault.kind === "full disk" ? "no-space" : "failed-sync";
        disk.fault = { kind, call: 0 };
        return;
      }
      case "slow disk": {
        const speed = this.#master(chance)?.diskSpeed;
        if (speed === undefined) return;
        sometimes.saw("disk slow");
        speed.slowness = chance.pick([10, 100, 1000]);
        this.#later(fault, () => {
          speed.slowness = 1;
        });
        return;
      }
      case "rot":
      case "lose a disk":
        return this.#damage(fault, chance);
      case "replace a master": {
        const master = this.#master(chance);
        if (master !== undefined) this.#cluster.administrator.replace(master);
        return;
      }
      case "ambush":
        this.#plots.add(
          Ambush.onMaster(
            this.#cluster,
            chance,
            world.nowMs + fault.forMs,
            (master, losesPower) => {
              this.#down(fault, [master], losesPower);
            },
          ),
        );
        return;
      case "short reigns":
        this.#plots.add(this.#shortReigns(fault, chance));
        return;
      case "forgotten vote":
        this.#plots.add(this.#forgottenVote(fault));
        return;
      case "split replacement":
        this.#plots.add(new SplitReplacement(this.#plotParts(fault)));
        return;
      case "kill a worker": {
        const worker = chance.pick(workers);
        worker.kill();
        this.#later(fault, () => worker.start());
        return;
      }
      case "stop a worker":
        return this.#stopWorker(fault, chance);
      case "slow worker":
        sometimes.saw("worker slow");
        return this.#slow({ ...fault, forMs: 20_000 }, chance.pick(workers).host, 20);
      case "damage outputs":
        return chance.pick(workers).life?.store.damage(chance);
      case "cut workers off from each other": {
        const from = chance.pick(workers).host;
        const to = workers.map(({ host }) => host).filter((host) => host !== from);
        sometimes.saw("worker cut off from a worker");
        this.#cut(fault, [from], to);
        return;
      }
    }
  }

  get #hosts(): Host[] {
    return this.#cluster.hosts;
  }

  /** Whoever leads, every other time; else any that is up. */
  #master(chance: Chance): SimulatedMaster | undefined {
    const { leader } = this.#cluster.directory;
    const up = this.#cluster.masters.filter(({ host }) => host.isUp);
    if (leader !== undefined && chance.oneIn(2)) return leader;
    return up.length === 0 ? undefined : chance.pick(up);
  }

  #partition(fault: Fault, chance: Chance): void {
    const { sometimes } = this.#cluster.world;
    const here = this.#hosts.filter(() => chance.oneIn(2));
    const there = this.#hosts.filter((host) => !here.includes(host));
    if (fault.kind === "cut one way") {
      sometimes.saw("links cut one way");
      this.#cut(fault, here, there);
      return;
    }
    if (fault.kind === "cut both ways") {
      sometimes.saw("links cut both ways");
      this.#cut(fault, here, there);
      this.#cut(fault, there, here);
      return;
    }
    sometimes.saw("links flap");
    const { world } = this.#cluster;
    for (let atMs = 0; atMs < fault.forMs; atMs += 2 * FLAP_MS) {
      world.after(atMs, () => {
        if (this.#isHealed) return;
        this.#cut({ ...fault, forMs: FLAP_MS }, here, there);
        this.#cut({ ...fault, forMs: FLAP_MS }, there, here);
      });
    }
  }

  #shortReigns(fault: Fault, chance: Chance): Plot {
    const { cluster, untilMs, isolate } = this.#plotParts(fault);
    const stop = (master: SimulatedMaster, forMs: number): void => {
      this.#stop({ ...fault, forMs }, master.host, "master stopped");
    };
    return new ShortReigns({ cluster, untilMs, chance, isolate, stop });
  }

  #forgottenVote(fault: Fault): Plot {
    const { cluster, untilMs, isolate } = this.#plotParts(fault);
    const forMs = untilMs - cluster.world.nowMs;
    const stop = ({ host }: SimulatedMaster) =>
      this.#stop({ ...fault, forMs }, host, "master stopped");
    const loseDisk = (master: SimulatedMaster): void => {
      this.#loseDisk({ ...fault, forMs: RESTART_MS }, master);
    };
    return new ForgottenVote({ cluster, untilMs, isolate, stop, loseDisk });
  }

  /** Elections take longer than most faults last. */
  #plotParts(fault: Fault) {
    const cluster = this.#cluster;
    const forMs = fault.forMs + PLOT_MS_MIN;
    const part = (these: readonly SimulatedMaster[]): (() => void) => {
      const here = these.map(({ host }) => host);
      const there = cluster.masters.filter((other) => !these.includes(other));
      const hosts = there.map(({ host }) => host);
      const mendOut = this.#cut({ ...fault, forMs }, here, hosts);
      const mendIn = this.#cut({ ...fault, forMs }, hosts, here);
      return () => {
        mendOut();
        mendIn();
      };
    };
    const isolate = (master: SimulatedMaster) => part([master]);
    return { cluster, untilMs: cluster.world.nowMs + forMs, part, isolate };
  }

  #cut(fault: Fault, from: readonly Host[], to: readonly Host[]): () => void {
    const { network } = this.#cluster;
    for (const one of from) for (const other of to) network.cut(one, other);
    return this.#later(fault, () => {
      for (const one of from) for (const other of to) network.mend(one, other);
    });
  }

  #down(
    fault: Fault,
    masters: readonly (SimulatedMaster | undefined)[],
    losesPower: boolean,
  ): void {
    for (const master of masters) {
      master?.crash(losesPower);
      this.#later(fault, () => master?.start());
    }
  }

  #stop(fault: Fault, host: Host, sight: "master stopped" | "worker stopped"): () => void {
    if (!host.isUp) return () => {};
    this.#cluster.world.sometimes.saw(sight);
    host.stop();
    return this.#later(fault, () => host.goOn());
  }

  /** Long enough, every other time, for the worker to be given up: best in the middle of a write. */
  #stopWorker(fault: Fault, chance: Chance): void {
    const { workers, world } = this.#cluster;
    const isLong = chance.oneIn(2);
    const { host } = chance.pick(workers);
    const long = { ...fault, forMs: fault.forMs + STOP_MS };
    if (!isLong || chance.oneIn(2)) {
      this.#stop(isLong ? long : fault, host, "worker stopped");
      return;
    }
    this.#plots.add(
      Ambush.onWriter(this.#cluster, world.nowMs + WRITER_MS, (writer) => {
        this.#stop(long, writer.host, "worker stopped");
      }),
    );
  }

  #slow(fault: Fault, host: Host, slowness: number): void {
    host.slowness = slowness;
    this.#later(fault, () => {
      host.slowness = 1;
    });
  }

  /** Only while all others have all that they had: a majority that forgets is beyond any rule. */
  #damage(fault: Fault, chance: Chance): void {
    const { masters, world } = this.#cluster;
    const master = this.#master(chance);
    if (master === undefined || masters.length < 3 || !masters.every(({ isSound }) => isSound)) {
      return;
    }
    if (fault.kind === "lose a disk") return this.#loseDisk(fault, master);
    world.sometimes.saw("file rots");
    // The power stays on: behind the mark, which is never synced, a loss of power and rot at once look
    // like a torn tail, and nobody could tell them apart.
    master.crash(false);
    master.isDamaged = true;
    damageFiles(master.machine, chance);
    this.#later(fault, () => master.start());
  }

  #loseDisk(fault: Fault, master: SimulatedMaster): void {
    this.#cluster.world.sometimes.saw("disk lost");
    master.crash(false);
    master.loseDisk();
    this.#later(fault, () => master.start());
  }

  /** Undoes something when the fault's time is over, or sooner, by what is returned. */
  #later(fault: Fault, undo: () => void): () => void {
    const { world } = this.#cluster;
    const once = (): void => {
      if (this.#undo.delete(once)) undo();
    };
    this.#undo.add(once);
    world.after(fault.forMs, once);
    return once;
  }
}

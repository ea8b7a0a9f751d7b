/**
 * The standard health service of gRPC: whether a server, and each of its services, is able to answer.
 * Load balancers, Kubernetes and people ask it, without certificate or token.
 *
 * Our own, and not the package of that name, because it is less code than it takes to use that one,
 * and needs no second library for protocol buffers at run time.
 */

import { SheafError } from "../../base/error.ts";
import { contract } from "../contract.ts";
import {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthDefinition,
} from "../generated/grpc/health/v1/health.ts";
import { OutgoingQueue } from "../outgoing-queue.ts";
import { type Service, service } from "../server/serve.ts";
import { choice, numberOf, text } from "../wire/checks.ts";
import { form } from "../wire/form.ts";

/** What a service can be. */
export type Health = "serving" | "not-serving" | "unknown-service";

const STATUSES: Readonly<Record<Health, HealthCheckResponse_ServingStatus>> = {
  serving: HealthCheckResponse_ServingStatus.SERVING,
  "not-serving": HealthCheckResponse_ServingStatus.NOT_SERVING,
  "unknown-service": HealthCheckResponse_ServingStatus.SERVICE_UNKNOWN,
};

export const healthService = contract(HealthDefinition, "anyone", {
  check: healthMethod(),
  watch: healthMethod(),
});

function healthMethod() {
  return {
    request: form<string, HealthCheckRequest>(
      HealthCheckRequest,
      (name) => ({ service: name }),
      (wire) => text("service", wire.service),
    ),
    answer: form<Health, HealthCheckResponse>(
      HealthCheckResponse,
      (health) => ({ status: numberOf(health, STATUSES) }),
      (wire) => choice("status", wire.status, STATUSES),
    ),
  };
}

/** Changes that wait for a watcher; it needs the latest alone. */
const CHANGES_MAX = 16;
const WATCHERS_MAX = 100;

/** How the services of a server are; the shell says when that changes. */
export class HealthRegister {
  readonly #healths = new Map<string, Health>();
  readonly #watchers = new Set<{ name: string; changes: OutgoingQueue<Health> }>();

  /** The server as a whole, by the name "", serves from the start; other services when told. */
  constructor() {
    this.#healths.set("", "serving");
  }

  set(name: string, health: "serving" | "not-serving"): void {
    if (this.#healths.get(name) === health) return;
    this.#healths.set(name, health);
    for (const watcher of this.#watchers) {
      // One that takes none of so many changes gets no more; it may ask again.
      if (watcher.name === name && !watcher.changes.push(health)) watcher.changes.end();
    }
  }

  /** The service that tells. */
  service(): Service {
    return service(healthService, {
      check: async (name) => {
        const health = this.#healths.get(name);
        if (health !== undefined) return health;
        throw new SheafError("NOT_FOUND", `There is no service "${name}" here.`);
      },
      watch: (name, { signal }) => this.#watch(name, signal),
    });
  }

  async *#watch(name: string, signal: AbortSignal): AsyncGenerator<Health> {
    if (this.#watchers.size >= WATCHERS_MAX) {
      throw new SheafError("LIMIT_REACHED", `There are ${WATCHERS_MAX} watchers already.`);
    }
    const changes = new OutgoingQueue<Health>(CHANGES_MAX);
    const watcher = { name, changes };
    this.#watchers.add(watcher);
    signal.addEventListener("abort", () => changes.end(), { once: true });
    try {
      yield this.#healths.get(name) ?? "unknown-service";
      yield* changes;
    } finally {
      this.#watchers.delete(watcher);
    }
  }
}

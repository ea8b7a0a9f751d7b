/**
 * Services whose handlers refuse every call, for tests to replace those that they are about.
 */

import { SheafError } from "../../src/base/error.ts";
import type { Contract } from "../../src/rpc/contract.ts";
import { type Handlers, type Service, service } from "../../src/rpc/server/serve.ts";

/** A service with some handlers; the others throw. */
export function partialService<C extends Contract>(
  contract: C,
  handlers: Partial<Handlers<C>>,
): Service {
  const refuse = () => {
    throw new SheafError("USAGE", "The test does not expect this call.");
  };
  const all = Object.keys(contract.methods).map((name) => [name, handlers[name] ?? refuse]);
  return service(contract, Object.fromEntries(all) as Handlers<C>);
}

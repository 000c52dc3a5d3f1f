import type { ServiceName } from "@quartermaster/contracts";
import { type Provider, pactsWith, verify } from "./provider";

/** Long enough for every interaction of one pact. */
const timeoutMs = 180_000;

/**
 * Defines Jest's tests of a provider: one per interaction of every pact with it, ours and other teams'.
 *
 * @param open starts the provider on real servers; it is closed at the end
 */
export function testProvider(
  service: ServiceName,
  open: () => Promise<Provider & { close(): Promise<void> }>,
): void {
  let provider: Awaited<ReturnType<typeof open>> | undefined;
  beforeAll(async () => {
    provider = await open();
  }, timeoutMs);
  afterAll(() => provider?.close());
  describe.each(pactsWith(service))(`$consumer relies on ${service}`, (pact) => {
    let broken: Map<string, string | null> | undefined;
    beforeAll(async () => {
      broken = provider && (await verify(provider, pact));
    }, timeoutMs);
    test.each(pact.interactions)("$description", ({ description }) => {
      const why = broken?.get(description);
      if (why !== null) throw new Error(why ?? "it was not verified");
    });
  });
}

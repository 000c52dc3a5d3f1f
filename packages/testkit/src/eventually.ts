import { poll } from "@quartermaster/servers";

/**
 * Asks until the probe answers something other than undefined or false. A probe that throws is asked again; what it threw
 * last is the cause of the failure when the time is over.
 */
export async function eventually<T>(
  probe: () => Promise<T | undefined | false>,
  { withinMs }: { withinMs: number },
): Promise<T> {
  let cause: unknown;
  const ask = async () => {
    try {
      const value = await probe();
      return value === undefined || value === false ? undefined : { value };
    } catch (error) {
      cause = error;
      return undefined;
    }
  };
  const found = await poll(ask, withinMs);
  if (found === undefined) throw new Error(`It was not so within ${withinMs} ms.`, { cause });
  return found.value;
}

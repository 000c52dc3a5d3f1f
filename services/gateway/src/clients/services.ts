import { type AskOf, type Request, type ServiceName, serviceNames } from "@quartermaster/contracts";
import { type Answered, type Asker, type AskOptions, Fault } from "@quartermaster/messaging";
import CircuitBreaker from "opossum";

/** An Asker that stops asking a service for a moment when nobody is there to answer. */
export interface Services extends Asker {
  /** Services whose breaker is open now. */
  away(): ServiceName[];
  stop(): void;
}

type Call = () => Promise<Answered<Request>>;

/**
 * Short, because a breaker here spares clients a wait and the log a flood; it protects no service. The first order after
 * an outage has to get through within 5 s (RELIABILITY.md, I6).
 */
const resetTimeoutMs = 1_000;

const options: CircuitBreaker.Options = {
  // The asker has its own limit per request, and a saga may take its time: a slow billing must not cut off orders.
  timeout: false,
  resetTimeout: resetTimeoutMs,
  errorThresholdPercentage: 50,
  volumeThreshold: 10,
  rollingCountTimeout: 5_000,
  rollingCountBuckets: 5,
  enableSnapshots: false,
  errorFilter: (error: unknown) => !isAway(error),
};

/** True for faults that say the request reached nobody. A timeout or a refusal shows that somebody is there. */
export function isAway(error: unknown): boolean {
  return error instanceof Fault && (error.kind === "no-responders" || error.kind === "disconnected");
}

/** One breaker around each service. An open one throws the same Fault as an absent service, at once. */
export function servicesOver(asker: Asker): Services {
  const breakers = new Map<ServiceName, CircuitBreaker<[Call], Answered<Request>>>();
  for (const name of serviceNames) {
    breakers.set(name, new CircuitBreaker((call: Call) => call(), { ...options, name }));
  }
  return {
    ask: async <C extends Request>(contract: C, ask: AskOf<C>, how: AskOptions): Promise<Answered<C>> => {
      const breaker = breakers.get(contract.service) as CircuitBreaker<[Call], Answered<Request>>;
      try {
        return (await breaker.fire(() => asker.ask(contract, ask, how))) as Answered<C>;
      } catch (error) {
        if ((error as { code?: string }).code !== "EOPENBREAKER") throw error;
        throw new Fault(
          "no-responders",
          `${contract.service} did not answer lately and is left alone for a moment`,
        );
      }
    },
    away: () => [...breakers].filter(([, breaker]) => breaker.opened).map(([name]) => name),
    stop: () => {
      for (const breaker of breakers.values()) breaker.shutdown();
    },
  };
}

import {
  type CommandContract,
  CreateLocation,
  LogIn,
  LogOut,
  RefreshToken,
  RegisterUser,
} from "@quartermaster/contracts";
import { type Asker, Fault } from "@quartermaster/messaging";
import { askUntilKnown } from "./ask-until-known";

const meta = {
  actor: { kind: "anonymous" as const, id: "anonymous" },
  requestId: null,
  causation: null,
  traceparent: null,
};

/** Asks somebody who never answers, and tells how often and for how long it was asked. */
async function askInVain(contract: CommandContract, kind: Fault["kind"], waitMs: number) {
  const waits: unknown[] = [];
  const asker = {
    ask: async (_contract: unknown, _ask: unknown, how: { waitMs?: number }) => {
      waits.push(how.waitMs);
      throw new Fault(kind, "nothing came back");
    },
  } as unknown as Asker;
  const known = await askUntilKnown(asker, contract, {}, { id: "i", meta, waitMs });
  return { known, waits };
}

test.each([LogIn, RefreshToken, LogOut, RegisterUser])(
  "$name is asked once, with the whole wait: a repeat would count as another guess",
  async (contract) => {
    const { known, waits } = await askInVain(contract as CommandContract, "timeout", 9_000);
    expect([known, waits]).toEqual([{ unknown: "doubt" }, [9_000]]);
  },
);

test("another command is asked again under its id until the wait is over", async () => {
  const { known, waits } = await askInVain(CreateLocation as CommandContract, "disconnected", 0);
  expect([known, waits]).toEqual([{ unknown: "unsent", fault: expect.any(Fault) }, [0]]);
  const busy = await askInVain(CreateLocation as CommandContract, "busy", 600);
  expect(busy.known).toEqual({ unknown: "doubt" });
  expect(busy.waits.length).toBeGreaterThan(1);
});

test("who is told that too much is being done hears just that", async () => {
  const { known } = await askInVain(CreateLocation as CommandContract, "overloaded", 600);
  expect(known).toMatchObject({ unknown: "unsent", fault: { kind: "overloaded" } });
});

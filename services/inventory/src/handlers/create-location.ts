import { CreateLocation, LocationCreated } from "@quartermaster/contracts";
import { type Command, done, handle, newId, type Outcome, refuse } from "@quartermaster/messaging";
import { nameOf } from "../domain/name-of";
import { insertLocations } from "../store/locations";

/** Opens locations; of several with one code in a batch the first. */
export const createLocation = handle(CreateLocation, async (tx, commands) => {
  const byCode = new Map<string, Command<typeof CreateLocation>>();
  for (const command of commands) if (!byCode.has(command.ask.code)) byCode.set(command.ask.code, command);
  const inserted = await insertLocations(
    tx,
    [...byCode.values()].map(({ ask, meta }) => ({ id: newId(), ...ask, by: nameOf(meta.actor) })),
  );
  const created = new Map(inserted.map((location) => [location.code, location]));
  return commands.map((command): Outcome<typeof CreateLocation> => {
    const { code } = command.ask;
    const location = byCode.get(code) === command ? created.get(code) : undefined;
    if (!location) return refuse("code_taken", { code });
    const { id, name, type, version } = location;
    return done(
      location,
      LocationCreated.of({ entityId: id, version, old: null, new: { id, code, name, type, version } }),
    );
  });
});

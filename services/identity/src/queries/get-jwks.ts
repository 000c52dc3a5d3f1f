import { GetJwks } from "@quartermaster/contracts";
import { reply } from "@quartermaster/messaging";
import type { SigningKeys } from "../secrets/signing-keys";

export const getJwks = (keys: SigningKeys) => reply(GetJwks, async () => ({ keys: keys.published() }));

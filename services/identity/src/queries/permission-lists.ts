import { ListPermissions, ListRoles } from "@quartermaster/contracts";
import { reply } from "@quartermaster/messaging";
import { listPermissions, listRoles } from "../store/permission-table";

export const getRoles = reply(ListRoles, async (db) => ({ data: await listRoles(db) }));
export const getPermissions = reply(ListPermissions, async (db) => ({ data: await listPermissions(db) }));
